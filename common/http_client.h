#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/tls_context.h"

namespace ecokube {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  ///< path and query, already percent-encoded
  HttpHeaders headers;       ///< Host, Content-Length and Connection are set by the client
  std::string body;
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  /// First value of a header, case-insensitive; empty when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Where a server is. A Unix socket when `unix_path` is set; TLS when `tls` is set.
struct HttpEndpoint {
  std::string host;
  std::uint16_t port = 0;
  std::filesystem::path unix_path;
  TlsContext tls;
  std::string tls_name = {};  ///< checked in the server's certificate; empty: `host`

  /// "http://host:port" or "https://...": for messages.
  [[nodiscard]] std::string text() const;
};

struct HttpLimits {
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds response_timeout{15000};  ///< whole answer of request()
  std::chrono::milliseconds idle_timeout{60000};      ///< silence allowed in stream()
  std::size_t body_bytes_max = 64UL * 1024 * 1024;
};

/// One HTTP/1.1 peer. Idle connections are kept and reused (a request on a reused connection that
/// the peer had closed is sent once more on a new one). Several requests may run at once, each on
/// its own connection. All calls on the executor's one thread. An answer of any status is a
/// response, not an error; errors are unreachable, timeout, protocol, too_large.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  [[nodiscard]] virtual boost::asio::awaitable<Result<HttpResponse>> request(
      HttpRequest request) = 0;

  /// For watches and event streams: calls `on_bytes` for each piece of the body as it comes, in
  /// order, until the peer ends it (status returned), `on_bytes` returns false, or an error. With a
  /// status of 300 and above the body is collected in the response and on_bytes is not called.
  using OnBytes = std::function<bool(std::string_view)>;
  [[nodiscard]] virtual boost::asio::awaitable<Result<HttpResponse>> stream(HttpRequest request,
                                                                            OnBytes on_bytes) = 0;

  /// From now on connections are made with this; idle ones are closed, and streams that run end as
  /// if the peer had gone. A request in flight is finished as it began.
  virtual void use_tls(TlsContext tls) = 0;
};

[[nodiscard]] std::unique_ptr<HttpClient> make_http_client(boost::asio::any_io_executor executor,
                                                           HttpEndpoint endpoint,
                                                           HttpLimits limits = {});

/// Splits "http://host:port/path" into endpoint (without TLS context) and target.
[[nodiscard]] Result<std::pair<HttpEndpoint, std::string>> parse_http_url(std::string_view url);

/// Percent-encodes one path segment or query value.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace ecokube
