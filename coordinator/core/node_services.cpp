#include "coordinator/core/node_services.h"

#include <algorithm>
#include <utility>

namespace ecokube::core {
namespace {

bool is_system_pod(const KubePod& pod) {
  return pod.owner_kind == "DaemonSet" && pod.priority >= kSystemPriority && !pod.deleting &&
         !is_over(pod);
}

}  // namespace

std::string not_serving(const World& world, const Node& node) {
  if (!node.kube) return {};
  if (node.kube->network_unavailable) return "its network is not set up";
  const auto gone =
      std::find_if(node.devices_before.begin(), node.devices_before.end(),
                   [&](const std::string& device) { return !node.kube->devices.contains(device); });
  if (gone != node.devices_before.end()) return "it does not offer " + *gone + " as it did before";
  const auto pods = world.pods_on.find(node.name);
  if (pods == world.pods_on.end()) return {};
  for (const auto& uid : pods->second) {
    const auto& pod = world.pods.at(uid);
    if (is_system_pod(pod) && !pod.ready) return "pod " + pod.ns + "/" + pod.name + " is not ready";
  }
  return {};
}

std::optional<ServicesWait> waits_for_services(const World& world, const Policy& policy,
                                               const Node& node, TimePoint now) {
  if (!node.up.ready_at) return std::nullopt;
  const auto until = *node.up.ready_at + policy.services_wait;
  if (now >= until) return std::nullopt;
  auto missing = not_serving(world, node);
  if (missing.empty()) return std::nullopt;
  return ServicesWait{until, std::move(missing)};
}

void see_devices(Node& node, const KubeNode& seen) {
  if (!node.kube || node.kube->boot_id.empty() || seen.boot_id.empty()) return;
  if (node.kube->boot_id == seen.boot_id) return;
  node.devices_before.insert(node.kube->devices.begin(), node.kube->devices.end());
}

}  // namespace ecokube::core
