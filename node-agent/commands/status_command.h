#pragma once

#include <filesystem>

#include "common/error.h"

namespace ecokube::agent {

struct StatusCommand {
  std::filesystem::path config = "/etc/ecokube/agent.toml";
  std::filesystem::path socket;  ///< empty: the one the configuration names
  bool json = false;
};

/// Asks the running agent over its socket and prints the answer. Returns 0 when a coordinator is
/// connected, else 1.
[[nodiscard]] Result<int> run_status(const StatusCommand& command);

}  // namespace ecokube::agent
