#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/tls_context.h"
#include "coordinator/identity.h"
#include "coordinator/ports.h"

namespace ecokube {

struct AgentServerOptions {
  std::string listen_address = "0.0.0.0";
  std::uint16_t port = 7443;  ///< 0: any free one, see AgentServer::port()
  TlsFiles tls;
  std::string coordinator_id;
  std::chrono::milliseconds heartbeat_interval{5000};
  /// Above the time that an agent's checks may take together (25 s): after this time no agent
  /// accepts any more.
  std::chrono::milliseconds shutdown_reply_timeout{30'000};
  std::chrono::milliseconds handshake_limit{10'000};
  std::size_t connections_max = 12'000;
  std::size_t newcomers_max = 32;  ///< machines that enrol at the same time
  /// Who may be a node; must outlive the server. nullptr: who has a certificate of the CA.
  NodeCertificates* certificates = nullptr;
};

/// The agents' end at the coordinator. A node's name comes from its certificate alone.
class AgentServer : public AgentLink {
 public:
  /// Where it listens once started; 0 before.
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// We hold the Lease with this fence, or do not (0): each agent is told, now and when it comes,
  /// so that it obeys no older leader any more.
  virtual void lead(std::int64_t fence) = 0;
  /// Ends each connection of this node, with a sentence for it; what it says from now on is not
  /// heard.
  virtual void turn_away(const NodeName& node, const std::string& why) = 0;
};

[[nodiscard]] std::unique_ptr<AgentServer> make_agent_server(boost::asio::any_io_executor executor,
                                                             AgentServerOptions options);

}  // namespace ecokube
