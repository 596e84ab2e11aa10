#pragma once

#include <cstdint>
#include <optional>

#include "coordinator/core/plan.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/world.h"

// S18: a proof of a wake is of one boot: kernel, initramfs, command line, network, firmware. What
// boots otherwise has to prove it again, on few nodes at a time.
namespace ecokube::core {

/// It would boot something that no wake of it has proven. Not known what it boots, or suspended and
/// not booted at all: no.
[[nodiscard]] bool boot_unproven(const Policy& policy, const Node& node);

/// The same of one that is down, or about to be: its mark may know what its agent can't tell us.
[[nodiscard]] bool in_doubt_when_down(const Policy& policy, const Node& node);

/// It went down by us, or is about to, with such a boot, and has not come back.
[[nodiscard]] bool in_doubt(const Policy& policy, const Node& node);
/// It was woken with such a boot, and did not come.
[[nodiscard]] bool lost_in_doubt(const Policy& policy, const Node& node);

/// How many nodes of a cluster may be in doubt at once: one, or two in a hundred. Whatever they
/// boot: a command line and a network are each node's own, so that one bad kernel has many
/// fingerprints.
[[nodiscard]] std::int64_t doubtful_max(std::int64_t nodes_in_cluster);

/// Not one more than may be.
void s18_boot_proven(const Policy& policy, const FleetCounts& fleet, const Node& node,
                     std::vector<Violation>& out);

/// As many as may be are lost: nothing else with an unproven boot goes to sleep until somebody has
/// looked.
[[nodiscard]] std::optional<Alarm> boots_alarm(const World& world, const Policy& policy,
                                               const FleetCounts& fleet);

/// A proof from before fingerprints were known is of the boot that runs, where that is what boots
/// next.
void bind_old_proof(Node& node);

}  // namespace ecokube::core
