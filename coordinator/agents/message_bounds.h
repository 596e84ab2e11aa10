#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/one_line.h"

// What the readers of an agent's messages hold them to.
namespace ecokube {

inline constexpr std::size_t kIdMax = 128;         ///< bytes
inline constexpr std::size_t kSentenceMax = 1024;  ///< bytes

/// One line of `max` bytes at most.
[[nodiscard]] inline bool is_text(std::string_view text, std::size_t max) {
  return text.size() <= max && is_one_line(text);
}

[[nodiscard]] inline std::unexpected<Error> broken(std::string_view what) {
  return fail(Errc::protocol, "the agent's " + std::string(what));
}

}  // namespace ecokube
