#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/mac_address.h"

namespace ecokube {

inline constexpr std::size_t kMagicPacketBytes = 102;
inline constexpr std::uint16_t kWakePort = 9;  ///< discard: where the packet goes by custom

/// The bytes that start a machine: six times 0xFF, then sixteen times its MAC (AMD, "Magic Packet
/// Technology", publication 20213).
[[nodiscard]] std::array<std::uint8_t, kMagicPacketBytes> magic_packet(MacAddress mac);

}  // namespace ecokube
