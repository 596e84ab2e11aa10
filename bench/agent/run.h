#pragma once

#include "bench/agent/options.h"
#include "common/error.h"

namespace ecokube::bench {

/// What the agent costs a machine that runs `options.pods` pods, beside peers that read the energy
/// of the same files in the same time. A peer that can't be run here is left out, with the reason.
/// Prints a table and writes `options.output`.
[[nodiscard]] Result<void> run_agent_bench(const AgentOptions& options);

}  // namespace ecokube::bench
