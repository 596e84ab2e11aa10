#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "common/units.h"
#include "node-agent/sensors/powercap.h"

namespace ecokube::agent {

/// Jiffies of all CPUs since boot, from the first line of /proc/stat.
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t idle = 0;
};
[[nodiscard]] std::optional<CpuTimes> parse_cpu_times(std::string_view stat);

/// Power estimated from configured idle and peak watts by CPU load, where nothing measures it.
/// Always marked "model". Without a readable /proc/stat the machine counts as idle.
class PowerModel {
 public:
  PowerModel(std::filesystem::path procfs_root, Power idle, Power peak);

  void sample(std::chrono::nanoseconds at);
  [[nodiscard]] EnergyReading reading() const;

 private:
  std::filesystem::path procfs_root_;
  Power idle_, peak_;
  std::optional<std::chrono::nanoseconds> last_at_;
  std::optional<CpuTimes> last_times_;
  Energy total_ = Energy::microjoules(0);
};

}  // namespace ecokube::agent
