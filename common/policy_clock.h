#pragma once

#include <chrono>
#include <cstdint>

namespace ecokube {

/// The clock of everything that decides. It has no now(): only the loop, which owns the real clock,
/// can make a TimePoint. Milliseconds since the epoch: wall clock at start plus elapsed
/// CLOCK_BOOTTIME, so it never runs backwards.
struct PolicyClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<PolicyClock, duration>;
  static constexpr bool is_steady = true;
};

using TimePoint = PolicyClock::time_point;
using Duration = PolicyClock::duration;

[[nodiscard]] constexpr std::int64_t to_ms(TimePoint at) { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr TimePoint from_ms(std::int64_t ms) { return TimePoint(Duration(ms)); }

}  // namespace ecokube
