#pragma once

#include <string>

#include "node-agent/config.h"

namespace ecokube::agent {

/// Runs the agent until SIGTERM or SIGINT. Returns the exit code; 2 for a wrong configuration.
[[nodiscard]] int run_agent(const Config& config, const std::string& version);

/// Loads what the configuration names (certificates, key) and says the first that is wrong.
[[nodiscard]] Result<void> check_files(const Config& config);

}  // namespace ecokube::agent
