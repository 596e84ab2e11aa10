#include "node-agent/sensors/power_model.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {

std::optional<CpuTimes> parse_cpu_times(std::string_view stat) {
  std::istringstream line{std::string(stat.substr(0, stat.find('\n')))};
  std::string word;
  if (!(line >> word) || word != "cpu") return std::nullopt;
  // user nice system idle iowait irq softirq steal; guest times are inside user already.
  constexpr int kFields = 8, kIdle = 3, kIoWait = 4;
  CpuTimes times;
  for (int field = 0; field < kFields; ++field) {
    std::uint64_t jiffies = 0;
    if (!(line >> jiffies)) return field > kIdle ? std::optional(times) : std::nullopt;
    (field == kIdle || field == kIoWait ? times.idle : times.busy) += jiffies;
  }
  return times;
}

PowerModel::PowerModel(std::filesystem::path procfs_root, Power idle, Power peak)
    : procfs_root_(std::move(procfs_root)), idle_(idle), peak_(std::max(idle, peak)) {}

void PowerModel::sample(std::chrono::nanoseconds at) {
  const auto file = read_small_file(procfs_root_ / "stat");
  const auto times = file.ok() ? parse_cpu_times(file.text) : std::nullopt;
  std::int64_t load_permille = 0;
  if (times && last_times_ && times->busy >= last_times_->busy &&
      times->idle >= last_times_->idle) {
    const auto busy = times->busy - last_times_->busy;
    const auto all = busy + times->idle - last_times_->idle;
    if (all > 0) load_permille = static_cast<std::int64_t>(busy * 1000 / all);
  }
  if (last_at_) {
    const auto span = (peak_ - idle_).milliwatts();
    const auto power = idle_ + Power::milliwatts(span * load_permille / 1000);
    total_ +=
        energy_of(power, std::chrono::duration_cast<std::chrono::milliseconds>(at - *last_at_));
  }
  last_at_ = at;
  last_times_ = times;
}

EnergyReading PowerModel::reading() const { return {"model", "node", total_, true, 0}; }

}  // namespace ecokube::agent
