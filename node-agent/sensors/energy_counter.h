#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/units.h"
#include "node-agent/sensors/sample_clock.h"

namespace ecokube::agent {

/// What is known of one powercap counter: it counts microjoules from 0 to `range_uj` and starts
/// again, and nothing behind it can draw more than `power_max`.
struct CounterLimits {
  std::uint64_t range_uj = 0;  ///< max_energy_range_uj; 0: unknown, then it never wraps
  Power power_max = Power::watts(1000);
};

/// Energy between two readings, `elapsed` apart. A counter that fell has wrapped only when the
/// energy it then stands for could have been drawn in that time; else it was reset (firmware, a
/// module loaded anew) and the interval is unknown (nullopt), as is a rise beyond `power_max` and a
/// time in which `power_max` would go round once: that is half the time of a wrap, as `power_max`
/// is twice what the zone says of itself. Never negative, never a spike.
[[nodiscard]] std::optional<Energy> energy_between(std::uint64_t before_uj, std::uint64_t now_uj,
                                                   std::chrono::milliseconds elapsed,
                                                   const CounterLimits& limits);

/// One counter made cumulative: 64-bit microjoules since the first reading.
class CumulativeEnergy {
 public:
  /// The first reading, and the first after lost(), only sets the mark. An interval in which the
  /// machine was suspended is unknown: the counter may have stood still, gone on or been reset.
  void read(std::uint64_t value_uj, const ReadTime& at, const CounterLimits& limits);
  /// The counter could not be read: the interval up to the next reading is unknown.
  void lost();

  [[nodiscard]] Energy total() const { return total_; }
  [[nodiscard]] std::uint64_t unknown_intervals() const { return unknown_intervals_; }

 private:
  struct Reading {
    std::uint64_t value_uj;
    ReadTime at;
  };
  [[nodiscard]] std::optional<Energy> since_last(std::uint64_t value_uj, const ReadTime& at,
                                                 const CounterLimits& limits) const;

  std::optional<Reading> last_;
  Energy total_ = Energy::microjoules(0);
  std::uint64_t unknown_intervals_ = 0;
};

}  // namespace ecokube::agent
