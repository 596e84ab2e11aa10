#include "coordinator/core/recovery.h"

#include <algorithm>

#include "coordinator/core/labels.h"

namespace ecokube::core {

bool in_recovery_set(const Policy& policy, const Node& node) {
  const auto& set = policy.recovery;
  if (std::ranges::find(set.names, node.name) != set.names.end()) return true;
  return !set.node_selector.empty() && node.kube && matches(set.node_selector, node.kube->labels);
}

bool left_by_ups(const Node& node) {
  const auto& agent = node.agent;
  return !agent.connected && agent.goodbye && agent.goodbye->origin == LeaveOrigin::ups;
}

std::optional<TimePoint> rests_after_ups(const Policy& policy, const Node& node, TimePoint now) {
  if (!left_by_ups(node) || !node.agent.heard_at) return std::nullopt;
  const auto until = *node.agent.heard_at + policy.recovery.ups_rest;
  if (now >= until) return std::nullopt;
  return until;
}

}  // namespace ecokube::core
