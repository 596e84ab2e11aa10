#pragma once

#include <optional>
#include <string>

#include "common/config_file.h"
#include "coordinator/core/policy.h"

// The part of coordinator.toml that says how many machines may be switched at once (S6): [inrush],
// [inrush.power_domain], [[power_domain]] and a pool's own.
namespace ecokube {

void read_inrush(ConfigTable table, core::Inrush& inrush);
[[nodiscard]] core::InrushLimits read_inrush_limits(ConfigTable table, core::InrushLimits limits);

/// `peak_watts` of a pool or node: what one of its machines counts with.
[[nodiscard]] std::optional<Power> read_peak(ConfigTable& table);

/// [[power_domain]], once pools and nodes were read.
void read_power_domains(ConfigTable& root, core::Policy& policy);

/// "starts: all 60 a minute, 20 at once\n": a line for each limit there is.
[[nodiscard]] std::string describe_inrush(const core::Policy& policy);

}  // namespace ecokube
