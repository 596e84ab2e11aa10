#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/link_connection.h"
#include "coordinator/agents/agent_server.h"
#include "coordinator/agents/node_power.h"

namespace ecokube {

class AgentSession;

/// What a session tells the server that owns it.
class AgentSessionOwner {
 public:
  virtual ~AgentSessionOwner() = default;
  /// A valid Hello of `session`: it is the node's current session from now on.
  virtual void session_opened(const std::shared_ptr<AgentSession>& session,
                              core::AgentConnected facts) = 0;
  virtual void session_fact(const AgentSession& session, core::Fact fact) = 0;
  /// Whether one more machine may enrol now; who entered leaves.
  [[nodiscard]] virtual bool newcomer_enters() = 0;
  virtual void newcomer_leaves() = 0;
};

/// One agent's connection, from the handshake to its end.
class AgentSession : public std::enable_shared_from_this<AgentSession> {
 public:
  AgentSession(boost::asio::any_io_executor executor, std::shared_ptr<LinkConnection> link,
               std::uint64_t number, const AgentServerOptions& options);

  /// Returns when the connection has ended, and logs why.
  boost::asio::awaitable<void> run(AgentSessionOwner& owner);
  /// Ends run() soon.
  void close(std::string_view why);

  boost::asio::awaitable<Result<void>> shutdown(v1::ToAgent command);
  /// The last message; the connection ends as soon as the agent has read it, or soon after.
  void turn_away(const std::string& why);
  /// Hands it over, or closes the link that does not take it.
  Result<void> tell_relay(const v1::ToAgent& message);
  /// We hold the Lease with this fence.
  void tell_leading(std::int64_t fence);

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] const NodeName& node() const { return node_; }
  [[nodiscard]] const std::string& machine_id() const { return machine_id_; }

 private:
  /// Someone who waits for the answer to a command.
  struct Asked {
    explicit Asked(const boost::asio::any_io_executor& executor) : answered(executor) {}
    boost::asio::steady_timer answered;
    std::optional<v1::ShutdownReply> reply;
  };

  boost::asio::awaitable<Result<void>> serve(AgentSessionOwner& owner);
  boost::asio::awaitable<Result<void>> greet(AgentSessionOwner& owner, PeerIdentity peer);
  boost::asio::awaitable<Result<void>> enrol(AgentSessionOwner& owner);
  /// Refused when the certificate was revoked; the agent has been told then.
  boost::asio::awaitable<Result<void>> admit(PeerIdentity peer);
  Result<void> take_renew(const v1::Renew& renew);
  boost::asio::awaitable<void> renew(std::string signing_request);
  Result<void> take(AgentSessionOwner& owner, const v1::FromAgent& message);
  Result<void> take_heartbeat(AgentSessionOwner& owner, const v1::Heartbeat& heartbeat);
  Result<void> take_goodbye(AgentSessionOwner& owner, const v1::Goodbye& goodbye);
  Result<void> take_reply(const v1::ShutdownReply& reply);
  void take_relay_reply(const v1::RelayReply& reply);
  Result<void> send(const v1::ToAgent& message);

  boost::asio::any_io_executor executor_;
  std::shared_ptr<LinkConnection> link_;
  std::uint64_t number_;
  AgentServerOptions options_;
  NodeName node_;
  std::string machine_id_, boot_id_, close_reason_;
  std::uint64_t sequence_ = 0;
  bool said_goodbye_ = false;
  bool ended_ = false;
  bool turned_away_ = false;
  bool renewing_ = false;
  std::string relay_problem_;  ///< that was logged last
  std::string raw_problem_;    ///< likewise
  NodePower power_;
  std::map<std::string, std::shared_ptr<Asked>> asked_;
};

}  // namespace ecokube
