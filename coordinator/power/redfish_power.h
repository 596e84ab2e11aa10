#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/units.h"

// Where a Redfish service (DMTF DSP2046) says what a machine draws, as text: nothing is sent here.
namespace ecokube {

/// The resources of a Chassis that may say it, best first: its EnvironmentMetrics, then its Power.
/// unsupported: it has none, or is of several systems, so that its power is not one machine's.
[[nodiscard]] Result<std::vector<std::string>> meters_in(std::string_view chassis);

/// What such a resource says of now. unsupported: nothing; refused: no figure that could be true.
[[nodiscard]] Result<Power> metered_in(std::string_view meter);

}  // namespace ecokube
