#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "common/error.h"

namespace ecokube::bench {

/// A machine's sysfs, procfs and cgroups as files that move: two packages with core, uncore and
/// dram each (Documentation/power/powercap), one NIC that is armed, and pods under kubepods.slice.
/// The zones lie in each other and class/powercap has links to all, as the kernel shows them: some
/// readers walk the one, some the other.
class MachineTree {
 public:
  [[nodiscard]] static Result<MachineTree> make(std::filesystem::path folder, std::size_t pods);

  [[nodiscard]] std::filesystem::path sysfs() const { return folder_ / "sys"; }
  [[nodiscard]] std::filesystem::path procfs() const { return folder_ / "proc"; }
  [[nodiscard]] std::filesystem::path cgroup() const { return folder_ / "sys/fs/cgroup"; }
  [[nodiscard]] std::filesystem::path machine_id() const { return folder_ / "machine-id"; }

  /// A second at some 100 W goes by, in which every pod works a little.
  [[nodiscard]] Result<void> second();

 private:
  struct Zone {
    std::filesystem::path energy_file;
    std::uint64_t energy_uj = 0;
    std::uint64_t watts = 0;
  };
  explicit MachineTree(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] Result<void> add_zone(const std::filesystem::path& zone, const std::string& name,
                                      std::uint64_t watts);
  /// Every zone, and the links to them.
  [[nodiscard]] Result<void> add_powercap();
  [[nodiscard]] Result<void> add_pod(std::size_t number);
  [[nodiscard]] Result<void> write_moving();

  std::filesystem::path folder_;
  std::vector<Zone> zones_;
  std::vector<std::filesystem::path> pods_;
  std::uint64_t seconds_ = 0;
};

}  // namespace ecokube::bench
