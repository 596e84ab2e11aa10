// What Kubernetes tells: nodes, pods, workloads, the Lease, and how fresh the view is.
#include <algorithm>

#include "coordinator/core/apply.h"
#include "coordinator/core/boot_proof.h"
#include "coordinator/core/eviction.h"
#include "coordinator/core/lifecycle.h"
#include "coordinator/core/lost_work.h"

namespace ecokube::core::detail {

void follow(const World& world, Node& node, TimePoint now) {
  const bool was_draining = node.state == Lifecycle::draining;
  bind_old_proof(node);
  follow_evidence(node, now);
  const bool resumed = node.state == Lifecycle::draining && !was_draining && node.down.resumed;
  if (!resumed || !may_be_drained(node, now)) return;
  for (const auto* pod : work_on(world, node)) node.down.evicting.insert(pod->uid);
}

namespace {

/// Keeps what the node's pods take of it, so that a decision need not walk over all pods.
void sum_requests(World& world, const NodeName& name) {
  Resources requested;
  for (const auto& uid : world.pods_on[name]) {
    const auto& pod = world.pods.at(uid);
    const bool finished = is_over(pod);
    if (!finished) requested += pod.requests;
  }
  world.requested_on[name] = requested;
  share_out(world, name);
}

void drop_pod(World& world, const std::string& uid, TimePoint now) {
  const auto at = world.pods.find(uid);
  if (at == world.pods.end()) return;
  const NodeName node = at->second.node;
  remove_replica(world, at->second);
  world.pods.erase(at);
  world.pods_unbound.erase(uid);
  world.pods_repelling.erase(uid);
  if (node.empty()) return;
  world.pods_on[node].erase(uid);
  count_work(world, node, now);
  sum_requests(world, node);
}

void end_pod(World& world, const std::string& uid, TimePoint now) {
  const auto at = world.pods.find(uid);
  if (at != world.pods.end()) note_ended(world, at->second, now);
  drop_pod(world, uid, now);
  forget_placing(world, uid);
}

template <class Kube>
void replace(std::map<std::string, Kube>& table, const std::vector<Kube>& objects) {
  table.clear();
  for (const auto& object : objects) table[object.key()] = object;
}

/// A Node that is older than it was seen before is as good a proof as a revision that fell, which
/// may have grown past the old one until the list was made.
bool is_of_another_past(const World& world, const ClusterListed& fact) {
  if (fact.went_backwards || fact.revision < world.revision) return true;
  return std::any_of(fact.nodes.begin(), fact.nodes.end(), [&](const KubeNode& kube) {
    const auto known = world.nodes.find(kube.name);
    return known != world.nodes.end() && known->second.kube &&
           known->second.kube->uid == kube.uid && kube.revision < known->second.kube->revision;
  });
}

/// A restored etcd: what we knew is from a future that never was. Marks that are not there are
/// gone; what a person asked for since is written anew.
void go_backwards(World& world, Revision revision, TimePoint now) {
  world.went_backwards_at = now;
  world.revision = revision;
  doubt_placings(world, now);
  if (world.freeze.now) write_freeze_anew(world.freeze);  // the restored Lease may not know of it
  for (auto& [name, node] : world.nodes) {
    node.marks_revision = 0;
    node.soft_taint_revision = 0;
    if (node.state == Lifecycle::draining) node.down.give_up = true;
    node.said_revision = 0;
    if (node.hold) node.hold_unsaved = true;
    node.request_unsaved = true;  // also that there is none: a request that is done may be back
  }
}

}  // namespace

void count_work(World& world, const NodeName& name, TimePoint now) {
  Node& node = node_at(world, name, now);
  const auto work = std::ssize(work_on(world, node));
  if (node.work_pods > 0 && work == 0) node.work_ended_at = now;
  if (work > node.work_pods && node.down.listed_at) node.down.work_found = true;
  node.work_pods = work;
}

void see_pod(World& world, KubePod pod, TimePoint now) {
  const auto ours = world.placings.find(pod.uid);
  if (ours != world.placings.end()) {
    if (pod.node.empty()) {
      pod.node = ours->second.node;
    } else {
      world.placings.erase(ours);
    }
  }
  const auto at = world.pods.find(pod.uid);
  const bool newly_bound = !pod.node.empty() && (at == world.pods.end() || at->second.node.empty());
  if (newly_bound) note_bound(world, pod);
  if (at != world.pods.end() && at->second.node != pod.node) {
    drop_pod(world, pod.uid, now);
  } else if (at != world.pods.end()) {
    remove_replica(world, at->second);
    if (pod.deleting || pod.phase == PodPhase::failed) note_ended(world, at->second, now);
  }
  auto& known = world.pods[pod.uid];
  known = std::move(pod);
  add_replica(world, known);
  if (known.node.empty()) {
    world.pods_unbound.insert(known.uid);
    return;
  }
  world.pods_on[known.node].insert(known.uid);
  const bool repels = std::any_of(known.pod_terms.begin(), known.pod_terms.end(),
                                  [](const PodTerm& term) { return term.anti; });
  if (repels) world.pods_repelling.insert(known.uid);
  count_work(world, known.node, now);
  sum_requests(world, known.node);
}

void advance_revision(World& world, Revision revision) {
  world.revision = std::max(world.revision, revision);
}

void on(World& world, const ClusterListed& fact, TimePoint now) {
  if (is_of_another_past(world, fact)) go_backwards(world, fact.revision, now);
  std::set<NodeName> present;
  std::set<std::string> uids;
  for (const auto& node : fact.nodes) present.insert(node.name);
  for (const auto& pod : fact.pods) uids.insert(pod.uid);
  std::vector<std::string> gone;
  for (const auto& [uid, pod] : world.pods) {
    if (!uids.contains(uid)) gone.push_back(uid);
  }
  for (const auto& uid : gone) end_pod(world, uid, now);
  for (auto& [name, node] : world.nodes) {
    if (!present.contains(name)) node.kube.reset();
  }
  replace(world.budgets, fact.budgets);
  replace(world.attachments, fact.attachments);
  replace(world.local_volumes, fact.local_volumes);
  replace(world.autoscalers, fact.autoscalers);
  replace(world.services, fact.services);
  for (const auto& pod : fact.pods) see_pod(world, pod, now);
  for (const auto& node : fact.nodes) see_node(world, node, now);
  advance_revision(world, fact.revision);
  world.cluster_listed = true;
  world.cluster_ok = true;
  world.cluster_seen_at = now;
  world.cluster_problem.clear();
}

void on(World& world, const NodeSeen& fact, TimePoint now) {
  see_node(world, fact.node, now);
  advance_revision(world, fact.node.revision);
}

void on(World& world, const NodeDeleted& fact, TimePoint now) {
  Node& node = node_at(world, fact.name, now);
  node.kube.reset();
  enter(node, Lifecycle::unknown, now);
  advance_revision(world, fact.revision);
}

void on(World& world, const PodSeen& fact, TimePoint now) {
  see_pod(world, fact.pod, now);
  advance_revision(world, fact.pod.revision);
}

void on(World& world, const PodDeleted& fact, TimePoint now) {
  end_pod(world, fact.uid, now);
  advance_revision(world, fact.revision);
}

void on(World& world, const ClusterAlive& fact, TimePoint now) {
  if (fact.revision < world.revision) return;  // older news than what we have
  advance_revision(world, fact.revision);
  if (!world.cluster_listed) return;
  world.cluster_ok = true;
  world.cluster_seen_at = now;
  world.cluster_problem.clear();
  expire_placings(world, now);
}

void on(World& world, const ClusterLost& fact, TimePoint /*now*/) {
  world.cluster_ok = false;
  world.cluster_problem = fact.why;
}

void on(World& world, const LeaseHeld& fact, TimePoint now) {
  if (fact.fence != world.fence) {  // another may have led until now
    world.buckets.known_since = now;
    for (auto& [name, node] : world.nodes) node.waking_unsent = false;
  }
  world.fence = fact.fence;
  world.lease_valid_until = fact.valid_until;
}

/// What we had begun is another's now; an order of ours may be on its way still.
void on(World& world, const LeaseLost& /*fact*/, TimePoint now) {
  world.fence = 0;
  world.lease_valid_until.reset();
  world.leader.clear();
  for (auto& [name, node] : world.nodes) {
    const bool ordered = node.state == Lifecycle::powering_down && !node.agent.goodbye;
    if (node.state != Lifecycle::draining && !ordered) continue;
    node.down.resumed = true;
    node.down.listed_at.reset();  // what comes to it meanwhile must be seen by a new list
    enter(node, Lifecycle::draining, now);
  }
}

void on(World& world, const LeaseSeen& fact, TimePoint /*now*/) { world.leader = fact.holder; }

}  // namespace ecokube::core::detail
