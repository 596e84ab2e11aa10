#include "coordinator/power/answer_text.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>

namespace ecokube {

std::string one_line(std::string_view text) {
  constexpr std::size_t kMax = 200;
  std::string line;
  for (const char letter : text.substr(0, kMax)) {
    const bool printable = letter >= ' ' && letter <= '~';
    line += printable ? letter : (letter == '\n' || letter == '\t' ? ' ' : '?');
  }
  return line;
}

std::optional<std::string> guid_digits(std::string_view uuid) {
  constexpr std::size_t kDigits = 32;
  std::string digits;
  for (const char letter : uuid) {
    if (letter == '-') continue;
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isxdigit(byte) == 0) return std::nullopt;
    digits += static_cast<char>(std::tolower(byte));
  }
  if (digits.size() != kDigits) return std::nullopt;
  return digits;
}

Result<Power> power_of_running(double watts) {
  constexpr double kLeast = 0.001;
  constexpr double kMost = 32'766;
  if (watts >= kLeast && watts <= kMost) return Power::milliwatts(std::llround(watts * 1000.0));
  return fail(Errc::refused, fmt::format("it says {} W, which no machine that is on draws", watts));
}

}  // namespace ecokube
