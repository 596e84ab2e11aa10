#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/units.h"
#include "node-agent/sensors/power_model.h"
#include "node-agent/sensors/powercap.h"

namespace ecokube::agent {

struct PowerMeterOptions {
  std::filesystem::path sysfs_root = "/sys";
  std::filesystem::path procfs_root = "/proc";
  std::optional<Power> idle, peak;  ///< both: the model may stand in
};

/// The node's energy by the best source there is: measured by powercap, else the model.
class PowerMeter {
 public:
  explicit PowerMeter(const PowerMeterOptions& options);

  void sample(std::chrono::nanoseconds at);
  [[nodiscard]] std::vector<EnergyReading> readings() const;
  /// For the log, each said once.
  [[nodiscard]] std::vector<std::string> take_problems() { return powercap_.take_problems(); }

 private:
  Powercap powercap_;
  std::optional<PowerModel> model_;
};

}  // namespace ecokube::agent
