#pragma once

#include <string>

#include "node-agent/config.h"

namespace ecokube::agent {

/// Runs the agent until SIGTERM or SIGINT. Returns the exit code; 2 for a wrong configuration.
[[nodiscard]] int run_agent(const Config& config, const std::string& version);

}  // namespace ecokube::agent
