#include "coordinator/core/recovery.h"

#include <algorithm>
#include <chrono>

#include "coordinator/core/labels.h"

namespace ecokube::core {
namespace {

constexpr Duration kSteady{std::chrono::hours(1)};
constexpr std::int64_t kDoublingsMax = 5;

}  // namespace

bool in_recovery_set(const Policy& policy, const Node& node) {
  const auto& set = policy.recovery;
  if (std::ranges::find(set.names, node.name) != set.names.end()) return true;
  return !set.node_selector.empty() && node.kube && matches(set.node_selector, node.kube->labels);
}

bool left_by_ups(const Node& node) {
  const auto& agent = node.agent;
  return !agent.connected && agent.goodbye && agent.goodbye->origin == LeaveOrigin::ups;
}

void note_ups_off(Node& node, TimePoint now) {
  const bool was_steady = node.state == Lifecycle::ready && now - node.since >= kSteady;
  node.ups_offs = was_steady ? 1 : node.ups_offs + 1;
}

std::optional<TimePoint> rests_after_ups(const Policy& policy, const Node& node, TimePoint now) {
  if (!left_by_ups(node) || !node.agent.heard_at) return std::nullopt;
  const auto again = std::clamp<std::int64_t>(node.ups_offs - 1, 0, kDoublingsMax);
  const auto until = *node.agent.heard_at + policy.recovery.ups_rest * (std::int64_t{1} << again);
  if (now >= until) return std::nullopt;
  return until;
}

}  // namespace ecokube::core
