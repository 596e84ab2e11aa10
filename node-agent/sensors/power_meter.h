#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/units.h"
#include "node-agent/sensors/energy_reading.h"
#include "node-agent/sensors/hwmon_meter.h"
#include "node-agent/sensors/power_model.h"
#include "node-agent/sensors/powercap.h"
#include "node-agent/sensors/sample_clock.h"

namespace ecokube::agent {

struct PowerMeterOptions {
  std::filesystem::path sysfs_root = "/sys";
  std::filesystem::path procfs_root = "/proc";
  std::optional<Power> idle, peak;  ///< both: the model may stand in
  std::string hwmon_chip = "power_meter";
};

/// The node's energy since the start, by the best source there is now. Each source counts by
/// itself, so totals of two sources can't be compared.
struct NodeEnergy {
  PowerSource source = PowerSource::none;
  Energy total = Energy::microjoules(0);
  std::uint64_t unknown_intervals = 0;
};

/// The node's energy by the best source there is: a meter of the machine, psys, the CPUs' counters,
/// the model, in this order.
class PowerMeter {
 public:
  /// `clock` must outlive it.
  PowerMeter(const PowerMeterOptions& options, SampleClock& clock);

  /// Allocates nothing, but where powercap looks for zones.
  void sample();
  [[nodiscard]] NodeEnergy node() const;
  [[nodiscard]] std::vector<EnergyReading> readings() const;
  [[nodiscard]] std::vector<ZoneView> zones() const { return powercap_.zones(); }
  [[nodiscard]] bool denied() const { return powercap_.denied(); }
  [[nodiscard]] const HwmonMeter& hwmon() const { return hwmon_; }
  /// One sentence on why nothing is measured; empty when something is.
  [[nodiscard]] std::string why_not_measured() const;
  /// For the log, each said once.
  [[nodiscard]] std::vector<std::string> take_problems() { return powercap_.take_problems(); }

 private:
  [[nodiscard]] PowerSource choose() const;

  SampleClock& clock_;
  HwmonMeter hwmon_;
  Powercap powercap_;
  std::optional<PowerModel> model_;
  PowerSource source_ = PowerSource::none;
};

}  // namespace ecokube::agent
