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

}  // namespace

void on(World& world, const Seen<KubeBudget>& fact, TimePoint) { keep(world, world.budgets, fact); }
void on(World& world, const Gone<KubeBudget>& fact, TimePoint) { drop(world, world.budgets, fact); }
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
