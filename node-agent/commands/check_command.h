#pragma once

#include <filesystem>

#include "common/error.h"

namespace ecokube::agent {

struct CheckCommand {
  std::filesystem::path config = "/etc/ecokube/agent.toml";
  bool json = false;
};

/// Prints what on this machine would keep it from measuring, sleeping or waking, and how to mend
/// it. Changes nothing. Returns 1 when there is a problem; warnings are none.
[[nodiscard]] Result<int> run_check(const CheckCommand& command);

}  // namespace ecokube::agent
