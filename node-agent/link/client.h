#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
  [[nodiscard]] virtual v1::Heartbeat heartbeat(std::uint64_t session) = 0;
  /// A number of its own for a connection to this coordinator, whose certificate was checked;
  /// refused when another connection leads to it already.
  [[nodiscard]] virtual Result<std::uint64_t> session_opened(const std::string& coordinator) = 0;
  virtual void session_closed(std::uint64_t session) = 0;
  virtual void heartbeat_sent(std::uint64_t session, std::uint64_t sequence) = 0;
  virtual void fence_seen(std::int64_t fence) = 0;
  /// A coordinator that signs certificates would give this bundle of CAs (SHA-256, hex) with one.
  virtual void ca_bundle_seen(const std::string& sha256) = 0;
  /// The answer to a renew().
  virtual void certificate_issued(const v1::Issued& issued) = 0;
  /// `session` is for answer(): a reply to another connection than the asking one is dropped.
  virtual void shutdown_asked(std::uint64_t session, v1::Shutdown command) = 0;
  /// Magic packets for others; the answer says whether they were sent.
  [[nodiscard]] virtual v1::RelayReply relay_asked(const v1::Relay& relay) = 0;
};

/// How a link is, for a person.
struct LinkStatus {
  std::string address;
  std::string coordinator;                               ///< id; empty: not connected
  std::optional<std::chrono::nanoseconds> heartbeat_at;  ///< CLOCK_BOOTTIME of the last one sent
  std::string problem;                                   ///< of the last try; empty while connected
};

struct LinkOptions {
  std::string address;  ///< "host:port"
  TlsContext tls;
  std::chrono::milliseconds connect_limit{5000};
  std::chrono::milliseconds handshake_limit{10'000};
  std::chrono::milliseconds backoff_base{250};
  std::chrono::milliseconds backoff_cap{10'000};
  /// How often awake() is called, see LinkSession; 0: never.
  std::chrono::milliseconds company{0};
};

/// Keeps a connection to the coordinator at one address: connects, says Hello, sends heartbeats,
/// hands commands over, and begins anew with a jittered backoff when it breaks.
class LinkClient {
 public:
  virtual ~LinkClient() = default;

  /// Runs until stop().
  virtual boost::asio::awaitable<void> run() = 0;
  /// Number of the open session whose peer proved to be a coordinator; 0: none is open.
  [[nodiscard]] virtual std::uint64_t session() const = 0;
  /// unreachable when `session` is over.
  virtual Result<void> answer(std::uint64_t session, const v1::ShutdownReply& reply) = 0;
  /// The last message, if a session is open. No heartbeat follows, and no connection until
  /// resume().
  virtual void say_goodbye(const v1::Goodbye& goodbye) = 0;
  /// Waits for its acknowledgement until this time (CLOCK_BOOTTIME) and closes.
  virtual boost::asio::awaitable<void> close(std::chrono::nanoseconds until) = 0;
  virtual void resume() = 0;
  /// Sends the heartbeat that is due, if one is.
  virtual void awake() = 0;
  virtual void stop() = 0;
  [[nodiscard]] virtual LinkStatus status() const = 0;
  /// unreachable: no session is open.
  virtual Result<void> renew(const v1::Renew& renew) = 0;
  /// From the next connection on.
  virtual void use(TlsContext tls) = 0;
};

[[nodiscard]] std::unique_ptr<LinkClient> make_link_client(boost::asio::any_io_executor executor,
                                                           LinkOptions options, LinkHost& host);

}  // namespace ecokube::agent
