#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/http_client.h"
#include "common/tls_context.h"

namespace ecokube {

/// How a request came in. POSTs that change something are allowed on the Unix socket only.
enum class HttpTransport { tcp, tls, unix_socket };

/// One request being answered. The handler reads the body if it wants it and then answers once,
/// either with respond() or with begin_stream(), write() ..., and return.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  [[nodiscard]] virtual std::string_view method() const = 0;
  [[nodiscard]] virtual std::string_view target() const = 0;  ///< path and query as sent
  [[nodiscard]] virtual std::string_view header(std::string_view name) const = 0;
  [[nodiscard]] virtual HttpTransport transport() const = 0;
  /// The common name in the client's verified certificate; empty: it showed none.
  [[nodiscard]] virtual std::string client_name() const = 0;

  /// The whole body; too_large above `bytes_max` (nothing more is read).
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::string>> read_body(
      std::size_t bytes_max) = 0;
  /// The next piece of the body into `into`; 0 at its end. For what is streamed to disk.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::size_t>> read_some(
      std::span<char> into) = 0;

  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> respond(HttpResponse response) = 0;

  /// Answer of unknown length (chunked): a watch or an event stream. It ends when the handler
  /// returns. write() fails with unreachable when the client has gone.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> begin_stream(int status,
                                                                          HttpHeaders headers) = 0;
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> write(std::string bytes) = 0;
};

struct HttpServerLimits {
  std::size_t connections_max = 512;
  std::chrono::milliseconds header_timeout{15000};  ///< also keep-alive idle time
  std::chrono::milliseconds io_timeout{30000};      ///< each read of a body, each write
};

using HttpHandler = std::function<boost::asio::awaitable<void>(HttpExchange&)>;

/// HTTP/1.1 on one executor. An exception or a missing answer in a handler becomes a 500 whose body
/// tells nothing. Destroying or stop() closes the listeners and all connections.
class HttpServer {
 public:
  virtual ~HttpServer() = default;

  /// Listens on an IP address; port 0 picks one. With `tls` it is HTTPS. Returns the port.
  /// A busy port is Errc::io with address, port and what to do.
  [[nodiscard]] virtual Result<std::uint16_t> listen_tcp(const std::string& address,
                                                         std::uint16_t port,
                                                         TlsContext tls = nullptr) = 0;
  /// Listens on a Unix socket with this mode; a stale socket file is replaced.
  [[nodiscard]] virtual Result<void> listen_unix(const std::filesystem::path& path,
                                                 unsigned mode) = 0;
  virtual void stop() = 0;
};

[[nodiscard]] std::unique_ptr<HttpServer> make_http_server(boost::asio::any_io_executor executor,
                                                           HttpHandler handler,
                                                           HttpServerLimits limits = {});

/// A JSON answer.
[[nodiscard]] HttpResponse json_response(int status, std::string body);
/// application/problem+json (RFC 9457).
[[nodiscard]] HttpResponse problem_response(int status, std::string_view title,
                                            std::string_view detail);

/// Path segments and query of a request target, percent-decoded.
struct ParsedTarget {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;
  [[nodiscard]] std::string_view query_value(std::string_view key) const;  ///< empty when absent
};
[[nodiscard]] Result<ParsedTarget> parse_target(std::string_view target);

}  // namespace ecokube
