#include "node-agent/sensors/pod_meter.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "node-agent/sensors/pod_cgroups.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

constexpr std::size_t kPodsMetered = 512;
constexpr std::chrono::minutes kKeepEnded{10};

// "usage_usec 123" is the first line of cpu.stat.
std::optional<std::uint64_t> parse_usage(std::string_view text) {
  constexpr std::string_view kKey = "usage_usec ";
  if (!text.starts_with(kKey)) return std::nullopt;
  text.remove_prefix(kKey.size());
  return parse_number(text.substr(0, text.find('\n')));
}

Energy share_of(Energy energy, std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return Energy::microjoules(0);
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  return Energy::microjoules(
      static_cast<std::uint64_t>(static_cast<double>(energy.microjoules()) * share));
}

std::uint64_t microseconds_of(std::uint64_t jiffies) {
  static const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return jiffies * 1'000'000 / per_second;
}

}  // namespace

PodMeter::PodMeter(PodMeterOptions options) : options_(std::move(options)) {}

void PodMeter::find_pods(const Stamp& now) {
  auto found = find_pod_cgroups(options_.cgroup_root);
  auto next = found.begin();  // both go by UID
  for (auto& [uid, pod] : pods_) {
    next = std::find_if(next, found.end(), [&](const auto& cgroup) { return cgroup.uid >= uid; });
    const bool there = next != found.end() && next->uid == uid;
    if (!there && !pod.gone_at) pod.gone_at = now.monotonic;
    if (!there) pod.cpu_stat.close();
  }
  std::erase_if(pods_, [&](const auto& entry) {
    return entry.second.gone_at && now.monotonic - *entry.second.gone_at > kKeepEnded;
  });
  for (auto& cgroup : found) {
    if (pods_.size() >= kPodsMetered && !pods_.contains(cgroup.uid)) continue;
    auto& pod = pods_[cgroup.uid];
    if (pod.cpu_stat.is_open()) continue;
    pod.gone_at.reset();
    if (pod.cpu_stat.open((cgroup.folder + "/cpu.stat").c_str()) != 0) continue;
    // A pod that began after our last look: all that it used is of this interval.
    if (samples_ > 0) pod.used_us = 0;
  }
}

// Returns the sum over the pods.
std::uint64_t PodMeter::read_usage() {
  std::uint64_t sum = 0;
  for (auto& [uid, pod] : pods_) {
    pod.used_now_us = 0;
    std::array<char, 256> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const auto [text, error] = pod.cpu_stat.read(buffer.data(), buffer.size());
    if (error != 0) {
      pod.cpu_stat.close();
      continue;
    }
    const auto used = parse_usage(text);
    if (used && pod.used_us && *used >= *pod.used_us) pod.used_now_us = *used - *pod.used_us;
    if (used) pod.used_us = used;
    sum += pod.used_now_us;
  }
  return sum;
}

std::optional<CpuTimes> PodMeter::read_times() {
  if (!stat_.is_open() && stat_.open((options_.procfs_root / "stat").c_str()) != 0) {
    return std::nullopt;
  }
  std::array<char, 256> beginning;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const auto [text, error] = stat_.read(beginning.data(), beginning.size());
  if (error != 0) stat_.close();
  return parse_cpu_times(text);
}

// The configured idle power is the whole machine's, which RAPL does not measure: there the share of
// time in which the CPUs had nothing to do stands for it.
SplitEnergy PodMeter::split(Energy energy, const NodeEnergy& node, const CpuTimes& before,
                            const CpuTimes& now, std::chrono::nanoseconds elapsed) const {
  const auto total = energy.microjoules();
  Energy idle = energy;
  if (options_.idle && node.source != PowerSource::rapl) {
    idle = std::min(
        energy, energy_of(*options_.idle, std::chrono::round<std::chrono::milliseconds>(elapsed)));
  } else if (const auto busy = busy_permille(before, now)) {
    idle = share_of(energy, static_cast<std::uint64_t>(1000 - *busy), 1000);
  }
  return {Energy::microjoules(total - idle.microjoules()), idle};
}

void PodMeter::sample(const NodeEnergy& node, SampleClock& clock) {
  const auto now = clock.now();
  find_pods(now);
  const auto pods_us = read_usage();
  const auto times = read_times();
  const bool comparable = last_ && last_times_ && times && last_->source == node.source &&
                          node.total >= last_->total && times->busy >= last_times_->busy;
  if (comparable && node.source != PowerSource::none) {
    const auto gained = Energy::microjoules(node.total.microjoules() - last_->total.microjoules());
    const auto parts =
        split(gained, node, *last_times_, *times, now.monotonic - last_at_.monotonic);
    node_.active += parts.active;
    node_.idle += parts.idle;
    // The machine's time is counted by ticks, the pods' exactly: theirs may be a little more.
    const auto whole_us = std::max(pods_us, microseconds_of(times->busy - last_times_->busy));
    for (auto& [uid, pod] : pods_) {
      pod.energy.active += share_of(parts.active, pod.used_now_us, whole_us);
      pod.energy.idle += share_of(parts.idle, pod.used_now_us, whole_us);
    }
  }
  last_ = node;
  last_times_ = times;
  last_at_ = now;
  source_ = node.source;
  ++samples_;
}

std::vector<PodEnergy> PodMeter::pods() const {
  std::vector<PodEnergy> list;
  list.reserve(pods_.size());
  for (const auto& [uid, pod] : pods_) list.push_back({uid, pod.energy});
  return list;
}

}  // namespace ecokube::agent
