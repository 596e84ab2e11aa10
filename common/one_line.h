#pragma once

#include <algorithm>
#include <string_view>

namespace ecokube {

/// It has no ASCII control character: these would let whoever wrote it add lines of their own to a
/// log or an annotation.
[[nodiscard]] inline bool is_one_line(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

}  // namespace ecokube
