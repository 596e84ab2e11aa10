#pragma once

#include <cstddef>
#include <string_view>

#include "common/hex_text.h"

// What a machine may say of its own BMC: the agent holds its helper to that, and the coordinator
// the agent.
namespace ecokube {

inline constexpr int kVlanMax = 4094;  ///< IEEE 802.1Q
inline constexpr std::size_t kBmcGuidDigits = 32;

/// The 16 bytes in the order in which the BMC gives them.
[[nodiscard]] inline bool is_bmc_guid(std::string_view text) {
  return text.size() == kBmcGuidDigits && is_small_hex(text);
}

}  // namespace ecokube
