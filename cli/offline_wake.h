#pragma once

#include "cli/command.h"

namespace ecokube::cli {

/// Sends magic packets to the nodes of `command.bundle` (to `command.node` alone where it names
/// one), three times each, one node after the other so that they do not all start in one moment.
/// Then those that only a BMC wakes are switched on by it, with `command.bmc` all that have one.
/// Asks nobody else: neither coordinator, API server nor database need be there (S24). Returns the
/// exit code; a node that could not be woken does not keep the others from it.
[[nodiscard]] int wake_offline(const Command& command);

}  // namespace ecokube::cli
