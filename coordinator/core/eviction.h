#pragma once

#include <optional>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// What it takes to empty a node that has work: which pods may be moved by the Eviction API (S12),
// and which are a reason to stay (S14, S22). The reasons' words are cluster-autoscaler's where they
// fit.
namespace ecokube::core {

/// A person has asked for this node's sleep, and it is still wanted: then it is emptied of what may
/// be moved. Policy by itself never moves a pod.
[[nodiscard]] bool may_be_drained(const Node& node, TimePoint now);

/// Why this pod can't be evicted, now or ever; nullopt: it can, as soon as its budget allows it.
[[nodiscard]] std::optional<Reason> why_not_movable(const World& world, const KubePod& pod);

/// The budget that allows no eviction of this pod at this moment, or nullptr.
[[nodiscard]] const KubeBudget* exhausted_budget(const World& world, const KubePod& pod);

/// The pods on the node that are work, in the order of their UIDs.
[[nodiscard]] std::vector<const KubePod*> work_on(const World& world, const Node& node);

}  // namespace ecokube::core
