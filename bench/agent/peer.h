#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/agent/machine_tree.h"

namespace ecokube::bench {

/// A program that is measured beside ours, and what it is given to read the same files.
struct Peer {
  std::string name;  ///< in the figures, and of its log
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment;
  std::uint16_t port = 0;  ///< of loopback, where it answers /metrics
  std::string energy;      ///< the metric that it tells once it has read the made tree
};

/// prometheus-node-exporter with its rapl collector alone; it reads when it is asked.
[[nodiscard]] Peer node_exporter_peer(const std::filesystem::path& program, const MachineTree& tree,
                                      std::uint16_t port);

/// Scaphandre, which reads when it is asked. Only as in a virtual machine does it take the folder
/// of the zones from outside; the processes are this machine's. `preload`, where it is not empty,
/// is loaded into it: bench-empty-modules.so, on a kernel without modules.
[[nodiscard]] Peer scaphandre_peer(const std::filesystem::path& program, const MachineTree& tree,
                                   std::uint16_t port, const std::filesystem::path& preload);

/// Kepler 0.9, with a sample each second as ours. It counts this machine's processes in the kernel
/// by eBPF, which only root may, and sorts them by the made cgroups. What it writes for itself is
/// below `folder`.
[[nodiscard]] Peer kepler_peer(const std::filesystem::path& program, const MachineTree& tree,
                               std::uint16_t port, const std::filesystem::path& folder);

}  // namespace ecokube::bench
