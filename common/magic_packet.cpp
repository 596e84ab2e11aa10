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
  std::vector<std::uint8_t> packet;
  packet.reserve(bare.size() + (secure_on ? secure_on->bytes().size() : 0));
  // Two loops, since g++ 12 sees an insert() at -O2 write behind the end; a false alarm.
  for (const auto byte : bare) packet.push_back(byte);
  if (!secure_on) return packet;
  for (const auto byte : secure_on->bytes()) packet.push_back(byte);
  return packet;
}

}  // namespace ecokube
