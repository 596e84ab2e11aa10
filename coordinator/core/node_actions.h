#pragma once

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// The mark of a node as it is now, with the recipe that wakes it and the work that is to go.
[[nodiscard]] MarkNode mark_of(const World& world, const Policy& policy, const Node& node,
                               TimePoint now);

/// The same of one that is off, by what it was last known by.
[[nodiscard]] MarkNode mark_of_sleeper(const Policy& policy, const Node& node);

}  // namespace ecokube::core
