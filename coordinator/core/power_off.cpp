#include "coordinator/core/power_off.h"

#include "coordinator/core/power.h"

namespace ecokube::core {
namespace {

bool gone_for_us(const Node& node) {
  const auto& goodbye = node.agent.goodbye;
  return node.state == Lifecycle::powering_down && goodbye && !node.agent.connected &&
         goodbye->origin == LeaveOrigin::coordinator && !goodbye->command_id.empty();
}

bool may_be_touched(const World& world, const Policy& policy, const Node& node, TimePoint now) {
  if (!node.kube || node.kube->ready == Readiness::ready || !node.marked) return false;
  const Pool* pool = pool_of(policy, node.name, node.kube->labels);
  return pool != nullptr && pool->mode == Mode::act && pool->hard_off && !world.freeze.now &&
         hold_at(node, now) == nullptr && node.kube->owned_by.empty() && node.work_pods == 0;
}

}  // namespace

std::optional<TimePoint> power_off_due(const World& world, const Policy& policy, const Node& node,
                                       TimePoint now) {
  if (!gone_for_us(node) || !may_be_touched(world, policy, node, now)) return std::nullopt;
  if (!bmc_says_on(node, policy, now) || node.bmc.equal < kEqualReadings ||
      !bmc_may_switch_off(node, policy)) {
    return std::nullopt;
  }
  if (node.down.offs_ordered >= kPowerOffsMax) return std::nullopt;
  const auto silent_since = node.agent.closed_at.value_or(node.since);
  return node.down.off_ordered_at.value_or(silent_since) + policy.down_deadline;
}

PowerOff power_off_order(const Node& node) {
  return {node.down.offs_ordered > 0, node.bmc.guid, node.kube->revision};
}

}  // namespace ecokube::core
