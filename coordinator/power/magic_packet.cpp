#include "coordinator/power/magic_packet.h"

#include <algorithm>
#include <charconv>

namespace ecokube {

std::array<std::uint8_t, kMagicPacketBytes> magic_packet(MacAddress mac) {
  constexpr std::size_t kSyncBytes = 6;
  std::array<std::uint8_t, kMagicPacketBytes> packet{};
  auto at = std::fill_n(packet.begin(), kSyncBytes, std::uint8_t{0xFF});
  while (at != packet.end()) at = std::copy(mac.bytes().begin(), mac.bytes().end(), at);
  return packet;
}

Result<WakeAddress> parse_wake_address(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(Errc::invalid, "wake address \"" + std::string(text) + "\": " + std::string(why) +
                                   " (write host:port, e.g. 192.0.2.255:9)");
  };
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return bad("']' is missing");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return bad("':' must follow ']'");
    if (port == ":") return bad("the port is missing");
    if (!port.empty()) port.remove_prefix(1);
  } else if (const auto colon = text.find(':');
             colon != std::string_view::npos &&
             text.find(':', colon + 1) == std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return bad("the port is missing");
  }
  if (host.empty()) return bad("the host is missing");
  WakeAddress address{std::string(host), kWakePort};
  if (port.empty()) return address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size() || address.port == 0) {
    return bad("the port is not a number from 1 to 65535");
  }
  return address;
}

}  // namespace ecokube
