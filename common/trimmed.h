#pragma once

#include <algorithm>
#include <string_view>

namespace ecokube {

/// Without blanks and line ends before and behind it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  return text.substr(std::min(text.size(), text.find_first_not_of(kBlanks)));
}

}  // namespace ecokube
