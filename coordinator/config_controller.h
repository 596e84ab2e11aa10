#pragma once

#include "common/config_file.h"
#include "coordinator/core/policy.h"
#include "coordinator/power/bmcs.h"

// The part of a [[node]] that is about its management controller, and how gently all of them are
// treated. Mistakes are reported to the file's tables.
namespace ecokube {

/// A node has at most one: a BMC (bmc_...) or a program that stands for one (exec_...).
void read_controller(ConfigTable& table, const NodeName& name, core::NodeOverride& node,
                     BmcOptions& bmcs);

/// [bmc], or [ipmi] as it was called before.
void read_manners(ConfigTable& root, core::Policy& policy, BmcOptions& bmcs);

/// "BMC 10.0.0.9:623 as power"
[[nodiscard]] std::string describe_controller(const BmcAccess& access);

}  // namespace ecokube
