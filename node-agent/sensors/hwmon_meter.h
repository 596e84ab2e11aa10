#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/units.h"
#include "node-agent/sensors/attribute_file.h"
#include "node-agent/sensors/sample_clock.h"

namespace ecokube::agent {

/// What a meter in microwatts says, or nullopt for what it says instead of "I do not know":
/// 0xFFFFFFFF milliwatts (ACPI), 0 W for a machine that runs us, more than `power_max`.
[[nodiscard]] std::optional<Power> plausible_power(std::uint64_t microwatts, Power power_max);

/// A meter of the whole machine in class/hwmon: ACPI's power_meter, or the chip that the
/// configuration names (a shunt on a board). Its power is summed up over time.
class HwmonMeter {
 public:
  /// `chip`: what the chip's file `name` says.
  HwmonMeter(std::filesystem::path sysfs_root, std::string chip, Power power_max);

  /// Reads the meter, not oftener than once a second: many ask a slow controller. Looks for it
  /// again each 10 s while there is none.
  void sample(SampleClock& clock);

  /// It gave a plausible figure in the last 5 s.
  [[nodiscard]] bool measures() const { return measures_; }
  [[nodiscard]] bool found() const { return file_.is_open(); }
  [[nodiscard]] std::optional<Power> power() const { return power_; }  ///< of the last good read
  [[nodiscard]] Energy total() const { return total_; }
  [[nodiscard]] std::uint64_t unknown_intervals() const { return unknown_intervals_; }

 private:
  void find(const Stamp& now);
  void take(Power power, const ReadTime& at);

  std::filesystem::path sysfs_root_;
  std::string chip_;
  Power power_max_;
  AttributeFile file_;
  std::optional<std::chrono::nanoseconds> looked_at_, read_at_;  // monotonic
  std::optional<ReadTime> good_at_;
  std::optional<Power> power_;
  bool measures_ = false;
  Energy total_ = Energy::microjoules(0);
  std::uint64_t unknown_intervals_ = 0;
};

}  // namespace ecokube::agent
