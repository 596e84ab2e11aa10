#include "node-agent/sensors/cpu_times.h"

#include <algorithm>

#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

std::optional<CpuTimes> parse_cpu_times(std::string_view stat) {
  const auto end = stat.find('\n');
  auto line = stat.substr(0, end);
  if (take_word(line) != "cpu") return std::nullopt;
  // user nice system idle iowait irq softirq steal; guest times are inside user already.
  constexpr int kFields = 8, kIdle = 3, kIoWait = 4;
  CpuTimes times;
  for (int field = 0; field < kFields; ++field) {
    const auto jiffies = parse_number(take_word(line));
    if (!jiffies) return field > kIdle ? std::optional(times) : std::nullopt;
    (field == kIdle || field == kIoWait ? times.idle : times.busy) += *jiffies;
  }
  return times;
}

std::optional<std::int64_t> busy_permille(const CpuTimes& before, const CpuTimes& now) {
  if (now.busy < before.busy || now.idle < before.idle) return std::nullopt;
  const auto busy = now.busy - before.busy;
  const auto all = busy + now.idle - before.idle;
  if (all == 0) return std::nullopt;
  return static_cast<std::int64_t>(busy * 1000 / all);
}

}  // namespace ecokube::agent
