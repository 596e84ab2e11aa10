#include "coordinator/core/break_even.h"

#include <algorithm>
#include <cstdint>

#include "coordinator/core/watts.h"

namespace ecokube::core {
namespace {

constexpr Duration kLeast{std::chrono::minutes(1)};
constexpr Duration kMost{std::chrono::hours(1)};
constexpr Duration kUnknown{std::chrono::minutes(10)};
constexpr std::int64_t kPeakByIdle = 3;

Duration median(std::vector<Duration> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

}  // namespace

// (booting - off) / (idle - off) with off = idle / 10, booting = idle + 3/10 (peak - idle).
std::optional<Duration> break_even(const Policy& policy, const Node& node) {
  if (node.boot_times.empty()) return std::nullopt;
  std::int64_t idle = 1;
  std::int64_t peak = kPeakByIdle;
  const auto known = known_peak(policy, node);
  if (node.inventory.idle && known && node.inventory.idle->milliwatts() > 0) {
    idle = node.inventory.idle->milliwatts();
    peak = std::max(idle, known->milliwatts());
  }
  return median(node.boot_times) * (2 * idle + peak) / (3 * idle);
}

Duration unneeded_time(const Policy& policy, const Pool& pool, const Node& node) {
  if (pool.unneeded_time) return *pool.unneeded_time;
  const auto learned = break_even(policy, node);
  return learned ? std::clamp(*learned, kLeast, kMost) : kUnknown;
}

}  // namespace ecokube::core
