#include "coordinator/core/steady.h"

#include "coordinator/core/lifecycle.h"
#include "coordinator/core/watts.h"

namespace ecokube::core {

bool says_nothing_new(const World& world, const Policy& policy, const Observation& observation) {
  if (const auto* measured = std::get_if<BmcMeasured>(&observation.fact)) {
    return world.nodes.contains(measured->node);
  }
  const auto* beat = std::get_if<AgentHeartbeat>(&observation.fact);
  if (beat == nullptr) return false;
  const auto at = world.nodes.find(beat->node);
  if (at == world.nodes.end() || at->second.agent.session != beat->session) return false;
  const auto& node = at->second;
  const auto& agent = node.agent;
  if (!agent_alive(node, policy, observation.at) || agent.sequence == 0) return false;
  // A BMC's reading of off is no reading any more once the agent spoke.
  if (node.bmc.on == false) return false;
  const auto peak = watts_are_capped(policy) ? peak_shown(node, *beat) : std::nullopt;
  if (peak && *peak > policy.inrush.peak_default) return false;
  return agent.boot_id == beat->boot_id && node.inventory.boot_id == beat->boot_id &&
         agent.fence == beat->fence_highest_seen && agent.vetoes == beat->vetoes &&
         agent.sleep_vetoes == beat->sleep_vetoes && agent.nics == beat->nics &&
         node.inventory.nics == beat->nics && (!beat->boot || node.inventory.boot == *beat->boot) &&
         (!beat->machine || node.inventory.machine == *beat->machine) &&
         (!beat->bmc || node.inventory.bmc == beat->bmc) &&
         (!beat->kubelet_certificate ||
          node.inventory.kubelet_certificate == beat->kubelet_certificate);
}

}  // namespace ecokube::core
