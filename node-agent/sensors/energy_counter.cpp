#include "node-agent/sensors/energy_counter.h"

namespace ecokube::agent {
namespace {

// The hardware updates its counters about each millisecond and we are scheduled late at times: a
// reading may hold this much more time than the clock says.
constexpr std::chrono::milliseconds kReadingSlack{50};
constexpr std::chrono::milliseconds kElapsedMax{std::chrono::hours(24 * 30)};

// The kernel computes the range as (2^32 - 1) units, but the counter has 2^32 states: one wrap is
// the range and one unit more.
std::uint64_t unit_of(std::uint64_t range_uj) {
  constexpr std::uint64_t kSteps = 0xffffffff;
  return (range_uj + kSteps / 2) / kSteps;
}

}  // namespace

std::optional<Energy> energy_between(std::uint64_t before_uj, std::uint64_t now_uj,
                                     std::chrono::milliseconds elapsed,
                                     const CounterLimits& limits) {
  if (elapsed.count() < 0 || elapsed > kElapsedMax) return std::nullopt;
  const auto most = energy_of(limits.power_max, elapsed + kReadingSlack).microjoules();
  if (limits.range_uj > 0 && most > limits.range_uj) return std::nullopt;
  std::uint64_t advance = now_uj - before_uj;
  if (now_uj < before_uj) {
    if (before_uj > limits.range_uj) return std::nullopt;
    advance = now_uj + (limits.range_uj - before_uj) + unit_of(limits.range_uj);
  }
  if (advance > most) return std::nullopt;
  return Energy::microjoules(advance);
}

// From before the first read to after the second: no energy between them is taken for too much.
std::optional<Energy> CumulativeEnergy::since_last(std::uint64_t value_uj, const ReadTime& at,
                                                   const CounterLimits& limits) const {
  if (suspended_between(last_->at.before, at.after)) return std::nullopt;
  const auto longest = at.after.monotonic - last_->at.before.monotonic;
  return energy_between(last_->value_uj, value_uj,
                        std::chrono::ceil<std::chrono::milliseconds>(longest), limits);
}

void CumulativeEnergy::read(std::uint64_t value_uj, const ReadTime& at,
                            const CounterLimits& limits) {
  if (last_) {
    if (const auto used = since_last(value_uj, at, limits)) {
      total_ += *used;
    } else {
      ++unknown_intervals_;
    }
  }
  last_ = Reading{value_uj, at};
}

void CumulativeEnergy::lost() {
  if (last_) ++unknown_intervals_;
  last_.reset();
}

}  // namespace ecokube::agent
