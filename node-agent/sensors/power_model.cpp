#include "node-agent/sensors/power_model.h"

#include <algorithm>
#include <array>

namespace ecokube::agent {

PowerModel::PowerModel(std::filesystem::path procfs_root, Power idle, Power peak)
    : stat_path_(std::move(procfs_root) / "stat"), idle_(idle), peak_(std::max(idle, peak)) {}

std::optional<CpuTimes> PowerModel::read_times() {
  if (!stat_.is_open() && stat_.open(stat_path_.c_str()) != 0) return std::nullopt;
  std::array<char, 256> beginning;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const auto [text, error] = stat_.read(beginning.data(), beginning.size());
  if (error != 0) stat_.close();
  return parse_cpu_times(text);
}

void PowerModel::sample(SampleClock& clock) {
  const auto before = clock.now();
  const auto times = read_times();
  const ReadTime at{before, clock.now()};
  if (last_at_) {
    const auto load =
        times && last_times_ ? busy_permille(*last_times_, *times).value_or(0) : std::int64_t{0};
    const auto elapsed =
        std::chrono::round<std::chrono::milliseconds>(elapsed_between(*last_at_, at));
    if (elapsed.count() < 0 || suspended_between(last_at_->before, at.after)) {
      ++unknown_intervals_;
    } else {
      const auto span = (peak_ - idle_).milliwatts();
      total_ += energy_of(idle_ + Power::milliwatts(span * load / 1000), elapsed);
    }
  }
  last_at_ = at;
  last_times_ = times;
}

}  // namespace ecokube::agent
