#include "coordinator/core/replicas.h"

#include <algorithm>

#include "coordinator/core/world.h"

namespace ecokube::core {
namespace {

bool has_budget(const World& world, const KubePod& pod) {
  const auto prefix = pod.ns + "/";
  for (auto at = world.budgets.lower_bound(prefix);
       at != world.budgets.end() && at->first.starts_with(prefix); ++at) {
    if (matches(at->second.selector, pod.labels)) return true;
  }
  return false;
}

}  // namespace

std::string controller_key(const KubePod& pod) {
  if (pod.owner_kind.empty()) return "";
  return pod.ns + "/" + pod.owner_kind + "/" + pod.owner_name;
}

const Replicas* replicas_of(const World& world, const KubePod& pod) {
  const auto found = world.replicas.by_key.find(controller_key(pod));
  return found == world.replicas.by_key.end() ? nullptr : &world.replicas.all[found->second];
}

bool is_spread(const World& world, const Replicas& replicas) {
  std::set<NodeName> nodes;
  for (const auto& uid : replicas.pods) {
    const auto& pod = world.pods.at(uid);
    if (pod.ready && !pod.deleting && !pod.node.empty()) nodes.insert(pod.node);
  }
  return nodes.size() >= 2;
}

void add_replica(World& world, const KubePod& pod) {
  const auto key = controller_key(pod);
  if (key.empty() || is_over(pod)) return;
  auto& index = world.replicas;
  auto [at, added] = index.by_key.try_emplace(key, index.all.size());
  if (added && !index.unused.empty()) {
    at->second = index.unused.back();
    index.unused.pop_back();
  } else if (added) {
    index.all.emplace_back();
  }
  auto& replicas = index.all[at->second];
  replicas.pods.insert(pod.uid);
  replicas.ns = pod.ns;
  replicas.kind = pod.owner_kind;
  replicas.labels = pod.labels;
  replicas.node_selector = pod.node_selector;
  replicas.node_affinity = pod.node_affinity;
  replicas.tolerations = pod.tolerations;
}

void remove_replica(World& world, const KubePod& pod) {
  auto& index = world.replicas;
  const auto at = index.by_key.find(controller_key(pod));
  if (at == index.by_key.end()) return;
  auto& replicas = index.all[at->second];
  replicas.pods.erase(pod.uid);
  if (!replicas.pods.empty()) return;
  replicas = Replicas{};
  index.unused.push_back(at->second);
  index.by_key.erase(at);
}

void share_out(World& world, const NodeName& node) {
  auto& shares = world.replicas.on[node];
  shares.clear();
  for (const auto& uid : world.pods_on[node]) {
    const auto& pod = world.pods.at(uid);
    const auto found = world.replicas.by_key.find(controller_key(pod));
    if (found == world.replicas.by_key.end() || is_over(pod) || pod.deleting) continue;
    const auto same = std::find_if(shares.begin(), shares.end(), [&](const auto& share) {
      return share.replicas == found->second && share.requests == pod.requests;
    });
    if (same != shares.end()) {
      ++same->pods;
    } else {
      shares.push_back({found->second, 1, pod.requests, has_budget(world, pod)});
    }
  }
  if (shares.empty()) world.replicas.on.erase(node);
}

}  // namespace ecokube::core
