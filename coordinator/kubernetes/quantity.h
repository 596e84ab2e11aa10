#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ecokube::kubernetes {

/// A Kubernetes quantity ("1300m", "2Gi", "0.5", "1e3") times `scale`, rounded up to a whole
/// number, exact: no floating point. nullopt: not a quantity, negative, or too large.
[[nodiscard]] std::optional<std::int64_t> parse_quantity(std::string_view text, std::int64_t scale);

[[nodiscard]] inline std::optional<std::int64_t> parse_millicores(std::string_view text) {
  constexpr std::int64_t kMilli = 1000;
  return parse_quantity(text, kMilli);
}
[[nodiscard]] inline std::optional<std::int64_t> parse_whole(std::string_view text) {
  return parse_quantity(text, 1);
}

}  // namespace ecokube::kubernetes
