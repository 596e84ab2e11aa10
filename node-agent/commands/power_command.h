#pragma once

#include <chrono>
#include <filesystem>

#include "common/error.h"

namespace ecokube::agent {

struct PowerCommand {
  bool watch = false;
  bool json = false;
  double interval_s = 1;
  std::filesystem::path sysfs_root = "/sys";
};

/// Prints what the machine's zones draw: once, or again each interval until it is ended. Needs
/// neither configuration nor a running agent. Returns 1 when nothing measures this machine.
[[nodiscard]] Result<int> run_power(const PowerCommand& command);

}  // namespace ecokube::agent
