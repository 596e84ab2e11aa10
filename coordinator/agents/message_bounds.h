#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/error.h"

// What the readers of an agent's messages hold them to.
namespace ecokube {

inline constexpr std::size_t kIdMax = 128;         ///< bytes
inline constexpr std::size_t kSentenceMax = 1024;  ///< bytes

/// Control characters would let an agent write lines of its own into our log.
[[nodiscard]] inline bool is_text(std::string_view text, std::size_t max) {
  return text.size() <= max && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
         });
}

[[nodiscard]] inline std::unexpected<Error> broken(std::string_view what) {
  return fail(Errc::protocol, "the agent's " + std::string(what));
}

}  // namespace ecokube
