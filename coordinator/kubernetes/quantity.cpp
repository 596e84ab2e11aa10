#include "coordinator/kubernetes/quantity.h"

#include <array>
#include <charconv>
#include <limits>

namespace ecokube::kubernetes {
namespace {

__extension__ using Wide = __int128;

struct Suffix {
  std::string_view text;
  int base;
  int power;
};
constexpr std::array kSuffixes{
    Suffix{"", 10, 0},     Suffix{"n", 10, -9},   Suffix{"u", 10, -6},   Suffix{"m", 10, -3},
    Suffix{"k", 10, 3},    Suffix{"M", 10, 6},    Suffix{"G", 10, 9},    Suffix{"T", 10, 12},
    Suffix{"P", 10, 15},   Suffix{"E", 10, 18},   Suffix{"Ki", 1024, 1}, Suffix{"Mi", 1024, 2},
    Suffix{"Gi", 1024, 3}, Suffix{"Ti", 1024, 4}, Suffix{"Pi", 1024, 5}, Suffix{"Ei", 1024, 6},
};
constexpr Wide kWideMax = static_cast<Wide>(std::numeric_limits<std::int64_t>::max()) << 32;

/// base and power of what follows the digits; nullopt when it is nothing we know.
std::optional<Suffix> parse_suffix(std::string_view text) {
  for (const auto& suffix : kSuffixes) {
    if (suffix.text == text) return suffix;
  }
  if (text.size() < 2 || (text.front() != 'e' && text.front() != 'E')) return std::nullopt;
  text.remove_prefix(text[1] == '+' ? 2 : 1);
  int power = 0;
  constexpr int kPowerMax = 18;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), power);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (power > kPowerMax || power < -kPowerMax) return std::nullopt;
  return Suffix{"e", 10, power};
}

}  // namespace

std::optional<std::int64_t> parse_quantity(std::string_view text, std::int64_t scale) {
  constexpr std::size_t kDigitsMax = 24;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  Wide value = 0;
  int decimals = 0;
  bool after_point = false;
  std::size_t digits = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !after_point) {
      after_point = true;
    } else if (c >= '0' && c <= '9') {
      if (++digits > kDigitsMax) return std::nullopt;
      value = value * 10 + (c - '0');
      decimals += after_point ? 1 : 0;
    } else {
      break;
    }
  }
  const auto suffix = parse_suffix(text.substr(at));
  if (digits == 0 || !suffix) return std::nullopt;

  Wide up = scale;
  Wide down = 1;
  for (int i = 0; i < suffix->power; ++i) up *= suffix->base;
  for (int i = 0; i > suffix->power; --i) down *= suffix->base;
  for (int i = 0; i < decimals && down < kWideMax; ++i) down *= 10;
  if (value != 0 && up > kWideMax / value) return std::nullopt;
  const Wide result = (value * up + down - 1) / down;
  if (result > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return static_cast<std::int64_t>(result);
}

}  // namespace ecokube::kubernetes
