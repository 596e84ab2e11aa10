#pragma once

#include <algorithm>
#include <string_view>

namespace ecokube {

/// Of the digits 0 to 9 and a to f alone.
[[nodiscard]] inline bool is_small_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace ecokube
