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

std::vector<std::uint8_t> magic_packet(MacAddress mac, const std::optional<SecureOn>& secure_on) {
  const auto bare = magic_packet(mac);
  std::vector<std::uint8_t> packet(bare.begin(), bare.end());
  if (secure_on) packet.insert(packet.end(), secure_on->bytes().begin(), secure_on->bytes().end());
  return packet;
}

}  // namespace ecokube
