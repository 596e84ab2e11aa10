#pragma once

#include <filesystem>

namespace ecokube::agent {

/// There is a device by which the machine's management controller (BMC) can be asked, /dev/ipmi0 or
/// another. By class/ipmi, since the agent's own /dev shows no hardware.
[[nodiscard]] bool has_ipmi_device(const std::filesystem::path& sysfs);

/// The firmware says that there is a BMC, whether its driver is loaded or not: SMBIOS type 38, or
/// the ACPI device IPI0001.
[[nodiscard]] bool firmware_names_bmc(const std::filesystem::path& sysfs);

}  // namespace ecokube::agent
