#include "coordinator/agents/agent_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <map>
#include <set>
#include <utility>

#include "common/asio_tuple.h"
#include "common/log.h"
#include "coordinator/agents/agent_messages.h"
#include "coordinator/agents/agent_session.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::seconds kStopLimit{5};
constexpr int kBacklog = 1024;

/// Held by each coroutine, so that the server may be destroyed while they end.
class Sessions final : public AgentSessionOwner, public std::enable_shared_from_this<Sessions> {
 public:
  Sessions(asio::any_io_executor executor, AgentServerOptions options)
      : executor_(std::move(executor)), options_(std::move(options)), acceptor_(executor_) {}

  Result<void> start(Observe observe);
  asio::awaitable<void> stop();
  void abort();
  asio::awaitable<Result<void>> shutdown(core::Step step);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void lead(std::int64_t fence);
  Result<void> relay(const core::Relay& by, const RelayedPackets& packets);
  void turn_away(const NodeName& node, const std::string& why);

 private:
  bool newcomer_enters() override {
    if (newcomers_ >= options_.newcomers_max) return false;
    ++newcomers_;
    return true;
  }
  void newcomer_leaves() override { --newcomers_; }
  void session_opened(const std::shared_ptr<AgentSession>& session,
                      core::AgentConnected facts) override;
  void session_fact(const AgentSession& session, core::Fact fact) override;

  Result<void> listen();
  asio::awaitable<void> accept_all(std::shared_ptr<Sessions> self);
  void take(tcp::socket socket);
  asio::awaitable<void> run_session(std::shared_ptr<Sessions> self,
                                    std::shared_ptr<AgentSession> session);
  void post(core::Fact fact);

  asio::any_io_executor executor_;
  AgentServerOptions options_;
  tcp::acceptor acceptor_;
  TlsContext context_;
  Observe observe_;
  std::uint16_t port_ = 0;
  std::uint64_t last_session_ = 0;
  std::int64_t fence_ = 0;  ///< 0: we do not lead
  std::set<std::shared_ptr<AgentSession>> all_;
  std::map<NodeName, std::shared_ptr<AgentSession>> current_;
  std::size_t newcomers_ = 0;
  bool full_ = false;
};

Result<void> Sessions::start(Observe observe) {
  const bool enrolment = options_.certificates != nullptr && options_.certificates->issues();
  auto context = make_link_server_context(options_.tls, enrolment);
  if (!context) return std::unexpected(std::move(context.error()));
  context_ = std::move(*context);
  if (auto listening = listen(); !listening) return listening;
  observe_ = std::move(observe);
  asio::co_spawn(executor_, accept_all(shared_from_this()), [](const std::exception_ptr& error) {
    if (error) log::error("accepting agents ended by an exception; no agent can connect any more");
  });
  log::info("listening for agents address={} port={}", options_.listen_address, port_);
  return {};
}

Result<void> Sessions::listen() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options_.listen_address, error);
  if (error) {
    return fail(Errc::config, "agents.listen: '" + options_.listen_address +
                                  "' is no IP address; use for example 0.0.0.0:7443");
  }
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (!error) port_ = acceptor_.local_endpoint(error).port();
  if (!error) return {};
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  return fail(Errc::io, "cannot listen for agents on " + options_.listen_address + ":" +
                            std::to_string(options_.port) + ": " + error.message());
}

asio::awaitable<void> Sessions::accept_all(std::shared_ptr<Sessions> self) {
  while (self->acceptor_.is_open()) {
    auto [error, socket] = co_await self->acceptor_.async_accept(kTuple);
    if (!error) {
      self->take(std::move(socket));
      continue;
    }
    if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) co_return;
    // Out of descriptors, say: what is connected stays, new ones wait in the backlog.
    log::warn("cannot accept an agent's connection why=\"{}\"", error.message());
    asio::steady_timer pause(self->executor_, kAcceptPause);
    co_await pause.async_wait(kTuple);
  }
}

void Sessions::take(tcp::socket socket) {
  if (all_.size() >= options_.connections_max) {
    if (!std::exchange(full_, true)) {
      log::warn("as many agent connections as allowed ({}): new ones are closed", all_.size());
    }
    return;
  }
  full_ = false;
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  auto link = make_link_connection(std::move(socket), context_, LinkConnection::Side::server);
  auto session =
      std::make_shared<AgentSession>(executor_, std::move(link), ++last_session_, options_);
  all_.insert(session);
  const auto number = session->number();
  asio::co_spawn(executor_, run_session(shared_from_this(), std::move(session)),
                 [number](const std::exception_ptr& error) {
                   if (error) log::error("agent session {} ended by an exception", number);
                 });
}

asio::awaitable<void> Sessions::run_session(std::shared_ptr<Sessions> self,
                                            std::shared_ptr<AgentSession> session) {
  try {
    co_await session->run(*self);
  } catch (const std::exception& error) {
    log::error("agent session failed node={} session={} why=\"{}\"", session->node(),
               session->number(), error.what());
  }
  self->all_.erase(session);
  const auto current = self->current_.find(session->node());
  if (current == self->current_.end() || current->second != session) co_return;
  self->current_.erase(current);
  self->post(core::AgentDisconnected{session->node(), session->number()});
}

