#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace ecokube::agent {

/// The pod whose cgroup this is, by the path that kubelet gives it below the root of the tree:
/// "/kubepods/burstable/pod<uid>" (driver cgroupfs) or
/// "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice" (driver systemd,
/// which writes '-' as '_'). nullopt: it is no pod's. A static pod is known by the hash of its
/// manifest.
[[nodiscard]] std::optional<std::string> pod_of_cgroup(std::string_view path);

/// The UIDs of the pods that have a process on this machine, sorted: what the kernel knows, and not
/// what anybody says (S20).
[[nodiscard]] Result<std::vector<std::string>> living_pods(
    const std::filesystem::path& cgroup_root);

}  // namespace ecokube::agent
