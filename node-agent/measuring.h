#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ecokube/v1/agent.pb.h"
#include "node-agent/config.h"
#include "node-agent/sensors/pod_meter.h"
#include "node-agent/sensors/power_meter.h"
#include "node-agent/sensors/sample_clock.h"

namespace ecokube::agent {

/// The node's sensors together: sampled in step, told in heartbeats and to who asks on this
/// machine.
class Measuring {
 public:
  explicit Measuring(const Config& config);

  /// At each tick of the sampling. Allocates nothing but when it looks for zones or pods.
  void sample();
  /// So that what is read beside it now is of the same time.
  void sample_unless_fresh();
  /// `now` is CLOCK_BOOTTIME. Within a second of the last writing the same energy is told again,
  /// whoever asks: a finer figure tells what the CPU works on (CVE-2020-8694).
  void write(v1::Heartbeat& heartbeat, std::chrono::nanoseconds now);
  /// Writes the pods' energy unless it was told up to `samples_told`, and returns what is told now.
  [[nodiscard]] std::uint64_t write_pods(v1::Heartbeat& heartbeat,
                                         std::uint64_t samples_told) const;

  [[nodiscard]] const PowerMeter& meter() const { return meter_; }
  [[nodiscard]] const PodMeter& pods() const { return pods_; }
  /// Mean over the last second or more; absent: not known.
  [[nodiscard]] std::optional<Power> power() const { return power_; }
  [[nodiscard]] std::chrono::nanoseconds since() const { return since_; }  ///< CLOCK_BOOTTIME

 private:
  void update_power(const Stamp& now);

  KernelClock clock_;
  std::chrono::nanoseconds pod_interval_, since_;
  std::chrono::nanoseconds pods_due_{}, sampled_at_{};  // CLOCK_BOOTTIME
  PowerMeter meter_;
  PodMeter pods_;
  std::optional<Power> power_;
  NodeEnergy power_from_;
  std::optional<Stamp> power_from_at_;
  std::vector<EnergyReading> told_;
  std::optional<std::chrono::nanoseconds> told_at_;
  std::int64_t told_at_uptime_ms_ = 0;
};

}  // namespace ecokube::agent
