#include "coordinator/core/failover.h"

#include <algorithm>

#include "coordinator/core/eviction.h"
#include "coordinator/core/power.h"

namespace ecokube::core {

bool out_of_service(const KubeNode& kube) {
  return std::any_of(kube.taints.begin(), kube.taints.end(),
                     [](const Taint& taint) { return taint.key == names::kOutOfServiceTaint; });
}

bool out_of_service_by_us(const KubeNode& kube) {
  return out_of_service(kube) && kube.annotations.contains(std::string(names::kOutOfServiceByUs));
}

std::optional<Reason> left_behind(const World& world, const Node& node) {
  const auto work = work_on(world, node);
  if (!work.empty()) {
    const auto& pod = *work.front();
    return Reason{"PodsLeftBehind", "it is off, and pod " + pod.ns + "/" + pod.name + " on it"};
  }
  for (const auto& [name, attachment] : world.attachments) {
    if (attachment.node != node.name) continue;
    return Reason{"VolumeLeftBehind", "it is off, and volume " + attachment.volume + " on it"};
  }
  return std::nullopt;
}

std::optional<Reason> is_back(const Node& node, const Policy& policy, TimePoint now) {
  if (agent_alive(node, policy, now)) return Reason{"AgentSpeaks", "its agent speaks again"};
  if (bmc_says_on(node, policy, now)) return Reason{"BmcSaysOn", "its BMC says on again"};
  if (node.kube && node.kube->ready == Readiness::ready) {
    return Reason{"KubeletSpeaks", "Kubernetes calls it Ready again"};
  }
  return std::nullopt;
}

bool looks_dead(const World& world, const Policy& policy, const Node& node, TimePoint now) {
  if (!node.kube || node.kube->ready == Readiness::ready || out_of_service(*node.kube)) {
    return false;
  }
  const Pool* pool = pool_of(policy, node.name, node.kube->labels);
  if (pool == nullptr || pool->mode != Mode::act || hold_at(node, now) != nullptr) return false;
  return node.kube->owned_by.empty() && off_proven(node, policy, now) &&
         bmc_identity(node, policy) == BmcIdentity::right && left_behind(world, node);
}

std::optional<Reason> wants_failover(const World& world, const Policy& policy, const Node& node,
                                     TimePoint now) {
  if (!looks_dead(world, policy, node, now) || !off_now(node, policy, now)) return std::nullopt;
  return left_behind(world, node);
}

}  // namespace ecokube::core
