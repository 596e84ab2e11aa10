#pragma once

#include "common/config_file.h"
#include "coordinator/core/policy.h"
#include "coordinator/power/bmcs.h"

// The part of coordinator.toml that is about single machines and how they are powered: [[node]] and
// [bmc]. Mistakes are reported to the file's tables.
namespace ecokube {

void read_nodes(ConfigTable& root, core::Policy& policy, BmcOptions& bmcs);

/// "wol, then ipmi; BMC 10.0.0.9:623 as power": how a node is woken.
[[nodiscard]] std::string describe_node(const core::NodeOverride& node, const BmcAccess* bmc);

}  // namespace ecokube
