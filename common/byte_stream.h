#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/http_client.h"
#include "common/tls_context.h"

namespace ecokube {

/// A connected byte stream, TCP or Unix, plain or TLS: what the HTTP client and server share, so
/// that only one file of the project is compiled with Asio's sockets, Beast's timers and TLS.
class ByteStream {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  virtual ~ByteStream() = default;
  /// 0 when the peer ended the stream.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::size_t>> read_some(
      std::span<char> into, Deadline deadline) = 0;
  /// All of `bytes`, which must live until it returns.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> write(std::string_view bytes,
                                                                   Deadline deadline) = 0;
  /// True when the peer has closed an idle stream, or sent what nobody asked for.
  [[nodiscard]] virtual bool is_stale() = 0;
  virtual void close() = 0;
  /// The common name in the peer's certificate, if it was verified; else empty.
  [[nodiscard]] virtual std::string peer_name() const = 0;
};

using GenericSocket = boost::asio::generic::stream_protocol::socket;

/// Resolves, connects and, with TLS, checks the server's certificate and name.
[[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect_stream(
    boost::asio::any_io_executor executor, HttpEndpoint endpoint, ByteStream::Deadline deadline);

/// The server's side of an accepted socket, TLS handshake included.
[[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<ByteStream>>> accept_stream(
    GenericSocket socket, TlsContext tls, ByteStream::Deadline deadline);

}  // namespace ecokube
