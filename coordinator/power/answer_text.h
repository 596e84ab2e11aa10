#pragma once

#include <optional>
#include <string>
#include <string_view>

// What machines answer, made fit for our own messages.
namespace ecokube {

/// For people: one line of printable ASCII, cut off where it is long.
[[nodiscard]] std::string one_line(std::string_view text);

/// A UUID, with or without its dashes, as 32 lower-case hexadecimal digits; nullopt: it is none.
[[nodiscard]] std::optional<std::string> guid_digits(std::string_view uuid);

}  // namespace ecokube
