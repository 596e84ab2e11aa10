#include "coordinator/power/answer_text.h"

#include <fmt/format.h>

#include <cctype>

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

Result<Power> power_of_running(std::int64_t milliwatts) {
  constexpr auto kMost = Power::watts(32'766);
  const auto power = Power::milliwatts(milliwatts);
  if (milliwatts > 0 && power <= kMost) return power;
  return fail(Errc::refused, fmt::format("it says {} W, which no machine that is on draws",
                                         static_cast<double>(milliwatts) / 1000.0));
}

}  // namespace ecokube
