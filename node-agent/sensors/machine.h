#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/ipv4_subnet.h"
#include "common/mac_address.h"

namespace ecokube::agent {

struct Nic {
  std::string name;
  MacAddress mac;
  bool link_up = false;
  bool wake_armed = false;               ///< device/power/wakeup says "enabled"
  std::vector<Ipv4Subnet> subnets = {};  ///< of its segment; see segments.h
  bool operator==(const Nic&) const = default;
};

/// Where to look; a test or another machine's tree gives other roots.
struct MachineRoots {
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path procfs = "/proc";
  std::filesystem::path cgroup = "/sys/fs/cgroup";
  std::filesystem::path machine_id_file = "/etc/machine-id";
  std::filesystem::path system = "/";  ///< boot, etc and run are below
};

[[nodiscard]] Result<std::string> read_boot_id(const MachineRoots& roots);
[[nodiscard]] Result<std::string> read_machine_id(const MachineRoots& roots);
[[nodiscard]] Result<std::chrono::milliseconds> read_uptime(const MachineRoots& roots);

/// Hardware NICs with a MAC, by name. Those without a device behind (lo, bridges, a pod's veth)
/// cannot wake a machine and are left out.
[[nodiscard]] std::vector<Nic> read_nics(const MachineRoots& roots);
/// Anew whether it has a link and is armed; of one that is gone neither.
void read_state(const MachineRoots& roots, Nic& nic);

[[nodiscard]] bool any_wake_armed(const std::vector<Nic>& nics);

/// Capacity; 0: unknown.
[[nodiscard]] std::int64_t read_cpu_millicores(const MachineRoots& roots);
[[nodiscard]] std::int64_t read_memory_bytes(const MachineRoots& roots);

}  // namespace ecokube::agent
