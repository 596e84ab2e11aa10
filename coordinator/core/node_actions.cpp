#include "coordinator/core/node_actions.h"

#include "coordinator/core/boot_proof.h"
#include "coordinator/core/eviction.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/sleep_mode.h"
#include "coordinator/core/wake_chain.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core {

namespace {

MarkNode mark_with(const Policy& policy, const Node& node, const std::string& boot_id,
                   const std::vector<NicFacts>& nics) {
  WakeRecipe recipe{wake_address_of(node, policy), {}};
  for (const auto& nic : nics) {
    if (nic.wake_armed) recipe.macs.push_back(nic.mac);
    recipe.segments.insert(recipe.segments.end(), nic.subnets.begin(), nic.subnets.end());
  }
  return {node.kube->revision,        boot_id, cordoned_by_other(node),
          format_wake_recipe(recipe), {},      in_doubt_when_down(policy, node)};
}

}  // namespace

MarkNode mark_of(const World& world, const Policy& policy, const Node& node, TimePoint now) {
  auto mark = mark_with(policy, node, node.agent.boot_id, node.agent.nics);
  mark.mode = sleep_mode_of(policy, node);
  mark.proves_wake = would_prove_wake(policy, node, now);
  for (const auto* pod : work_on(world, node)) mark.pods_to_evict.push_back(pod->uid);
  return mark;
}

MarkNode mark_of_sleeper(const Policy& policy, const Node& node) {
  const auto& life = node.sleep.life;
  auto mark =
      mark_with(policy, node, life.empty() ? node.inventory.boot_id : life, node.inventory.nics);
  mark.mode = node.sleep.mode;
  mark.proves_wake = node.marked_proof;
  return mark;
}

}  // namespace ecokube::core
