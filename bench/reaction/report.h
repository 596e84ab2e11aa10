#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "bench/reaction/options.h"
#include "bench/spread.h"
#include "common/error.h"

namespace ecokube::bench {

/// What was measured; README of the figures: docs/performance.md.
struct ReactionFigures {
  Spread pending_to_packet;
  Spread watch_event_to_packet;
  Spread last_pod_event_to_decision;
  Spread last_pod_event_to_mark;
  Spread last_pod_to_shutdown;
  Spread poll_loop;
  Spread api_read;  ///< one request of the bench's own, to see what the API server takes
  std::size_t false_wakes = 0;  ///< machines that got a packet before anybody needed them
  std::int64_t coordinator_rss_kb = 0;
  double coordinator_cpu_percent_at_rest = 0;  ///< of one core; only heartbeats come
};

/// Writes the figures as JSON and prints a table of them.
[[nodiscard]] Result<void> report(const ReactionOptions& options, const ReactionFigures& figures);

}  // namespace ecokube::bench
