#pragma once

#include "coordinator/core/inrush.h"
#include "coordinator/core/plan.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// The next step of one node toward what is wanted of it, or the reason why there is none: one step
/// a node at a time. Blockers of a mark go into `want`.
void plan_node(const World& world, const Policy& policy, const FleetCounts& fleet,
               InrushBook& inrush, const Node& node, TimePoint now, NodeWant& want, Plan& plan);

}  // namespace ecokube::core
