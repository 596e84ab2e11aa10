#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/error.h"
#include "common/tls_context.h"

namespace ecokube {

/// One connection of the agent link: TLS on a socket's plain descriptor (OpenSSL gives its buffers
/// back while a connection is idle), frames above it. All calls on the executor's one thread; a
/// receive() and any number of send() may be under way together.
class LinkConnection {
 public:
  enum class Side { client, server };
  virtual ~LinkConnection() = default;

  /// TLS handshake, certificate, ALPN and the peer's name: refused, protocol, timeout, unreachable.
  /// Who speaks "ecokube-enroll/1" to a server is a newcomer without a name.
  [[nodiscard]] virtual boost::asio::awaitable<Result<PeerIdentity>> handshake(
      std::chrono::milliseconds limit) = 0;

  /// The next frame's body; nullopt when the peer ended the connection between two frames.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::optional<std::string>>> receive(
      std::chrono::milliseconds limit) = 0;

  /// A frame that is announced to be larger is an error; kFrameBytesMax otherwise.
  virtual void limit_frames(std::size_t bytes_max) = 0;

  /// Queues one frame. A peer that does not take what was queued is cut off.
  virtual Result<void> send(const std::string& body) = 0;

  /// Waits until what was queued is written, then says a TLS goodbye and closes.
  [[nodiscard]] virtual boost::asio::awaitable<void> finish(std::chrono::milliseconds limit) = 0;

  /// Closes at once; whoever waits gets an error.
  virtual void abort() = 0;
  [[nodiscard]] virtual bool is_open() const = 0;

  /// "10.0.0.5:51234": for messages.
  [[nodiscard]] virtual const std::string& peer_address() const = 0;
};

[[nodiscard]] std::shared_ptr<LinkConnection> make_link_connection(
    boost::asio::ip::tcp::socket socket, const TlsContext& context, LinkConnection::Side side);

}  // namespace ecokube
