#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "common/error.h"
#include "coordinator/core/step.h"

namespace ecokube::cli {

/// A node of a bundle that `ecoctl wake-bundle` printed.
struct BundleNode {
  std::string node;
  core::WakeNode order;  ///< no address or no MAC: nothing was known to wake it
};

/// invalid: it is no bundle, or one of another version.
[[nodiscard]] Result<std::vector<BundleNode>> parse_bundle(std::string_view text);

/// Sends magic packets to the nodes of `command.bundle` (to `command.node` alone where it names
/// one), three times each, one node after the other so that they do not all start in one moment.
/// Asks nobody: neither coordinator, API server nor database need be there (S24). Returns the exit
/// code; a node that could not be sent a packet does not keep the others from theirs.
[[nodiscard]] int wake_offline(const Command& command);

}  // namespace ecokube::cli
