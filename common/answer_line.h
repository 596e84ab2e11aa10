#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What every helper's answer is made of: "key=value key=value problem=why not, and what to do". The
// problem goes to the line's end; without one all is well.
namespace ecokube {

inline constexpr std::size_t kHelperAnswerMax = 512;  ///< bytes, with the line's end

/// With its end; a longer problem is cut.
[[nodiscard]] std::string answer_line(std::string facts, const std::string& problem);

/// Takes "key=value" and the blank after it from the front of the line.
[[nodiscard]] std::optional<std::string_view> take_value(std::string_view& line,
                                                         std::string_view key);
/// The problem that the rest of a line is; empty: there is none. nullopt: it is something else.
[[nodiscard]] std::optional<std::string> problem_of_line(std::string_view rest);

}  // namespace ecokube
