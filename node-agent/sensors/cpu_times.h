#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ecokube::agent {

/// Jiffies of all CPUs since boot, from the first line of /proc/stat.
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t idle = 0;
};

/// `stat` may be only the beginning of the file.
[[nodiscard]] std::optional<CpuTimes> parse_cpu_times(std::string_view stat);

/// Share of the time between the two that the CPUs worked, in thousandths; nullopt when one of them
/// fell or no time passed.
[[nodiscard]] std::optional<std::int64_t> busy_permille(const CpuTimes& before,
                                                        const CpuTimes& now);

}  // namespace ecokube::agent
