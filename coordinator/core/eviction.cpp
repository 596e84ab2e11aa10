#include "coordinator/core/eviction.h"

#include <algorithm>

namespace ecokube::core {
namespace {

std::string name_of(const KubePod& pod) { return pod.ns + "/" + pod.name; }

bool covers(const KubeBudget& budget, const KubePod& pod) {
  return budget.ns == pod.ns && matches(budget.selector, pod.labels);
}

/// Another pod of the same controller runs, so that the service goes on meanwhile (S22).
bool has_sibling(const World& world, const KubePod& pod) {
  const auto* replicas = replicas_of(world, pod);
  if (replicas == nullptr) return false;
  return std::any_of(replicas->pods.begin(), replicas->pods.end(), [&](const std::string& uid) {
    const KubePod& other = world.pods.at(uid);
    return uid != pod.uid && !other.deleting && other.ready;
  });
}

/// What its own fields say; the budgets are looked at apart.
std::optional<Reason> pinned_by_itself(const KubePod& pod) {
  if (pod.safe_to_evict == false) {
    return Reason{"NotSafeToEvictAnnotation", name_of(pod) + " says that it must not be moved"};
  }
  if (pod.labels.contains(std::string(names::kQuorum))) {
    return Reason{"QuorumMember", name_of(pod) + " is a member of a quorum"};
  }
  if (pod.safe_to_evict == true) return std::nullopt;
  if (pod.owner_kind.empty()) {
    return Reason{"NotReplicated", name_of(pod) + " has no controller that would make it anew"};
  }
  if (pod.owner_kind == "Job") {
    return Reason{"NotReplicated", name_of(pod) + " is of a Job, whose work would begin again"};
  }
  if (pod.owner_kind == "DaemonSet") {
    return Reason{"DaemonSetServes", name_of(pod) +
                                         " serves at this node's own address, or "
                                         "behind a Service"};
  }
  if (pod.local_storage) {
    return Reason{"LocalStorageRequested", name_of(pod) + " keeps data on this node"};
  }
  return std::nullopt;
}

}  // namespace

bool may_be_drained(const Node& node, TimePoint now) {
  return node.request && node.request->verb == PersonVerb::sleep &&
         (!node.request->until || now < *node.request->until);
}

std::optional<Reason> why_not_movable(const World& world, const KubePod& pod) {
  if (auto pinned = pinned_by_itself(pod)) return pinned;
  std::int64_t budgets = 0;
  for (const auto& [key, budget] : world.budgets) {
    if (!covers(budget, pod)) continue;
    if (++budgets > 1) {
      return Reason{"NotEnoughPdb", name_of(pod) + " has two budgets, so the API evicts it never"};
    }
    if (budget.never_allows) {
      return Reason{"NotEnoughPdb", "the budget " + key + " never allows to move " + name_of(pod)};
    }
  }
  if (budgets == 0 && pod.safe_to_evict != true && !has_sibling(world, pod)) {
    return Reason{"NotReplicated",
                  name_of(pod) + " is the only one of its kind and has no budget that allows it"};
  }
  return std::nullopt;
}

const KubeBudget* exhausted_budget(const World& world, const KubePod& pod) {
  for (const auto& [key, budget] : world.budgets) {
    if (covers(budget, pod) && budget.disruptions_allowed <= 0) return &budget;
  }
  return nullptr;
}

std::vector<const KubePod*> work_on(const World& world, const Node& node) {
  std::vector<const KubePod*> work;
  const auto bound = world.pods_on.find(node.name);
  if (bound == world.pods_on.end()) return work;
  for (const auto& uid : bound->second) {
    const auto& pod = world.pods.at(uid);
    if (!may_remain(pod, world.daemonsets_may_stop, world.services)) work.push_back(&pod);
  }
  return work;
}

}  // namespace ecokube::core
