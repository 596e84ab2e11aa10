#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ecokube {

/// The delay before attempt number `attempt` (1 = first retry): doubles from `base` up to `cap`, of
/// which a random half is taken off, so that many who failed together do not return together.
/// `random` is any uniformly drawn number; the caller owns the generator, so a seed replays.
[[nodiscard]] constexpr std::chrono::milliseconds next_delay(unsigned attempt, std::uint64_t random,
                                                             std::chrono::milliseconds base,
                                                             std::chrono::milliseconds cap) {
  constexpr unsigned kShiftMax = 20;
  const auto shift = std::min(attempt > 0 ? attempt - 1 : 0U, kShiftMax);
  const auto full = std::min(base.count() << shift, cap.count());
  const auto half = full / 2;
  const auto part =
      half > 0 ? static_cast<std::int64_t>(random % static_cast<std::uint64_t>(half + 1)) : 0;
  return std::chrono::milliseconds(full - part);
}

}  // namespace ecokube
