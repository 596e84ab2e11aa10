#include "tests/contract/kubernetes/flaky_proxy.h"

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <utility>

#include "common/asio_tuple.h"

namespace ecokube::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = kTuple;

struct Link {
  tcp::socket client;
  tcp::socket server;
  std::size_t number;
  bool muted = false;

  void close() {
    boost::system::error_code ignored;
    client.close(ignored);
    server.close(ignored);
  }
};

}  // namespace

struct FlakyProxy::State {
  State(asio::io_context& io, std::string to_host, std::uint16_t to_port)
      : acceptor(io, {asio::ip::make_address("127.0.0.1"), 0}),
        host(std::move(to_host)),
        server_port(to_port),
        gate(io, asio::steady_timer::time_point::min()) {}
  tcp::acceptor acceptor;
  std::string host;
  std::uint16_t server_port;
  bool refusing = false;
  asio::steady_timer gate;  // expires when connections may go on
  std::size_t accepted = 0;
  std::set<std::shared_ptr<Link>> links;
};

namespace {

asio::awaitable<void> pass_on(std::shared_ptr<Link> link, bool to_server) {
  auto& from = to_server ? link->client : link->server;
  auto& to = to_server ? link->server : link->client;
  std::array<char, 16384> bytes{};
  while (true) {
    const auto [failed, count] = co_await from.async_read_some(asio::buffer(bytes), kAwait);
    if (failed) break;
    if (link->muted) continue;
    const auto [broken, sent] = co_await asio::async_write(to, asio::buffer(bytes, count), kAwait);
    if (broken) break;
  }
  link->close();
}

}  // namespace

FlakyProxy::FlakyProxy(asio::io_context& io, std::string host, std::uint16_t port)
    : state_(std::make_shared<State>(io, std::move(host), port)) {
  auto serve = [](std::shared_ptr<State> state) -> asio::awaitable<void> {
    while (state->acceptor.is_open()) {
      auto [failed, client] = co_await state->acceptor.async_accept(kAwait);
      if (failed) co_return;
      if (state->refusing) continue;
      const auto number = ++state->accepted;
      co_await state->gate.async_wait(kAwait);
      tcp::socket server(state->acceptor.get_executor());
      const tcp::endpoint target(asio::ip::make_address(state->host), state->server_port);
      const auto [refused] = co_await server.async_connect(target, kAwait);
      if (refused) continue;
      std::erase_if(state->links, [](const auto& link) { return !link->client.is_open(); });
      auto link = std::make_shared<Link>(Link{std::move(client), std::move(server), number});
      state->links.insert(link);
      asio::co_spawn(state->acceptor.get_executor(), pass_on(link, true), asio::detached);
      asio::co_spawn(state->acceptor.get_executor(), pass_on(link, false), asio::detached);
    }
  };
  asio::co_spawn(io, serve(state_), asio::detached);
}

FlakyProxy::~FlakyProxy() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  release();
  cut();
}

std::uint16_t FlakyProxy::port() const { return state_->acceptor.local_endpoint().port(); }
std::size_t FlakyProxy::accepted() const { return state_->accepted; }

bool FlakyProxy::has_open_of_first(std::size_t accepted) const {
  return std::any_of(state_->links.begin(), state_->links.end(), [&](const auto& link) {
    return link->number <= accepted && link->client.is_open();
  });
}

void FlakyProxy::cut() {
  for (const auto& link : state_->links) link->close();
  state_->links.clear();
}

void FlakyProxy::mute() {
  for (const auto& link : state_->links) link->muted = true;
}

void FlakyProxy::refuse() {
  state_->refusing = true;
  cut();
}

void FlakyProxy::hold() { state_->gate.expires_at(asio::steady_timer::time_point::max()); }

void FlakyProxy::release() { state_->gate.expires_at(asio::steady_timer::time_point::min()); }

void FlakyProxy::accept_again() { state_->refusing = false; }
void FlakyProxy::redirect(std::uint16_t port) { state_->server_port = port; }

}  // namespace ecokube::test
