#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "bench/agent/options.h"
#include "bench/process_cost.h"
#include "common/error.h"

namespace ecokube::bench {

struct ProgramFigures {
  MemoryCost memory;
  double cpu_percent = 0;  ///< of one core
  double wakeups_per_s = 0;
  std::int64_t threads = 0;
};

struct AgentFigures {
  ProgramFigures ours;
  ProgramFigures bare_waker;  ///< wakes once a second and does nothing
  std::map<std::string, ProgramFigures> peers;
  std::size_t heartbeats = 0;                  ///< that arrived while it was measured
  std::size_t scrapes = 0;                     ///< that each peer answered in the same time
  std::map<std::string, std::string> missing;  ///< peers that were not measured, and why
  std::size_t processes = 0;  ///< on this machine: some peers share the energy out among them
};

/// Writes the figures as JSON and prints a table of them.
[[nodiscard]] Result<void> report(const AgentOptions& options, const AgentFigures& figures);

}  // namespace ecokube::bench
