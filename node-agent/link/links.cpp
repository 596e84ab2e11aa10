#include "node-agent/link/links.h"

#include <utility>

#include "common/boot_clock.h"

namespace ecokube::agent {

namespace asio = boost::asio;

Links::Links(const asio::any_io_executor& executor, const std::vector<std::string>& addresses,
             LinkOptions options, LinkHost& host) {
  for (const auto& address : addresses) {
    options.address = address;
    clients_.push_back(make_link_client(executor, options, host));
  }
}

std::vector<asio::awaitable<void>> Links::run() {
  std::vector<asio::awaitable<void>> work;
  for (const auto& client : clients_) work.push_back(client->run());
  return work;
}

LinkClient* Links::find(std::uint64_t session) const {
  for (const auto& client : clients_) {
    if (session != 0 && client->session() == session) return client.get();
  }
  return nullptr;
}

Result<void> Links::answer(std::uint64_t session, const v1::ShutdownReply& reply) {
  auto* client = find(session);
  if (client == nullptr) return fail(Errc::unreachable, "the connection of the command is gone");
  return client->answer(session, reply);
}

asio::awaitable<void> Links::leave(v1::Goodbye goodbye, std::chrono::milliseconds limit) {
  const auto until = boottime_now() + limit;
  for (const auto& client : clients_) client->say_goodbye(goodbye);
  for (const auto& client : clients_) co_await client->close(until);
}

std::vector<LinkStatus> Links::status() const {
  std::vector<LinkStatus> all;
  for (const auto& client : clients_) all.push_back(client->status());
  return all;
}

Result<void> Links::renew(const v1::Renew& renew) {
  for (std::size_t tried = 0; tried < clients_.size(); ++tried) {
    auto& client = *clients_[renewals_++ % clients_.size()];
    if (client.session() != 0) return client.renew(renew);
  }
  return fail(Errc::unreachable, "no coordinator is connected");
}

void Links::use(const TlsContext& tls) {
  for (const auto& client : clients_) client->use(tls);
}

void Links::awake() {
  for (const auto& client : clients_) client->awake();
}

void Links::resume() {
  for (const auto& client : clients_) client->resume();
}

void Links::stop() {
  for (const auto& client : clients_) client->stop();
}

}  // namespace ecokube::agent
