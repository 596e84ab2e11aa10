#include "node-agent/sensors/sample_clock.h"

#include <time.h>

namespace ecokube::agent {
namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec ts{};
  ::clock_gettime(clock, &ts);
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

std::chrono::nanoseconds middle(const ReadTime& time) {
  return time.before.monotonic + (time.after.monotonic - time.before.monotonic) / 2;
}

}  // namespace

Stamp KernelClock::now() { return {read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_BOOTTIME)}; }

bool suspended_between(const Stamp& from, const Stamp& to) {
  constexpr std::chrono::milliseconds kApart{50};
  const auto asleep = (to.boottime - to.monotonic) - (from.boottime - from.monotonic);
  return asleep > kApart || asleep < -kApart;
}

std::chrono::nanoseconds elapsed_between(const ReadTime& from, const ReadTime& to) {
  return middle(to) - middle(from);
}

}  // namespace ecokube::agent
