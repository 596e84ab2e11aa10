#include "node-agent/link/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <optional>
#include <random>
#include <utility>

#include "common/asio_tuple.h"
#include "common/backoff.h"
#include "common/boot_clock.h"
#include "common/link_connection.h"
#include "common/log.h"
#include "node-agent/link/look_up.h"
#include "node-agent/link/session.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;
constexpr std::chrono::seconds kNoLimit{365L * 24 * 3600};
constexpr std::chrono::milliseconds kFinishLimit{500};
constexpr std::chrono::milliseconds kPoll{5};

// A coordinator that vanished without a word is noticed by what it does not acknowledge.
void detect_dead_peer(tcp::socket& socket) {
  constexpr unsigned kUnacknowledgedMs = 15'000;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs,
               sizeof kUnacknowledgedMs);
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

std::string_view trimmed_front(std::string_view text) {
  return text.substr(std::min(text.size(), text.find_first_not_of(' ')));
}

class TlsLinkClient final : public LinkClient {
 public:
  TlsLinkClient(asio::any_io_executor executor, LinkOptions options, LinkHost& host)
      : executor_(std::move(executor)),
        options_(std::move(options)),
        host_(host),
        wake_(executor_),
        random_(std::random_device{}()) {}

  asio::awaitable<void> run() override;
  std::uint64_t session() const override {
    return session_ && session_->is_open() ? session_number_ : 0;
  }
  Result<void> answer(std::uint64_t session, const v1::ShutdownReply& reply) override;
  void say_goodbye(const v1::Goodbye& goodbye) override;
  asio::awaitable<void> close(std::chrono::nanoseconds until) override;
  LinkStatus status() const override;
  Result<void> renew(const v1::Renew& renew) override;
  void use(TlsContext tls) override { options_.tls = std::move(tls); }
  void awake() override {
    if (session_ && session_->heartbeat_due(boottime_now())) wake_.cancel();
  }
  void resume() override {
    away_ = false;
    wake_.cancel();
  }
  void stop() override {
    stopped_ = true;
    if (link_) link_->abort();
    wake_.cancel();
  }

 private:
  asio::awaitable<Result<void>> serve();
  asio::awaitable<Result<void>> converse();
  asio::awaitable<Result<tcp::socket>> connect();
  asio::awaitable<Result<void>> receive_all();
  asio::awaitable<Result<void>> beat();
  Result<void> send(const v1::FromAgent& message);
  asio::awaitable<void> pause(std::chrono::milliseconds time);
  void complain(const Error& error);

  asio::any_io_executor executor_;
  LinkOptions options_;
  LinkHost& host_;
  asio::steady_timer wake_;  // cut short by stop() and resume()
  std::mt19937_64 random_;
  std::shared_ptr<LinkConnection> link_;
  std::optional<LinkSession> session_;
  std::uint64_t session_number_ = 0;
  std::uint64_t sequence_ = 0;
  std::string last_complaint_;
  std::optional<std::chrono::nanoseconds> heartbeat_at_;
  bool away_ = false;
  bool stopped_ = false;
};

asio::awaitable<void> TlsLinkClient::run() {
  unsigned attempt = 0;
  while (!stopped_) {
    if (away_) {
      co_await pause(kNoLimit);
      continue;
    }
    const auto begun = boottime_now();
    const auto served = co_await serve();
    const bool lasted = session_ && !session_->coordinator_id().empty() &&
                        boottime_now() - begun > session_->heartbeat_interval();
    session_.reset();
    link_.reset();
    if (stopped_ || away_) continue;
    if (!served) complain(served.error());
    attempt = lasted ? 1 : attempt + 1;
    co_await pause(next_delay(attempt, random_(), options_.backoff_base, options_.backoff_cap));
  }
}

