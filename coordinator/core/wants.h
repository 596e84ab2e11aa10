#pragma once

#include <map>
#include <vector>

#include "coordinator/core/placement.h"
#include "coordinator/core/plan.h"

namespace ecokube::core {

/// What is wanted of each node and why, in one pass over the fleet: people first, then work and
/// demand, then floors and spare, then idleness.
struct Wants {
  std::vector<NodeWant> nodes;
  std::optional<TimePoint> reconsider_at;
};
[[nodiscard]] Wants want_nodes(const World& world, const Policy& policy, const Placement& placement,
                               TimePoint now);

}  // namespace ecokube::core
