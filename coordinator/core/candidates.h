#pragma once

#include <optional>
#include <vector>

#include "coordinator/core/plan.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// The node is idle and goes down as soon as it has been unneeded for long enough: only time is in
/// the way. `want` and `blockers` are of this node and this turn.
[[nodiscard]] bool is_candidate(const Node& node, const NodeWant& want,
                                const std::vector<Violation>& blockers);

/// How our soft taint on the node should change now; nullopt: it should not, or not yet. It asks
/// schedulers to prefer other nodes and forbids nothing, so it may lag behind: it is put on at most
/// twice a minute, and changed only by a fresh view.
[[nodiscard]] std::optional<SoftTaint> soft_taint_change(const World& world, const Policy& policy,
                                                         const Node& node, bool candidate,
                                                         TimePoint now);

}  // namespace ecokube::core
