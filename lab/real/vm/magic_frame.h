#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/mac_address.h"

namespace ecokube::lab {

/// Whose magic packet an Ethernet frame holds, anywhere behind its header, as a card in standby
/// looks for it: by UDP or as a frame of its own (EtherType 0x0842). nullopt: none.
[[nodiscard]] std::optional<MacAddress> magic_packet_in(std::span<const std::uint8_t> frame);

/// A card takes what is sent to it or to many.
[[nodiscard]] bool reaches(std::span<const std::uint8_t> frame, const MacAddress& card);

}  // namespace ecokube::lab
