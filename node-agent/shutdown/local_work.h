#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/error.h"

namespace ecokube::agent {

/// What else than pods keeps this machine on while it lives; [keep_on] of agent.toml (S20).
struct KeepOn {
  /// Names of units ("backup.service", "docker-*.scope"), or paths of cgroups when they begin with
  /// '/' ("/docker/*"): alive while a process is in them. '*' and '?' as in a shell.
  std::vector<std::string> units;
  std::vector<std::filesystem::path> mounts;  ///< alive while something is mounted there
  std::vector<std::filesystem::path> locks;   ///< alive while somebody holds a lock on the file
};

/// What lives of it, in words; empty: nothing does. What cannot be looked at counts as alive.
[[nodiscard]] std::string local_work(const KeepOn& keep_on,
                                     const std::filesystem::path& cgroup_root,
                                     const std::filesystem::path& procfs_root);

}  // namespace ecokube::agent