// The same trouble again and again is one line: the rest is for debugging.
void TlsLinkClient::complain(const Error& error) {
  const auto text = error.message.substr(error.message.find(": ") + 1);
  const auto level =
      std::exchange(last_complaint_, text) == text ? spdlog::level::debug : spdlog::level::warn;
  spdlog::log(level, "no coordinator address={} error={} why=\"{}\" action=retry", options_.address,
              to_string(error.code), error.message);
}

LinkStatus TlsLinkClient::status() const {
  const bool open = session() != 0;
  return {options_.address, open ? session_->coordinator_id() : std::string(), heartbeat_at_,
          open ? std::string() : std::string(trimmed_front(last_complaint_))};
}

asio::awaitable<void> TlsLinkClient::pause(std::chrono::milliseconds time) {
  wake_.expires_after(time);
  co_await wake_.async_wait(kTuple);
}

asio::awaitable<Result<tcp::socket>> TlsLinkClient::connect() {
  asio::steady_timer limit(executor_, options_.connect_limit);
  auto socket = co_await connect_to(executor_, options_.address, limit);
  if (socket) detect_dead_peer(*socket);
  co_return socket;
}

asio::awaitable<Result<void>> TlsLinkClient::serve() {
  auto socket = co_await connect();
  if (!socket) co_return std::unexpected(std::move(socket.error()));
  if (stopped_ || away_) co_return Result<void>();
  link_ = make_link_connection(std::move(*socket), options_.tls, LinkConnection::Side::client);
  const auto link = link_;
  const auto peer = co_await link->handshake(options_.handshake_limit);
  if (!peer) co_return std::unexpected(peer.error());
  if (stopped_ || away_) co_return Result<void>();
  if (peer->role != PeerIdentity::Role::coordinator) {
    link->abort();
    co_return fail(Errc::refused, "REFUSAL_ROLE: the certificate of '" + peer->name +
                                      "' is a node's; only a coordinator may command this machine");
  }
  const auto number = host_.session_opened(peer->name);
  if (!number) {
    link->abort();
    co_return std::unexpected(number.error());
  }
  session_number_ = *number;
  auto result = co_await converse();
  host_.session_closed(session_number_);
  co_return result;
}

asio::awaitable<Result<void>> TlsLinkClient::converse() {
  const auto link = link_;
  session_.emplace(boottime_now(), options_.company);
  v1::FromAgent hello;
  *hello.mutable_hello() = host_.hello();
  auto sent = send(hello);
  if (!sent) co_return sent;
  // Whichever ends first ends the connection: heartbeats that fail, or the peer.
  auto ended = co_await (receive_all() || beat());
  auto result = ended.index() == 0 ? std::move(std::get<0>(ended)) : std::move(std::get<1>(ended));
  const bool welcomed = !session_->coordinator_id().empty();
  if (welcomed && result) {
    co_await link->finish(kFinishLimit);
  } else {
    link->abort();
  }
  if (welcomed) log::info("coordinator connection ended address={}", options_.address);
  co_return result;
}

asio::awaitable<Result<void>> TlsLinkClient::receive_all() {
  const auto link = link_;
  for (;;) {
    auto frame = co_await link->receive(kNoLimit);
    if (!frame) co_return std::unexpected(std::move(frame.error()));
    if (!*frame) co_return fail(Errc::unreachable, "the coordinator closed the connection");
    const bool known = session_->is_open() || session_->is_leaving();
    auto message = session_->receive(**frame, boottime_now());
    if (!message) co_return std::unexpected(std::move(message.error()));
    if (!known) {
      last_complaint_.clear();
      log::info("coordinator connected id={} peer={} heartbeat_interval_ms={}",
                session_->coordinator_id(), link->peer_address(),
                session_->heartbeat_interval().count());
      if (message->has_welcome()) host_.ca_bundle_seen(message->welcome().ca_bundle_sha256());
      wake_.cancel();
    }
    if (!session_->is_open()) continue;
    if (message->has_leading()) {
      host_.fence_seen(message->leading().fence());
      wake_.cancel();  // the heartbeat that says so is due
    }
    if (message->has_issued()) host_.certificate_issued(message->issued());
    if (message->has_relay()) {
      v1::FromAgent answer;
      *answer.mutable_relay_reply() = host_.relay_asked(message->relay());
      if (auto sent = send(answer); !sent) co_return sent;
    }
    if (message->has_shutdown()) host_.shutdown_asked(session_number_, message->shutdown());
  }
}

