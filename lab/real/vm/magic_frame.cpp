#include "lab/real/vm/magic_frame.h"

#include <algorithm>
#include <array>

#include "common/magic_packet.h"

namespace ecokube::lab {
namespace {

constexpr std::size_t kSync = kMagicPacketBytes - 16 * MacAddress::kBytes;
constexpr std::size_t kTypeBytes = 2;
constexpr std::size_t kHeaderBytes = 2 * MacAddress::kBytes + kTypeBytes;
constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::uint16_t kWakeOnLan = 0x0842;

std::uint16_t type_of(std::span<const std::uint8_t> frame) {
  const std::size_t at = 2 * MacAddress::kBytes;
  return static_cast<std::uint16_t>(frame[at] << 8U | frame[at + 1]);
}

MacAddress mac_at(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, MacAddress::kBytes> mac{};
  std::copy_n(bytes.begin(), mac.size(), mac.begin());
  return MacAddress(mac);
}

}  // namespace

std::optional<MacAddress> magic_packet_in(std::span<const std::uint8_t> frame) {
  if (frame.size() < kHeaderBytes) return std::nullopt;
  const auto type = type_of(frame);
  if (type != kIpv4 && type != kIpv6 && type != kWakeOnLan) return std::nullopt;
  for (auto rest = frame.subspan(kHeaderBytes); rest.size() >= kMagicPacketBytes;
       rest = rest.subspan(1)) {
    if (std::ranges::any_of(rest.first(kSync), [](auto byte) { return byte != 0xff; })) continue;
    const auto mac = mac_at(rest.subspan(kSync));
    if (std::ranges::equal(rest.first(kMagicPacketBytes), magic_packet(mac))) return mac;
  }
  return std::nullopt;
}

bool reaches(std::span<const std::uint8_t> frame, const MacAddress& card) {
  if (frame.size() < kHeaderBytes) return false;
  const bool to_many = (frame[0] & 1U) != 0;
  return to_many || mac_at(frame) == card;
}

}  // namespace ecokube::lab
