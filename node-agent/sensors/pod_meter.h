#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/units.h"
#include "node-agent/sensors/attribute_file.h"
#include "node-agent/sensors/cpu_times.h"
#include "node-agent/sensors/power_meter.h"
#include "node-agent/sensors/sample_clock.h"

namespace ecokube::agent {

/// Energy since the agent's start. Active: what the machine draws because it works. Idle: what it
/// would draw anyway.
struct SplitEnergy {
  Energy active = Energy::microjoules(0);
  Energy idle = Energy::microjoules(0);
  bool operator==(const SplitEnergy&) const = default;
};

struct PodEnergy {
  std::string uid;
  SplitEnergy energy;
  bool operator==(const PodEnergy&) const = default;
};

struct PodMeterOptions {
  std::filesystem::path cgroup_root = "/sys/fs/cgroup";
  std::filesystem::path procfs_root = "/proc";
  std::optional<Power> idle;  ///< of the whole machine
};

/// An estimate: a node's energy over a while, divided among its pods by their share of the CPU time
/// that the machine worked. What the rest of the system used stays with the node.
class PodMeter {
 public:
  explicit PodMeter(PodMeterOptions options);

  /// Divides what `node` gained since the last call. Nothing is divided over a change of source.
  void sample(const NodeEnergy& node, SampleClock& clock);

  /// By UID. Pods that ended are still there for ten minutes, so that their last figure is told.
  [[nodiscard]] std::vector<PodEnergy> pods() const;
  [[nodiscard]] const SplitEnergy& node() const { return node_; }
  [[nodiscard]] PowerSource source() const { return source_; }
  /// Rises with each sample; 0: none yet.
  [[nodiscard]] std::uint64_t samples() const { return samples_; }

 private:
  struct Pod {
    AttributeFile cpu_stat;
    std::optional<std::uint64_t> used_us;
    std::uint64_t used_now_us = 0;  // in this interval
    SplitEnergy energy;
    std::optional<std::chrono::nanoseconds> gone_at;  // monotonic
  };

  void find_pods(const Stamp& now);
  [[nodiscard]] std::uint64_t read_usage();
  [[nodiscard]] std::optional<CpuTimes> read_times();
  [[nodiscard]] SplitEnergy split(Energy energy, const NodeEnergy& node, const CpuTimes& before,
                                  const CpuTimes& now, std::chrono::nanoseconds elapsed) const;

  PodMeterOptions options_;
  AttributeFile stat_;
  std::map<std::string, Pod> pods_;
  SplitEnergy node_;
  std::optional<NodeEnergy> last_;
  std::optional<CpuTimes> last_times_;
  Stamp last_at_;
  PowerSource source_ = PowerSource::none;
  std::uint64_t samples_ = 0;
};

}  // namespace ecokube::agent
