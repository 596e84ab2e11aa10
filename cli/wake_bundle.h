#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "common/error.h"
#include "coordinator/core/step.h"
#include "coordinator/power/bmc_access.h"

namespace ecokube::cli {

/// A node of a bundle that `ecoctl wake-bundle` printed.
struct BundleNode {
  NodeName node;
  core::WakeNode order;             ///< no address or no MAC: no packet is known to wake it
  bool packets_may_wake_it = true;  ///< false: its BMC does, packets most likely reach nothing
  /// nullopt: it has none. An error: what stands there can't be used.
  std::optional<Result<BmcAccess>> bmc = std::nullopt;

  [[nodiscard]] bool has_packet() const { return !order.address.empty() && !order.macs.empty(); }
  [[nodiscard]] bool only_by_bmc() const { return bmc && !(packets_may_wake_it && has_packet()); }
};

/// invalid: it is no bundle, or one of another version.
[[nodiscard]] Result<std::vector<BundleNode>> parse_bundle(std::string_view text);

/// The nodes of `command.bundle`, or `command.node` of them. The BMCs' passwords that are in
/// variables are taken out of our environment. io: it can't be read. config: others may change the
/// file, and it names BMCs: who writes it says which programs are run and where passwords go.
[[nodiscard]] Result<std::vector<BundleNode>> wanted_nodes(const Command& command);

}  // namespace ecokube::cli
