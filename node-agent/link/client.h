#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/tls_context.h"
#include "ecokube/v1/agent.pb.h"

namespace ecokube::agent {

/// What the link asks of the agent. Called on the executor's one thread; must not block.
class LinkHost {
 public:
  virtual ~LinkHost() = default;
  [[nodiscard]] virtual v1::Hello hello() = 0;
  /// All but its sequence number, which the link sets.
  [[nodiscard]] virtual v1::Heartbeat heartbeat() = 0;
  virtual void session_opened() = 0;
  virtual void heartbeat_sent(std::uint64_t sequence) = 0;
  /// `session` is for answer(): a reply to another connection than the asking one is dropped.
  virtual void shutdown_asked(std::uint64_t session, v1::Shutdown command) = 0;
};

struct LinkOptions {
  std::vector<std::string> addresses;  ///< "host:port", tried in turn
  TlsContext tls;
  std::chrono::milliseconds connect_limit{5000};
  std::chrono::milliseconds handshake_limit{10'000};
  std::chrono::milliseconds backoff_base{250};
  std::chrono::milliseconds backoff_cap{10'000};
};

/// Keeps a connection to one of the coordinators: connects, says Hello, sends heartbeats, hands
/// commands over, and begins anew with a jittered backoff when it breaks.
class LinkClient {
 public:
  virtual ~LinkClient() = default;

  /// Runs until stop().
  virtual boost::asio::awaitable<void> run() = 0;
  /// Number of the open session whose peer proved to be a coordinator; 0: none is open.
  [[nodiscard]] virtual std::uint64_t session() const = 0;
  /// unreachable when `session` is over.
  virtual Result<void> answer(std::uint64_t session, const v1::ShutdownReply& reply) = 0;
  /// Says goodbye, waits for its acknowledgement or `limit`, closes, and stays away until resume().
  virtual boost::asio::awaitable<void> leave(v1::Goodbye goodbye,
                                             std::chrono::milliseconds limit) = 0;
  virtual void resume() = 0;
  virtual void stop() = 0;
};

[[nodiscard]] std::unique_ptr<LinkClient> make_link_client(boost::asio::any_io_executor executor,
                                                           LinkOptions options, LinkHost& host);

}  // namespace ecokube::agent
