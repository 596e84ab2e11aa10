#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/http_client.h"

namespace ecokube {

/// Beast's HTTP/1.1 parser behind a few calls. Feed what was read, take the body in pieces; no I/O.
class HttpParser {
 public:
  virtual ~HttpParser() = default;

  /// Returns how much was used up; feed the rest again with more behind it. too_large when the
  /// header is above its limit, protocol when it is no HTTP.
  [[nodiscard]] virtual Result<std::size_t> feed(std::string_view bytes) = 0;
  /// The peer ended the stream: the end of a body without length, or an error.
  [[nodiscard]] virtual Result<void> feed_end() = 0;

  [[nodiscard]] virtual bool got_some() const = 0;
  [[nodiscard]] virtual bool header_done() const = 0;
  [[nodiscard]] virtual bool done() const = 0;
  /// The body's bytes since the last call.
  [[nodiscard]] virtual std::string take_body() = 0;

  [[nodiscard]] virtual bool keep_alive() const = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> content_length() const = 0;
  [[nodiscard]] virtual std::string_view header(std::string_view name) const = 0;
  [[nodiscard]] virtual HttpHeaders headers() const = 0;
  [[nodiscard]] virtual int status() const = 0;               ///< of a response
  [[nodiscard]] virtual std::string_view method() const = 0;  ///< of a request
  [[nodiscard]] virtual std::string_view target() const = 0;  ///< of a request
};

[[nodiscard]] std::unique_ptr<HttpParser> make_request_parser();
/// `without_body`: the answer to HEAD.
[[nodiscard]] std::unique_ptr<HttpParser> make_response_parser(bool without_body);

[[nodiscard]] std::string_view http_reason(int status);

/// "Name: value\r\n" for each; invalid when one would break the message apart.
[[nodiscard]] Result<std::string> encode_headers(const HttpHeaders& headers);

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace ecokube
