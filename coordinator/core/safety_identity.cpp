#include "coordinator/core/safety_identity.h"

#include <algorithm>

#include "coordinator/core/identity.h"
#include "coordinator/core/life.h"

namespace ecokube::core {
namespace {

bool differ(const std::string& one, const std::string& other) {
  return !one.empty() && !other.empty() && one != other;
}

}  // namespace

std::vector<NodeName> twins_of(const World& world, const Policy& policy, const Node& node,
                               TimePoint now, std::string* by) {
  std::vector<NodeName> twins;
  if (!agent_alive(node, policy, now)) return twins;
  for (const auto& key : identities_of(node.inventory)) {
    const auto same = world.same_identity.find(key);
    if (same == world.same_identity.end()) continue;
    for (const auto& name : same->second) {
      if (name == node.name || !agent_alive(world.nodes.at(name), policy, now)) continue;
      if (std::find(twins.begin(), twins.end(), name) != twins.end()) continue;
      twins.push_back(name);
      if (by != nullptr && by->empty()) *by = key;
    }
  }
  return twins;
}

bool any_identity_shared(const World& world) {
  return std::any_of(world.same_identity.begin(), world.same_identity.end(),
                     [](const auto& names) { return names.second.size() > 1; });
}

void s19_right_machine(const Node& node, Violations& out) {
  if (!node.kube) return;
  const auto& told = node.inventory.machine.smbios_uuid;
  if (differ(told, node.kube->system_uuid)) {  // perhaps only in how it is written
    const auto agents = smbios_key(told);
    const auto kubelets = smbios_key(node.kube->system_uuid);
    if (differ(agents, kubelets)) {
      out.push_back({"S19", "WrongMachine",
                     "its agent runs on the machine with SMBIOS UUID " + agents +
                         ", its kubelet on " + kubelets});
    }
  }
  if (differ(node.inventory.machine_id, node.kube->machine_id)) {
    out.push_back({"S19", "WrongMachineId",
                   "its agent's machine id is " + node.inventory.machine_id + ", its kubelet's " +
                       node.kube->machine_id});
  }
  const std::string boot(boot_of(node.agent.boot_id));
  if (differ(boot, node.kube->boot_id)) {
    out.push_back({"S19", "OtherBoot",
                   "its agent is of boot " + boot + ", its kubelet of " + node.kube->boot_id});
  }
}

void s19_no_twin(const World& world, const Policy& policy, const Node& node, TimePoint now,
                 Violations& out) {
  std::string shared;
  const auto twins = twins_of(world, policy, node, now, &shared);
  if (twins.empty()) return;
  out.push_back({"S19", "SameIdentity",
                 "it and " + twins.front() + " have the same " + shared +
                     "; was a disk or an agent's folder copied?"});
}

}  // namespace ecokube::core
