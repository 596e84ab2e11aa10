#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/mac_address.h"
#include "common/secure_on.h"

namespace ecokube {

inline constexpr std::size_t kMagicPacketBytes = 102;
inline constexpr std::uint16_t kWakePort = 9;  ///< discard: where the packet goes by custom
inline constexpr std::uint16_t kWakeEtherType = 0x0842;  ///< of a frame that holds nothing else

/// The bytes that start a machine: six times 0xFF, then sixteen times its MAC (AMD, "Magic Packet
/// Technology", publication 20213).
[[nodiscard]] std::array<std::uint8_t, kMagicPacketBytes> magic_packet(MacAddress mac);

/// With the password behind it, if there is one.
[[nodiscard]] std::vector<std::uint8_t> magic_packet(MacAddress mac,
                                                     const std::optional<SecureOn>& secure_on);

}  // namespace ecokube
