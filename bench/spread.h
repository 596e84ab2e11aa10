#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace ecokube::bench {

using Clock = std::chrono::steady_clock;

/// A median and a 99th percentile by nearest rank, in milliseconds.
struct Spread {
  std::size_t samples = 0;
  double p50 = 0;
  double p99 = 0;
};

[[nodiscard]] inline Spread spread_of(std::vector<Clock::duration> times) {
  if (times.empty()) return {};
  std::ranges::sort(times);
  const auto at = [&](std::size_t percent) {
    const auto rank = std::max<std::size_t>(1, (times.size() * percent + 99) / 100);
    return std::chrono::duration<double, std::milli>(times[rank - 1]).count();
  };
  return {times.size(), at(50), at(99)};
}

}  // namespace ecokube::bench
