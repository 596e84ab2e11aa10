#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/units.h"

// What machines answer, made fit for our own messages.
namespace ecokube {

/// For people: one line of printable ASCII, cut off where it is long.
[[nodiscard]] std::string one_line(std::string_view text);

/// A UUID, with or without its dashes, as 32 lower-case hexadecimal digits; nullopt: it is none.
[[nodiscard]] std::optional<std::string> guid_digits(std::string_view uuid);

/// What a machine that is on may draw. refused: 0 W or less, which none that is on draws, or above
/// 32,766 W, since the largest number of 15 or 16 bits stands for "not known".
[[nodiscard]] Result<Power> power_of_running(double watts);

}  // namespace ecokube
