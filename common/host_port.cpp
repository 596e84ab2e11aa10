#include "common/host_port.h"

#include <algorithm>
#include <charconv>

namespace ecokube {
namespace {

struct Split {
  std::string_view host;
  std::optional<std::string_view> port;
};

std::optional<Split> split(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto host = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    if (rest.empty()) return Split{host, std::nullopt};
    if (rest.front() != ':') return std::nullopt;
    return Split{host, rest.substr(1)};
  }
  const auto colon = text.find(':');
  // Without brackets, a second colon makes it an IPv6 address: what would be its port?
  if (colon == std::string_view::npos || colon != text.rfind(':')) return Split{text, std::nullopt};
  return Split{text.substr(0, colon), text.substr(colon + 1)};
}

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || at != end) return std::nullopt;
  return port;
}

Result<HostPort> parse(std::string_view text, std::optional<std::uint16_t> default_port,
                       std::uint16_t lowest) {
  const auto bad = [&](std::string_view what) {
    return fail(Errc::invalid, "\"" + std::string(text) + "\" is no address: " + std::string(what) +
                                   " (expected host:port or [IPv6]:port)");
  };
  if (std::ranges::any_of(text, is_blank)) return bad("it holds a blank or control character");
  const auto parts = split(text);
  if (!parts) return bad("its brackets are broken");
  if (parts->host.empty()) return bad("the host is missing");
  const auto port = parts->port ? read_port(*parts->port) : default_port;
  if (!parts->port && !port) return bad("the port is missing");
  if (!port || *port < lowest) {
    return bad("the port is not a number from " + std::to_string(lowest) + " to 65535");
  }
  return HostPort{std::string(parts->host), *port};
}

}  // namespace

std::string HostPort::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<HostPort> parse_host_port(std::string_view text, std::optional<std::uint16_t> default_port) {
  return parse(text, default_port, 1);
}

Result<HostPort> parse_listen_address(std::string_view text) {
  return parse(text, std::nullopt, 0);
}

}  // namespace ecokube
