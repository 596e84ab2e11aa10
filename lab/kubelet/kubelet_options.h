#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/policy_clock.h"
#include "coordinator/core/cluster_facts.h"

namespace ecokube::lab {

struct KubeletOptions {
  std::filesystem::path kubeconfig;
  std::string node_name;
  std::string cpu = "1";  ///< quantities, as the Node object shall say them
  std::string memory = "1Gi";
  std::int64_t max_pods = 20;
  std::filesystem::path procfs_root = "/proc";
  std::filesystem::path cgroup_root;  ///< empty: the pods' cgroups are not kept
  std::string system_uuid;            ///< as SMBIOS has it; empty: none is reported
  std::filesystem::path pod_dir;
  std::map<std::string, std::string> labels;
  std::vector<core::Taint> taints;
  std::filesystem::path truth_log;  ///< empty: none
  Duration lease_interval{2000};    ///< between two renewals of the node's Lease
  Duration status_interval{10000};  ///< between two Ready heartbeats while nothing changes
  Duration restart_pause{1000};     ///< before a pod that ended is started again
  Duration stop_grace{3000};        ///< for pods when the kubelet itself is told to stop
};

/// "key=value" or "key=".
[[nodiscard]] Result<std::pair<std::string, std::string>> parse_label(std::string_view text);
/// "key=value:Effect" or "key:Effect".
[[nodiscard]] Result<core::Taint> parse_taint(std::string_view text);
/// Errc::config names the option that can't be used.
[[nodiscard]] Result<void> check(const KubeletOptions& options);
/// procfs-root/sys/kernel/random/boot_id.
[[nodiscard]] Result<std::string> read_boot_id(const std::filesystem::path& procfs_root);

}  // namespace ecokube::lab
