#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/units.h"
#include "node-agent/sensors/energy_counter.h"

namespace ecokube::agent {

/// What a zone measures, by its name. Packages and the DRAM outside them are a node's CPU energy;
/// psys is the whole platform, they included; core and uncore are parts of a package; what an
/// unknown name measures nobody knows, so it is shown and never summed.
enum class ZoneRole { package, dram, psys, part, unknown };

/// One zone of /sys/class/powercap as found. Control type, name and folder tell it from others.
struct PowercapZone {
  std::string control_type;  ///< "intel-rapl", "intel-rapl-mmio"
  std::string id;            ///< "intel-rapl:0:1"
  std::string name;          ///< "dram"
  std::filesystem::path folder;
  std::string domain;     ///< "package-0/dram"; "package-0#2" for the second of one name
  std::string parent_id;  ///< empty: a zone of its own
  std::string twin_of;    ///< id of the zone that is the same energy by another interface
  ZoneRole role = ZoneRole::unknown;
  CounterLimits limits;

  [[nodiscard]] bool same_as(const PowercapZone& other) const {
    return control_type == other.control_type && name == other.name && folder == other.folder;
  }
};

/// The zones below a sysfs root in a stable order, each once. `configured_max`: what the machine
/// can draw at most, for zones that do not say it.
[[nodiscard]] std::vector<PowercapZone> scan_powercap(const std::filesystem::path& sysfs_root,
                                                      std::optional<Power> configured_max);

}  // namespace ecokube::agent
