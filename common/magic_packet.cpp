#include "common/magic_packet.h"

#include <algorithm>

namespace ecokube {

std::array<std::uint8_t, kMagicPacketBytes> magic_packet(MacAddress mac) {
  constexpr std::size_t kSyncBytes = 6;
  std::array<std::uint8_t, kMagicPacketBytes> packet{};
  auto at = std::fill_n(packet.begin(), kSyncBytes, std::uint8_t{0xFF});
  while (at != packet.end()) at = std::copy(mac.bytes().begin(), mac.bytes().end(), at);
  return packet;
}

}  // namespace ecokube
