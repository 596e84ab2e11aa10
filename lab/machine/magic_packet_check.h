#pragma once

#include <span>
#include <string>

#include "common/error.h"
#include "common/mac_address.h"

namespace ecokube::lab {

/// The network card's look at a packet: 6 bytes of 0xff, then its own address 16 times, nothing
/// before or after. Else an error that says which of these was wrong.
[[nodiscard]] Result<void> check_magic_packet(std::span<const std::uint8_t> bytes,
                                              const MacAddress& mine);

}  // namespace ecokube::lab
