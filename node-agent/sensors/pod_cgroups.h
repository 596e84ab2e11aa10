#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ecokube::agent {

/// A pod's cgroup and the UID that its folder names. A static pod's is the hash of its file.
struct PodCgroup {
  std::string uid;
  std::string folder;
  bool operator==(const PodCgroup&) const = default;
};

/// UID of a pod by its cgroup's name, of the systemd driver ("kubepods-burstable-pod<uid>.slice",
/// with '_' for '-') or of cgroupfs ("pod<uid>"); empty for others.
[[nodiscard]] std::string pod_uid_of(std::string_view cgroup_name);

/// The pods' cgroups below a cgroup v2 root, by UID: of the kubelet's kubepods, at the root or
/// below the kubelet's own cgroup. None where the hierarchy is of version 1.
[[nodiscard]] std::vector<PodCgroup> find_pod_cgroups(const std::filesystem::path& cgroup_root);

}  // namespace ecokube::agent
