#pragma once

#include <string>

#include "common/config_file.h"
#include "coordinator/core/policy.h"

// The part of coordinator.toml that says how many machines a namespace may have woken (S6):
// [[namespace_quota]].
namespace ecokube {

void read_quotas(ConfigTable& root, core::Policy& policy);

/// "namespace team-a: 4 wakes an hour, 2 at once\n": a line for each.
[[nodiscard]] std::string describe_quotas(const core::Policy& policy);

}  // namespace ecokube