asio::awaitable<Result<void>> TlsLinkClient::beat() {
  const auto link = link_;
  while (link->is_open() && !session_->is_leaving()) {
    const auto now = boottime_now();
    if (session_->welcome_overdue(now)) {
      co_return fail(Errc::timeout, "the coordinator did not answer our Hello");
    }
    if (session_->heartbeat_due(now)) {
      v1::FromAgent message;
      *message.mutable_heartbeat() = host_.heartbeat(session_number_);
      message.mutable_heartbeat()->set_sequence(++sequence_);
      // Noted first: the answer may come before we look again.
      host_.heartbeat_sent(session_number_, sequence_);
      auto sent = send(message);
      if (!sent) co_return sent;
      heartbeat_at_ = now;
      session_->heartbeat_sent(now, random_());
    }
    const auto left =
        std::min<std::chrono::nanoseconds>(session_->look_at() - boottime_now(), kNoLimit);
    co_await pause(std::max(std::chrono::ceil<std::chrono::milliseconds>(left), kPoll));
  }
  // leave() ends the connection; until then only the reader is of use.
  if (session_->is_leaving()) co_await pause(kNoLimit);
  co_return fail(Errc::unreachable, "the connection was closed");
}

Result<void> TlsLinkClient::send(const v1::FromAgent& message) {
  if (!link_) return fail(Errc::unreachable, "no coordinator is connected");
  return link_->send(message.SerializeAsString());
}

Result<void> TlsLinkClient::answer(std::uint64_t session, const v1::ShutdownReply& reply) {
  if (session == 0 || session != this->session()) {
    return fail(Errc::unreachable, "the connection of the command is gone");
  }
  v1::FromAgent message;
  *message.mutable_shutdown_reply() = reply;
  return send(message);
}

Result<void> TlsLinkClient::renew(const v1::Renew& renew) {
  if (session() == 0) return fail(Errc::unreachable, "no coordinator is connected");
  v1::FromAgent message;
  *message.mutable_renew() = renew;
  return send(message);
}

void TlsLinkClient::say_goodbye(const v1::Goodbye& goodbye) {
  away_ = true;
  wake_.cancel();
  if (session() == 0) return;
  v1::FromAgent message;
  *message.mutable_goodbye() = goodbye;
  session_->goodbye_sent();
  if (!send(message)) link_->abort();
}

asio::awaitable<void> TlsLinkClient::close(std::chrono::nanoseconds until) {
  const auto link = link_;
  if (!link) co_return;
  const bool said = session_ && session_->is_leaving();
  const auto waits = [&] {
    return link == link_ && link->is_open() && session_ && session_->is_leaving() &&
           !session_->goodbye_acknowledged() && boottime_now() < until;
  };
  asio::steady_timer tick(executor_);
  while (waits()) {
    tick.expires_after(kPoll);
    co_await tick.async_wait(kTuple);
  }
  const bool acknowledged = link == link_ && session_ && session_->goodbye_acknowledged();
  if (said) log::info("said goodbye address={} acknowledged={}", options_.address, acknowledged);
  if (acknowledged) {
    co_await link->finish(kFinishLimit);
  } else {
    link->abort();
  }
}

}  // namespace

std::unique_ptr<LinkClient> make_link_client(asio::any_io_executor executor, LinkOptions options,
                                             LinkHost& host) {
  return std::make_unique<TlsLinkClient>(std::move(executor), std::move(options), host);
}

}  // namespace ecokube::agent
