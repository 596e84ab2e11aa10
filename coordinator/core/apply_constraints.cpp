// What bounds our acts without acting itself: budgets, attachments, local volumes, autoscalers, and
// a freeze.
#include "coordinator/core/apply.h"
#include "coordinator/core/marks.h"

namespace ecokube::core::detail {
namespace {

template <class Kube>
void keep(World& world, std::map<std::string, Kube>& table, const Seen<Kube>& fact) {
  table[fact.object.key()] = fact.object;
  advance_revision(world, fact.object.revision);
}

template <class Kube>
void drop(World& world, std::map<std::string, Kube>& table, const Gone<Kube>& fact) {
  table.erase(fact.key);
  advance_revision(world, fact.revision);
}

/// The nodes with pods of this namespace, of any controller or of those of one kind.
std::set<NodeName> nodes_with_pods_of(const World& world, const std::string& ns,
                                      std::string_view kind) {
  std::set<NodeName> nodes;
  for (const auto& replicas : world.replicas.all) {
    if (replicas.ns != ns || (!kind.empty() && replicas.kind != kind)) continue;
    for (const auto& uid : replicas.pods) nodes.insert(world.pods.at(uid).node);
  }
  nodes.erase("");
  return nodes;
}

/// A budget for other pods than before.
void share_out_all(World& world, const std::string& ns) {
  for (const auto& node : nodes_with_pods_of(world, ns, "")) share_out(world, node);
}

/// A Service for other pods than before: what was none may be work now (S22).
void count_daemonsets(World& world, const std::string& ns, TimePoint now) {
  for (const auto& node : nodes_with_pods_of(world, ns, "DaemonSet")) count_work(world, node, now);
}

}  // namespace

void on(World& world, const Seen<KubeBudget>& fact, TimePoint) {
  const auto before = world.budgets.find(fact.object.key());
  const bool others =
      before == world.budgets.end() || before->second.selector != fact.object.selector;
  keep(world, world.budgets, fact);
  if (others) share_out_all(world, fact.object.ns);
}
void on(World& world, const Gone<KubeBudget>& fact, TimePoint) {
  drop(world, world.budgets, fact);
  share_out_all(world, fact.key.substr(0, fact.key.find('/')));
}

void on(World& world, const Seen<KubeService>& fact, TimePoint now) {
  const auto before = world.services.find(fact.object.key());
  const bool others =
      before == world.services.end() || before->second.selector != fact.object.selector;
  keep(world, world.services, fact);
  if (others) count_daemonsets(world, fact.object.ns, now);
}
void on(World& world, const Gone<KubeService>& fact, TimePoint now) {
  drop(world, world.services, fact);
  count_daemonsets(world, fact.key.substr(0, fact.key.find('/')), now);
}
void on(World& world, const Seen<KubeAttachment>& fact, TimePoint) {
  keep(world, world.attachments, fact);
}
void on(World& world, const Gone<KubeAttachment>& fact, TimePoint) {
  drop(world, world.attachments, fact);
}
void on(World& world, const Seen<KubeLocalVolume>& fact, TimePoint) {
  keep(world, world.local_volumes, fact);
}
void on(World& world, const Gone<KubeLocalVolume>& fact, TimePoint) {
  drop(world, world.local_volumes, fact);
}
void on(World& world, const Seen<KubeAutoscaler>& fact, TimePoint) {
  keep(world, world.autoscalers, fact);
}
void on(World& world, const Gone<KubeAutoscaler>& fact, TimePoint) {
  drop(world, world.autoscalers, fact);
}

/// Our own order that is not written yet is newer than what stands there.
void on(World& world, const FreezeSeen& fact, TimePoint /*now*/) {
  if (!world.freeze.unsaved) world.freeze.now = parse_freeze(fact.text);
}

void write_freeze_anew(FreezeView& freeze) {
  freeze.unsaved = true;
  ++freeze.transition;
  freeze.attempts = 0;
  freeze.retry_not_before.reset();
}

void on(World& world, const FleetAsked& fact, TimePoint /*now*/) {
  auto& freeze = world.freeze;
  freeze.now.reset();
  if (fact.verb != FleetVerb::unfreeze) {
    freeze.now = Freeze{fact.verb == FleetVerb::evacuate, fact.by, fact.reason};
  }
  write_freeze_anew(freeze);
}

}  // namespace ecokube::core::detail
