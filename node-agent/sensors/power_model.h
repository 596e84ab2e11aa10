#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "common/units.h"
#include "node-agent/sensors/attribute_file.h"
#include "node-agent/sensors/cpu_times.h"
#include "node-agent/sensors/sample_clock.h"

namespace ecokube::agent {

/// Power estimated from configured idle and peak watts by CPU load, where nothing measures it.
/// Without a readable /proc/stat the machine counts as idle.
class PowerModel {
 public:
  PowerModel(std::filesystem::path procfs_root, Power idle, Power peak);

  /// A time in which the machine was suspended is an unknown interval.
  void sample(SampleClock& clock);
  /// It is not asked for now: the time until the next sample() is not counted.
  void pause() { last_at_.reset(); }

  [[nodiscard]] Energy total() const { return total_; }
  [[nodiscard]] std::uint64_t unknown_intervals() const { return unknown_intervals_; }

 private:
  [[nodiscard]] std::optional<CpuTimes> read_times();

  std::filesystem::path stat_path_;
  AttributeFile stat_;
  Power idle_, peak_;
  std::optional<ReadTime> last_at_;
  std::optional<CpuTimes> last_times_;
  Energy total_ = Energy::microjoules(0);
  std::uint64_t unknown_intervals_ = 0;
};

}  // namespace ecokube::agent
