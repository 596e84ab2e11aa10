#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// The pod asks for our scheduler, is bound to no node, and may be bound.
[[nodiscard]] bool waits_for_us(const Policy& policy, const KubePod& pod);

/// What is done now about the pods that wait for us.
struct BindPlan {
  std::vector<Step> steps;
  std::map<std::string, NodeName> placed;  ///< where these steps bind, by the pod's UID
  std::optional<TimePoint> reconsider_at;
};

/// Binds each of them to the fullest node that is on and has room, those of higher priority first,
/// then the oldest; none is preempted. One that fits nowhere is told so, as kube-scheduler does,
/// and is demand (core/placement.h). A bounded number in one turn.
[[nodiscard]] BindPlan plan_binds(const World& world, const Policy& policy, TimePoint now);

}  // namespace ecokube::core
