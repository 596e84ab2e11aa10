#pragma once

#include <string>

#include "node-agent/sensors/machine.h"

namespace ecokube::agent {

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
