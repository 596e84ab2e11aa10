#pragma once

#include <chrono>
#include <cstdint>

#include "common/error.h"

namespace ecokube::bench {

/// What a process holds of the memory, as /proc/PID/smaps_rollup says (proc(5)).
struct MemoryCost {
  std::int64_t private_kb = 0;  ///< pages that nobody else maps
  std::int64_t pss_kb = 0;      ///< the same, and its share of the pages that others map too
  std::int64_t rss_kb = 0;      ///< every page it maps
};
[[nodiscard]] Result<MemoryCost> memory_cost(int pid);

/// What all its threads have used since they began; a thread that ended is not counted any more.
struct WorkCost {
  std::chrono::nanoseconds cpu{};
  std::int64_t wakeups = 0;  ///< times a thread went to wait and was run again
  std::int64_t threads = 0;
};
[[nodiscard]] Result<WorkCost> work_cost(int pid);

}  // namespace ecokube::bench
