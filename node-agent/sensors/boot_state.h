#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "node-agent/sensors/machine.h"

namespace ecokube::agent {

/// What this machine boots next (S18).
struct BootState {
  /// 16 hex digits. Another one if any of these is another: the newest kernel under /boot, its
  /// initramfs, the boot loader's entries (names, sizes and times of change), the running kernel's
  /// command line, the files of the network's configuration, the firmware's version. What can't be
  /// read counts as not known, always in the same way.
  std::string fingerprint;
  /// Why the next boot is not like the running one, a sentence; empty: nothing says so.
  std::string pending;
  bool operator==(const BootState&) const = default;
};
[[nodiscard]] BootState read_boot_state(const MachineRoots& roots);

/// Reads it anew at most each half minute.
class BootWatch {
 public:
  explicit BootWatch(MachineRoots roots) : roots_(std::move(roots)) {}
  /// `now` by CLOCK_BOOTTIME.
  [[nodiscard]] const BootState& at(std::chrono::nanoseconds now);

 private:
  MachineRoots roots_;
  BootState state_;
  std::optional<std::chrono::nanoseconds> read_at_;
};

}  // namespace ecokube::agent
