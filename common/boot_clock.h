#pragma once

#include <chrono>
#include <cstdint>

#include "common/policy_clock.h"

namespace ecokube {

/// Time since boot, suspend included (CLOCK_BOOTTIME). Never stepped by NTP or a person.
[[nodiscard]] std::chrono::nanoseconds boottime_now();

/// Makes TimePoints: wall clock when it was constructed plus CLOCK_BOOTTIME elapsed since.
class RealClock {
 public:
  RealClock();
  [[nodiscard]] TimePoint now() const;

 private:
  TimePoint wall_at_start_;
  std::chrono::nanoseconds boottime_at_start_;
};

}  // namespace ecokube
