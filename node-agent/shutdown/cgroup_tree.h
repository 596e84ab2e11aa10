#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "common/error.h"

namespace ecokube::agent {

/// One cgroup, as the walk comes to it.
struct Cgroup {
  std::filesystem::path folder;
  std::string path;  ///< below the root, with a leading '/'
  std::string name;  ///< its last part
};

/// Walks the tree below `root` (v2, or every hierarchy of v1) from the top; goes below a cgroup
/// when `visit` says true. A cgroup that ends meanwhile is passed over; one that cannot be looked
/// at, or more than kCgroupsMax of them, is an error: nothing may be concluded then.
[[nodiscard]] Result<void> walk_cgroups(const std::filesystem::path& root,
                                        const std::function<Result<bool>(const Cgroup&)>& visit);
inline constexpr int kCgroupsMax = 20'000;

/// Whether a process lives in it or below: cgroup.events of v2, else cgroup.procs of all below.
[[nodiscard]] Result<bool> is_populated(const std::filesystem::path& folder);

}  // namespace ecokube::agent
