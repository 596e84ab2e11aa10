#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "common/error.h"
#include "common/mac_address.h"
#include "lab/machine/power_meter.h"

namespace ecokube::lab {

/// The files of sysfs and procfs that an agent reads, kept up to date under a folder. Each file is
/// replaced as a whole, so that a reader never sees half of it; the energy counters, which an agent
/// keeps open, are written in place, all with the same length.
class SystemFiles {
 public:
  explicit SystemFiles(const std::filesystem::path& folder)
      : sysfs_(folder / "sys"), procfs_(folder / "proc") {}

  /// The network card and the powercap zones.
  [[nodiscard]] Result<void> create(const MacAddress& mac, bool wake_armed, const PowerMeter& meter,
                                    std::uint64_t energy_range_uj) const;
  [[nodiscard]] Result<void> write_boot_id(const std::string& boot_id) const;
  [[nodiscard]] Result<void> write_uptime(std::chrono::milliseconds uptime) const;
  [[nodiscard]] Result<void> write_energy(const PowerMeter& meter) const;
  [[nodiscard]] Result<void> write_link(bool up) const;
  /// Whether the card wakes the machine now; programs may change it, as ethtool does.
  [[nodiscard]] bool wake_armed() const;

 private:
  std::filesystem::path sysfs_;
  std::filesystem::path procfs_;
};

/// A new random UUID, as the kernel makes one for each boot.
[[nodiscard]] std::string make_boot_id();

}  // namespace ecokube::lab
