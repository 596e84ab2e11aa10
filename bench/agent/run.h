#pragma once

#include "bench/agent/options.h"
#include "common/error.h"

namespace ecokube::bench {

/// What the agent costs a machine that runs `options.pods` pods, beside prometheus-node-exporter
/// with its rapl collector over the same files in the same time. Prints a table and writes
/// `options.output`.
[[nodiscard]] Result<void> run_agent_bench(const AgentOptions& options);

}  // namespace ecokube::bench
