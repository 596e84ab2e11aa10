#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/units.h"

namespace ecokube::agent {

/// What is known of one powercap counter: it counts microjoules from 0 to `range_uj` and starts
/// again, and nothing behind it can draw more than `power_max`.
struct CounterLimits {
  std::uint64_t range_uj = 0;  ///< max_energy_range_uj; 0: unknown, then it never wraps
  Power power_max = Power::watts(1000);
};

/// Energy between two readings, `elapsed` apart. A counter that fell has wrapped only when the
/// energy it then stands for could have been drawn in that time; else it was reset (suspend,
/// firmware) and the interval is unknown (nullopt), as is a rise beyond `power_max` and a time so
/// long that more than one wrap is possible. Never negative, never a spike.
[[nodiscard]] std::optional<Energy> energy_between(std::uint64_t before_uj, std::uint64_t now_uj,
                                                   std::chrono::milliseconds elapsed,
                                                   const CounterLimits& limits);

/// One counter made cumulative: 64-bit microjoules since the first reading.
class CumulativeEnergy {
 public:
  /// `at` is CLOCK_BOOTTIME. The first reading, and the first after lost(), only sets the mark.
  void read(std::uint64_t value_uj, std::chrono::nanoseconds at, const CounterLimits& limits);
  /// The counter could not be read: the interval up to the next reading is unknown.
  void lost();

  [[nodiscard]] Energy total() const { return total_; }
  [[nodiscard]] std::uint64_t unknown_intervals() const { return unknown_intervals_; }

 private:
  struct Reading {
    std::uint64_t value_uj;
    std::chrono::nanoseconds at;
  };
  std::optional<Reading> last_;
  Energy total_ = Energy::microjoules(0);
  std::uint64_t unknown_intervals_ = 0;
};

}  // namespace ecokube::agent
