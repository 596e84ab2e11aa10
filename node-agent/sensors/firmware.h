#pragma once

#include <string>

#include "node-agent/sensors/machine.h"

namespace ecokube::agent {

/// By which a clock that can wake the machine has its alarm set; there is none without such a
/// clock.
[[nodiscard]] std::filesystem::path rtc_alarm_file(const std::filesystem::path& sysfs);

/// What the firmware says of the machine, by class/dmi/id. Empty: not there, or not ours to read.
/// Printable ASCII, at most 64 characters each.
struct Firmware {
  std::string smbios_uuid;
  std::string serial;
  std::string vendor;
  std::string version;
  std::string date;
  bool uuid_denied = false;  ///< it is there, and only root may read it
  bool rtc_alarm = false;    ///< the clock can wake the machine (class/rtc/rtc0/wakealarm)
  bool operator==(const Firmware&) const = default;
};
[[nodiscard]] Firmware read_firmware(const MachineRoots& roots);

}  // namespace ecokube::agent
