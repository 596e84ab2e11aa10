#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube {

/// A name or an IP address, and a TCP or UDP port. An IPv6 address is kept without its brackets.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const HostPort&) const = default;

  /// "host:port", with brackets around an IPv6 address.
  [[nodiscard]] std::string text() const;
};

/// Reads "host:port" or "[IPv6]:port" (RFC 3986, 3.2.2), ports 1 to 65535. Where a default port is
/// given, "host", "[IPv6]" and a bare IPv6 address do too.
/// Errc::invalid: the text, and what is wrong with it.
[[nodiscard]] Result<HostPort> parse_host_port(
    std::string_view text, std::optional<std::uint16_t> default_port = std::nullopt);

/// The same for an address to listen on, where port 0 lets the system choose one.
[[nodiscard]] Result<HostPort> parse_listen_address(std::string_view text);

}  // namespace ecokube
