#pragma once

#include <string_view>

namespace ecokube::core {

/// S19: whether a BMC that gives these 16 bytes as its GUID (core::BmcSeen) is of the machine with
/// this SMBIOS UUID ("c0ffee00-..."). Firmware differs in the order of the bytes: as SMBIOS keeps
/// them (three fields little-endian), as RFC 4122 writes them, or, as IPMI says, all reversed.
[[nodiscard]] bool same_machine(std::string_view bmc_guid, std::string_view smbios_uuid);

}  // namespace ecokube::core
