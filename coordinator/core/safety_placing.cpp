#include "coordinator/core/safety_placing.h"

#include <algorithm>

namespace ecokube::core {
namespace {

const KubePod* pod_of(const World& world, const PodRef& ref) {
  const auto pod = world.pods.find(ref.uid);
  const bool same = pod != world.pods.end() && ref_of(pod->second) == ref;
  return same ? &pod->second : nullptr;
}

/// Pods that another scheduler decides about, or nobody yet, are left alone.
void s11_asks_for_us(const World& world, const Policy& policy, const PodRef& ref, Violations& out) {
  const auto* pod = pod_of(world, ref);
  if (pod == nullptr || pod->deleting || pod->phase != PodPhase::pending) {
    out.push_back({"S8", "OldStep", "the pod is gone or over"});
  } else if (policy.scheduler_name.empty() || pod->scheduler != policy.scheduler_name) {
    out.push_back({"S11", "NotOurs", "the pod asks for another scheduler"});
  } else if (pod->gated || !pod->not_placeable.empty()) {
    out.push_back({"S11", "NotPlaceable", "it asks for what only another scheduler can judge"});
  }
}

/// Not onto a node that is on its way down or may be: with s1_binding the two exclude each other.
void s1_stays_on(const Policy& policy, const Node& node, TimePoint now, Violations& out) {
  const auto state = state_at(node, policy, now);
  const bool without_agent = state == Lifecycle::unknown && !node.agent.heard_at;
  const bool on = state == Lifecycle::ready || without_agent;
  const bool tainted =
      node.kube && std::any_of(node.kube->taints.begin(), node.kube->taints.end(),
                               [](const auto& taint) { return taint.key == names::kTaint; });
  if (!on || node.marked || tainted) {
    out.push_back({"S1", "GoesDown", "the node is off, marked or being switched"});
  }
  if (!node.kube || node.kube->ready != Readiness::ready) {
    out.push_back({"S2", "NotReady", "Kubernetes does not say Ready of the node"});
  } else if (node.kube->unschedulable) {
    out.push_back({"S11", "Cordoned", "the node is cordoned"});
  }
}

void check_bind(const World& world, const Policy& policy, const BindPod& bind, TimePoint now,
                Violations& out) {
  const auto node = world.nodes.find(bind.node);
  if (node == world.nodes.end()) {
    out.push_back({"S2", "UnknownNode", "no such node is known"});
  } else {
    s1_stays_on(policy, node->second, now, out);
  }
  const auto* pod = pod_of(world, bind.pod);
  // Where no answer came the same node is asked for again, never another.
  if (pod != nullptr && !pod->node.empty() && pod->node != bind.node) {
    out.push_back({"S8", "BoundAlready", "the pod is bound, or may be, to " + pod->node});
  }
}

}  // namespace

void s2_view(const World& world, const Policy& policy, TimePoint now, Violations& out) {
  if (!world.cluster_ok || !world.cluster_seen_at ||
      now - *world.cluster_seen_at > policy.cluster_view_age_max) {
    out.push_back({"S2", "ClusterViewStale",
                   world.cluster_problem.empty() ? "the view of the cluster is too old"
                                                 : world.cluster_problem});
  }
  if (world.went_backwards_at && now - *world.went_backwards_at <= policy.cluster_view_age_max) {
    out.push_back({"S2", "ClusterWentBackwards", "the cluster's revision fell a moment ago"});
  }
}

void s1_binding(const World& world, const Node& node, Violations& out) {
  const auto bound = world.pods_on.find(node.name);
  if (bound == world.pods_on.end()) return;
  for (const auto& uid : bound->second) {
    const auto placing = world.placings.find(uid);
    if (placing == world.placings.end()) continue;
    if (!placing->second.in_flight && !placing->second.uncertain) continue;
    const auto& pod = placing->second.pod;
    out.push_back({"S1", "Binding", "pod " + pod.ns + "/" + pod.name + " is being bound to it"});
    return;
  }
}

void check_placing(const World& world, const Policy& policy, const Step& step, TimePoint now,
                   Violations& out) {
  s5_lease(world, now, out);
  if (step.fence != world.fence) {
    out.push_back({"S5", "OldFence", "the step was decided under another Lease"});
  }
  s2_view(world, policy, now, out);
  const auto placing = world.placings.find(step.pods.empty() ? "" : step.pods.front().uid);
  if (placing != world.placings.end() && placing->second.in_flight) {
    out.push_back({"S8", "OldStep", "another step on this pod is on its way"});
  }
  const auto* bind = std::get_if<BindPod>(&step.action);
  const auto* report = std::get_if<ReportUnschedulable>(&step.action);
  if (bind != nullptr) {
    s11_asks_for_us(world, policy, bind->pod, out);
    check_bind(world, policy, *bind, now, out);
  } else if (report != nullptr) {
    const auto* pod = pod_of(world, report->pod);
    if (pod == nullptr || pod->scheduler != policy.scheduler_name) {
      out.push_back({"S11", "NotOurs", "the pod is gone or asks for another scheduler"});
    }
  }
}

void check_soft_taint(const World& world, const Policy& policy, const Node& node, TimePoint now,
                      Violations& out) {
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  if (pool == nullptr || pool->mode != Mode::act) {
    out.push_back({"S4", "ModeNotAct", "it is in no pool of mode act"});
  }
  if (hold_at(node, now) != nullptr) out.push_back({"S4", "Held", "it is held"});
  if (world.freeze.now) out.push_back({"S27", "Frozen", "nothing is switched off now"});
  if (node.state != Lifecycle::ready || node.work_pods > 0) {
    out.push_back({"S1", "NotEmpty", "it has work, or is not up"});
  }
}

}  // namespace ecokube::core