void Sessions::session_opened(const std::shared_ptr<AgentSession>& session,
                              core::AgentConnected facts) {
  auto& current = current_[session->node()];
  const auto older = std::exchange(current, session);
  post(std::move(facts));
  if (fence_ != 0) session->tell_leading(fence_);
  if (!older) return;
  if (older->machine_id() != session->machine_id()) {
    log::warn("two machines use the certificate of one node node={} machine_ids={},{}",
              session->node(), older->machine_id(), session->machine_id());
  }
  older->close("the node has connected anew");
}

void Sessions::lead(std::int64_t fence) {
  if (std::exchange(fence_, fence) == fence || fence == 0) return;
  for (const auto& [node, session] : current_) session->tell_leading(fence);
}

void Sessions::turn_away(const NodeName& node, const std::string& why) {
  const auto current = current_.find(node);
  if (current != current_.end()) {
    post(core::AgentDisconnected{node, current->second->number()});
    current_.erase(current);
  }
  for (const auto& session : all_) {
    if (session->node() != node) continue;
    log::info("agent turned away node={} session={} why=\"{}\"", node, session->number(), why);
    session->turn_away(why);
  }
}

void Sessions::session_fact(const AgentSession& session, core::Fact fact) {
  const auto current = current_.find(session.node());
  // What a replaced session still says is of the past.
  if (current != current_.end() && current->second.get() == &session) post(std::move(fact));
}

void Sessions::post(core::Fact fact) {
  if (observe_) observe_(std::move(fact));
}

asio::awaitable<Result<void>> Sessions::shutdown(core::Step step) {
  const auto self = shared_from_this();
  auto command = make_shutdown(step);
  if (!command) co_return std::unexpected(std::move(command.error()));
  const auto found = current_.find(step.id.subject);
  if (found == current_.end()) {
    co_return fail(Errc::unreachable, "the agent of " + step.id.subject + " is not connected");
  }
  const auto session = found->second;
  log::info("shutdown sent node={} action=shutdown id={} fence={} reason=\"{}\"", step.id.subject,
            step.id.text(), step.fence, step.reason.text);
  co_return co_await session->shutdown(std::move(*command));
}

Result<void> Sessions::relay(const core::Relay& by, const RelayedPackets& packets) {
  const auto found = current_.find(by.node);
  if (found == current_.end()) {
    return fail(Errc::unreachable, "the agent of " + by.node + " is not connected");
  }
  const auto message = make_relay(by, packets);
  if (!message) return std::unexpected(message.error());
  const auto session = found->second;
  auto sent = session->tell_relay(*message);
  if (sent) {
    log::debug("magic packet by relay node={} broadcast={} macs={}", by.node,
               ipv4_text(by.broadcast), packets.macs.size());
  }
  return sent;
}

asio::awaitable<void> Sessions::stop() {
  const auto self = shared_from_this();
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& session : all_) session->close("the coordinator stops");
  asio::steady_timer pause(executor_);
  const auto until = std::chrono::steady_clock::now() + kStopLimit;
  while (!all_.empty() && std::chrono::steady_clock::now() < until) {
    pause.expires_after(std::chrono::milliseconds(5));
    co_await pause.async_wait(kTuple);
  }
  observe_ = nullptr;
}

void Sessions::abort() {
  observe_ = nullptr;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& session : all_) session->close("the coordinator stops");
}

class TlsAgentServer final : public AgentServer {
 public:
  TlsAgentServer(asio::any_io_executor executor, AgentServerOptions options)
      : sessions_(std::make_shared<Sessions>(std::move(executor), std::move(options))) {}
  TlsAgentServer(const TlsAgentServer&) = delete;
  TlsAgentServer& operator=(const TlsAgentServer&) = delete;
  ~TlsAgentServer() override { sessions_->abort(); }

  Result<void> start(Observe observe) override { return sessions_->start(std::move(observe)); }
  asio::awaitable<void> stop() override { return sessions_->stop(); }
  asio::awaitable<Result<void>> shutdown(const core::Step& step) override {
    return sessions_->shutdown(step);
  }
  Result<void> relay(const core::Relay& by, const RelayedPackets& packets) override {
    return sessions_->relay(by, packets);
  }
  [[nodiscard]] std::uint16_t port() const override { return sessions_->port(); }
  void lead(std::int64_t fence) override { sessions_->lead(fence); }
  void turn_away(const NodeName& node, const std::string& why) override {
    sessions_->turn_away(node, why);
  }

 private:
  std::shared_ptr<Sessions> sessions_;
};

}  // namespace

std::unique_ptr<AgentServer> make_agent_server(asio::any_io_executor executor,
                                               AgentServerOptions options) {
  return std::make_unique<TlsAgentServer>(std::move(executor), std::move(options));
}

}  // namespace ecokube
