#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/units.h"

namespace ecokube::agent {

/// Where the node's figure comes from, best first. RAPL is the CPUs and their memory, the others
/// are the machine; the model is an estimate. `none`: nothing here can tell.
enum class PowerSource { hwmon, psys, rapl, model, none };

[[nodiscard]] constexpr std::string_view to_string(PowerSource source) {
  switch (source) {
    case PowerSource::hwmon: return "hwmon";
    case PowerSource::psys: return "psys";
    case PowerSource::rapl: return "rapl";
    case PowerSource::model: return "model";
    case PowerSource::none: return "none";
  }
  return "none";
}

[[nodiscard]] constexpr bool is_estimate(PowerSource source) {
  return source == PowerSource::model;
}

/// One cumulative counter as it travels in a heartbeat.
struct EnergyReading {
  PowerSource source = PowerSource::none;
  std::string domain;  ///< "package-0", "package-0/core", "node"
  Energy energy = Energy::microjoules(0);
  bool counts_for_node = false;  ///< the node is the sum of these
  std::uint64_t unknown_intervals = 0;
  bool operator==(const EnergyReading&) const = default;
};

}  // namespace ecokube::agent
