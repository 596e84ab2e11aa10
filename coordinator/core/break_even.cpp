#include "coordinator/core/break_even.h"

#include <algorithm>
#include <cstdint>

#include "coordinator/core/quantile.h"
#include "coordinator/core/watts.h"

namespace ecokube::core {
namespace {

constexpr Duration kLeast{std::chrono::minutes(1)};
constexpr Duration kMost{std::chrono::hours(1)};
constexpr Duration kUnknown{std::chrono::minutes(10)};
constexpr std::int64_t kPeakByIdle = 3;

}  // namespace

// (booting - off) / (idle - off) with off = idle / 10, booting = idle + 3/10 (peak - idle).
std::optional<Duration> break_even(const Policy& policy, const Node& node) {
  const auto boot = quantile(node.boot_times, 50);
  if (!boot) return std::nullopt;
  std::int64_t idle = 1;
  std::int64_t peak = kPeakByIdle;
  const auto known = known_peak(policy, node);
  if (node.inventory.idle && known && node.inventory.idle->milliwatts() > 0) {
    idle = node.inventory.idle->milliwatts();
    peak = std::max(idle, known->milliwatts());
  }
  return *boot * (2 * idle + peak) / (3 * idle);
}

Duration unneeded_time(const Policy& policy, const Pool& pool, const Node& node) {
  if (pool.unneeded_time) return *pool.unneeded_time;
  const auto learned = break_even(policy, node);
  return learned ? std::clamp(*learned, kLeast, kMost) : kUnknown;
}

}  // namespace ecokube::core
