#pragma once

#include <cstdint>
#include <string>

#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// Pods whose machine died, or was cut off: what their controllers make in their place is no wish of
// their namespace, so no quota keeps a machine from being woken for it (S6).
namespace ecokube::core {

/// How many pods of the controller (controller_key()) were lost and have neither been bound anew
/// nor a machine that comes up for them. Forgotten after an hour.
[[nodiscard]] std::int64_t lost_of(const World& world, const std::string& controller,
                                   TimePoint now);

/// The controller of a lost pod that was one of the workload's; empty: it lost none.
[[nodiscard]] std::string lost_controller_of(const World& world, const KubeWorkload& workload,
                                             TimePoint now);

// Kept by apply().
/// The pod, as it was before, has ended: it is lost where its node is not Ready.
void note_ended(World& world, const KubePod& before, TimePoint now);
/// The pod has a node from now on.
void note_bound(World& world, const KubePod& pod);
/// The node is woken for this demand.
void note_woken_for(World& world, const Asker& asker, const NodeName& node, TimePoint now);

}  // namespace ecokube::core
