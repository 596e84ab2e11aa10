#pragma once

#include <cstdint>

#include "common/policy_clock.h"
#include "common/units.h"
#include "lab/machine/power_machine.h"

namespace ecokube::lab {

/// What the machine draws. The defaults are a mini-PC.
struct PowerModel {
  Power idle = Power::watts(8);
  Power peak = Power::watts(28);
  Power off = Power::milliwatts(800);  ///< standby: the network card listens
  std::int64_t cpu_millicores = 1300;  ///< pods that ask for so much draw the peak
};

/// Draw in a state with pods asking for `busy_millicores`; a boot draws the peak.
[[nodiscard]] Power draw(const PowerModel& model, PowerState state, std::int64_t busy_millicores);

/// Integrates the draw. `total` counts for ever, `counter` is what a powercap zone would show: from
/// 0 at each boot, standing while off, and wrapping at its range.
class PowerMeter {
 public:
  PowerMeter(PowerModel model, std::uint64_t counter_range_uj, TimePoint start)
      : model_(model), range_uj_(counter_range_uj), at_(start) {}

  /// The machine was in `state` with so much work since the last call.
  void advance(TimePoint now, PowerState state, std::int64_t busy_millicores);
  void reset_counter() { since_boot_ = Energy::microjoules(0); }

  [[nodiscard]] Energy total() const { return total_; }
  [[nodiscard]] std::uint64_t counter_uj() const { return since_boot_.microjoules() % range_uj_; }
  /// The part of the counter that is cores: a sub-zone, contained in it.
  [[nodiscard]] std::uint64_t core_counter_uj() const;
  /// Seconds of full load so far: 10 s at half load count as 5.
  [[nodiscard]] double busy_seconds() const;
  [[nodiscard]] const PowerModel& model() const { return model_; }

 private:
  PowerModel model_;
  std::uint64_t range_uj_;
  TimePoint at_;
  Energy total_ = Energy::microjoules(0);
  Energy since_boot_ = Energy::microjoules(0);
  std::int64_t busy_millicore_ms_ = 0;
};

}  // namespace ecokube::lab
