#include "coordinator/core/node_actions.h"

#include "coordinator/core/eviction.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/placement.h"

namespace ecokube::core {

MarkNode mark_of(const World& world, const Policy& policy, const Node& node) {
  WakeRecipe recipe{wake_address_of(node, policy), {}};
  for (const auto& nic : node.agent.nics) {
    if (nic.wake_armed) recipe.macs.push_back(nic.mac);
  }
  MarkNode mark{node.kube->revision,
                node.agent.boot_id,
                cordoned_by_other(node),
                format_wake_recipe(recipe),
                {}};
  for (const auto* pod : work_on(world, node)) mark.pods_to_evict.push_back(pod->uid);
  return mark;
}

WakeNode packet_of(const Policy& policy, const Node& node) {
  WakeNode target{wake_address_of(node, policy), {}};
  for (const auto& nic : node.inventory.nics) {
    if (nic.wake_armed) target.macs.push_back(nic.mac.text());
  }
  if (target.macs.empty()) {
    for (const auto& nic : node.inventory.nics) target.macs.push_back(nic.mac.text());
  }
  return target;
}

}  // namespace ecokube::core
