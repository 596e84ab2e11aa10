#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/world.h"

namespace ecokube::core {

/// S19: whether a BMC that gives these 16 bytes as its GUID (core::BmcSeen) is of the machine with
/// this SMBIOS UUID ("c0ffee00-..."). Firmware differs in the order of the bytes: as SMBIOS keeps
/// them (three fields little-endian), as RFC 4122 writes them, or, as IPMI says, all reversed.
[[nodiscard]] bool same_machine(std::string_view bmc_guid, std::string_view smbios_uuid);

/// The SMBIOS UUID as 32 small hex digits; empty: it names no machine, as one that is no UUID, or
/// what a vendor writes into all of its boards.
[[nodiscard]] std::string smbios_key(std::string_view uuid);

/// Each of the two GUIDs names a machine, and they are not of one, in whatever order of the bytes.
[[nodiscard]] bool guids_differ(std::string_view one, std::string_view other);

/// What no two machines share: keys of World::same_identity.
[[nodiscard]] std::vector<std::string> identities_of(const Inventory& inventory);

/// Where it hears and sends broadcasts: keys of World::on_segment, each once.
[[nodiscard]] std::vector<Segment> segments_of(const Inventory& inventory);
/// A magic packet can be broadcast there; nullopt: it can't.
[[nodiscard]] std::optional<Segment> segment_of(const Ipv4Subnet& subnet);

}  // namespace ecokube::core
