#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "common/policy_clock.h"

namespace ecokube {

/// The smallest of `times` that at least `percent` of them do not exceed (nearest rank).
[[nodiscard]] inline std::optional<Duration> quantile(std::vector<Duration> times,
                                                      std::size_t percent) {
  if (times.empty()) return std::nullopt;
  std::ranges::sort(times);
  const auto rank = std::max<std::size_t>(1, (times.size() * percent + 99) / 100);
  return times.at(std::min(rank, times.size()) - 1);
}

}  // namespace ecokube
