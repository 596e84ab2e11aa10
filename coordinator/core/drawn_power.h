#pragma once

#include <optional>
#include <string>

#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// What a machine draws, by one source, which travels with the figure.
struct DrawnPower {
  std::optional<Power> power;  ///< absent: not known
  std::string source;          ///< "dcmi", "redfish", "exec", or as its agent calls it; "none"
  std::string problem;         ///< why nothing measures it
  bool operator==(const DrawnPower&) const = default;
};

/// The first source that has a figure: its BMC, which measures all of the machine, by a reading not
/// older than three intervals; else its agent (hwmon or ACPI, psys, RAPL, a model).
[[nodiscard]] DrawnPower drawn_power(const Node& node, const Policy& policy, TimePoint now);

}  // namespace ecokube::core
