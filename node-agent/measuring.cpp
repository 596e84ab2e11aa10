#include "node-agent/measuring.h"

#include "common/boot_clock.h"
#include "common/log.h"

namespace ecokube::agent {
namespace {

/// A second, less what a timer may be early.
constexpr std::chrono::milliseconds kFinest{990};
constexpr std::chrono::milliseconds kFresh{20};  // an uptime is told in hundredths of a second

PowerMeterOptions meter_options(const Config& config) {
  return {config.roots.sysfs, config.roots.procfs, config.idle, config.peak, config.hwmon_chip};
}

PodMeterOptions pod_options(const Config& config) {
  return {config.roots.cgroup, config.roots.procfs, config.idle};
}

}  // namespace

Measuring::Measuring(const Config& config)
    : pod_interval_(config.pod_interval),
      since_(boottime_now()),
      meter_(meter_options(config), clock_),
      pods_(pod_options(config)) {}

void Measuring::sample() {
  meter_.sample();
  for (const auto& problem : meter_.take_problems()) log::warn("{}", problem);
  const auto now = clock_.now();
  sampled_at_ = now.boottime;
  update_power(now);
  if (now.boottime < pods_due_) return;
  pods_due_ = now.boottime + pod_interval_;
  pods_.sample(meter_.node(), clock_);
}

void Measuring::sample_unless_fresh() {
  if (clock_.now().boottime - sampled_at_ > kFresh) sample();
}

void Measuring::update_power(const Stamp& now) {
  const auto node = meter_.node();
  const bool same = power_from_at_ && node.source == power_from_.source &&
                    node.unknown_intervals == power_from_.unknown_intervals &&
                    node.total >= power_from_.total && node.source != PowerSource::none;
  const auto elapsed =
      power_from_at_ ? now.monotonic - power_from_at_->monotonic : std::chrono::nanoseconds(0);
  if (same && elapsed < kFinest) return;
  power_.reset();
  if (same) {
    power_ =
        mean_power(Energy::microjoules(node.total.microjoules() - power_from_.total.microjoules()),
                   std::chrono::round<std::chrono::milliseconds>(elapsed));
  }
  power_from_ = node;
  power_from_at_ = now;
}

void Measuring::write(v1::Heartbeat& heartbeat, std::chrono::nanoseconds now) {
  if (!told_at_ || now - *told_at_ >= kFinest) {
    told_ = meter_.readings();
    told_at_ = now;
    told_at_uptime_ms_ = heartbeat.uptime_ms();
  }
  heartbeat.set_power_source(std::string(to_string(meter_.node().source)));
  heartbeat.set_power_problem(meter_.why_not_measured());
  heartbeat.set_energy_since_ms(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_).count());
  heartbeat.set_energy_at_ms(told_at_uptime_ms_);
  for (const auto& reading : told_) {
    auto& counter = *heartbeat.add_energy();
    counter.set_source(std::string(to_string(reading.source)));
    counter.set_domain(reading.domain);
    counter.set_microjoules(reading.energy.microjoules());
    counter.set_counts_for_node(reading.counts_for_node);
    counter.set_unknown_intervals(reading.unknown_intervals);
  }
}

std::uint64_t Measuring::write_pods(v1::Heartbeat& heartbeat, std::uint64_t samples_told) const {
  if (pods_.samples() == samples_told) return samples_told;
  auto& message = *heartbeat.mutable_pods();
  message.set_source(std::string(to_string(pods_.source())));
  message.set_node_active_microjoules(pods_.node().active.microjoules());
  message.set_node_idle_microjoules(pods_.node().idle.microjoules());
  for (const auto& pod : pods_.pods()) {
    auto& entry = *message.add_pods();
    entry.set_uid(pod.uid);
    entry.set_active_microjoules(pod.energy.active.microjoules());
    entry.set_idle_microjoules(pod.energy.idle.microjoules());
  }
  return pods_.samples();
}

}  // namespace ecokube::agent
