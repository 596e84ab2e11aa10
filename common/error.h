#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace ecokube {

/// What kind of failure: decides whether to retry, how a REST answer looks, and the exit code.
enum class Errc {
  config,   ///< the user's configuration is wrong; exit code 2, no retry
  invalid,  ///< bad input from outside
  not_found,
  conflict,      ///< optimistic concurrency or "already exists"
  gone,          ///< the resume point of a watch is too old: list anew (HTTP 410)
  refused,       ///< the peer understood and said no
  unauthorized,  ///< who are you (HTTP 401)
  forbidden,     ///< you may not (HTTP 403)
  timeout,
  unreachable,  ///< refused connection, unknown host, broken link: may come back
  protocol,     ///< the peer broke the protocol
  too_large,
  busy,  ///< bounded queue or rate limit (HTTP 429)
  io,    ///< local file, socket or database
  unsupported,
};

[[nodiscard]] std::string_view to_string(Errc code);

/// An expected failure. `message` says what failed, on what, and where possible what to do.
struct Error {
  Errc code;
  std::string message;
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

/// Adds what was being done on the way up: "reading /etc/x: no such file".
[[nodiscard]] inline std::unexpected<Error> fail_while(std::string_view doing, Error error) {
  error.message.insert(0, std::string(doing) + ": ");
  return std::unexpected(std::move(error));
}

}  // namespace ecokube
