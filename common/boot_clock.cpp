#include "common/boot_clock.h"

#include <time.h>

namespace ecokube {

std::chrono::nanoseconds boottime_now() {
  timespec ts{};
  ::clock_gettime(CLOCK_BOOTTIME, &ts);
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

RealClock::RealClock()
    : wall_at_start_(std::chrono::duration_cast<Duration>(
          std::chrono::system_clock::now().time_since_epoch())),
      boottime_at_start_(boottime_now()) {}

TimePoint RealClock::now() const {
  return wall_at_start_ + std::chrono::duration_cast<Duration>(boottime_now() - boottime_at_start_);
}

}  // namespace ecokube
