#include "coordinator/core/safety.h"

#include <algorithm>

#include "coordinator/core/boot_proof.h"
#include "coordinator/core/break_even.h"
#include "coordinator/core/eviction.h"
#include "coordinator/core/placement.h"
#include "coordinator/core/recovery.h"
#include "coordinator/core/relays.h"
#include "coordinator/core/safety_demand.h"
#include "coordinator/core/safety_identity.h"
#include "coordinator/core/safety_inrush.h"
#include "coordinator/core/safety_placing.h"
#include "coordinator/core/safety_power.h"
#include "coordinator/core/safety_spread.h"
#include "coordinator/core/safety_work.h"
#include "coordinator/core/sleep_mode.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core {
namespace {

bool person_asked(const Node& node, TimePoint now) {
  if (!node.request || (node.request->until && now >= *node.request->until)) return false;
  return node.request->verb == PersonVerb::sleep || node.request->verb == PersonVerb::test_wake;
}

void s25_owned_by_other(const Node& node, Violations& out) {
  if (!node.kube || node.kube->owned_by.empty()) return;
  out.push_back(
      {"S25", "OwnedByOther", node.kube->owned_by + " owns its power or health; pause that first"});
}

void s27_frozen(const World& world, Violations& out) {
  if (!world.freeze.now) return;
  const auto& freeze = *world.freeze.now;
  out.push_back({"S27", "Frozen", "frozen by " + freeze.by + ": " + freeze.reason});
}

void s2_fresh(const World& world, const Policy& policy, const Node& node, TimePoint now,
              Violations& out) {
  s2_view(world, policy, now, out);
  if (!agent_alive(node, policy, now) || node.agent.sequence == 0) {
    out.push_back({"S2", "AgentSilent", "no fresh heartbeat from its agent"});
  }
  if (!node.kube || node.kube->ready != Readiness::ready) {
    out.push_back({"S2", "NotReady", "Kubernetes does not say Ready of it"});
  }
  for (const auto& scaler : policy.scalers) {
    s2_demand(world, policy, scaler, node, now, out);
  }
}

bool is_on(const Node& node, const Policy& policy, TimePoint now) {
  return state_at(node, policy, now) == Lifecycle::ready && node.kube->ready == Readiness::ready;
}

bool should_be_on(const Node& node) { return node.kube && node.state == Lifecycle::ready; }

bool is_unready(const Node& node, const Policy& policy, TimePoint now) {
  return node.kube->ready != Readiness::ready || !agent_alive(node, policy, now);
}

void s4_floors(const Policy& policy, const FleetCounts& fleet, const Node& node, TimePoint now,
               Violations& out) {
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  if (pool == nullptr) {
    out.push_back({"S4", "NotInPool", "it is in no pool, so it is never touched"});
    return;
  }
  if (node.kube->labels.contains(std::string(names::kControlPlaneLabel))) {
    out.push_back({"S4", "ControlPlane", "it carries the control plane"});
  }
  if (node.name == policy.host_node) {
    out.push_back({"S4", "CoordinatorHost", "the coordinator runs on it"});
  }
  if (in_recovery_set(policy, node)) {
    out.push_back({"S24", "RecoverySet", "the way back from a failure of the site needs it"});
  }
  const bool counts_itself = state_at(node, policy, now) == Lifecycle::ready;
  const auto on = fleet.on.find(pool);
  const auto others = (on == fleet.on.end() ? 0 : on->second) - (counts_itself ? 1 : 0);
  if (others < pool->min_on) {
    out.push_back({"S4", "NodeGroupMinSizeReached",
                   "pool " + pool->name + " keeps " + std::to_string(pool->min_on) + " on"});
  }
  if (pool->mode != Mode::act && !person_asked(node, now)) {
    out.push_back({"S10", "ModeNotAct", "pool " + pool->name + " is not in mode act"});
  }
}

}  // namespace

void s5_lease(const World& world, TimePoint now, Violations& out) {
  if (!leads(world, world.fence, now)) {
    out.push_back({"S5", "NoLease", "this coordinator does not hold the Lease"});
  } else if (world.fence < world.fence_highest_seen) {
    out.push_back({"S5", "OldFence", "an agent has seen a newer coordinator"});
  }
}

namespace {

void s10_s11_people(const Node& node, TimePoint now, Violations& out) {
  if (const auto* hold = hold_at(node, now)) {
    out.push_back({"S4", "Held", "held by " + hold->by + ": " + hold->reason});
  }
  if (cordoned_by_other(node)) {
    out.push_back({"S11", "CordonedByOther", "somebody else has cordoned it"});
  }
}

void s13_vetoes(const Policy& policy, const Node& node, Violations& out) {
  const bool sleeps = sleep_mode_of(policy, node) != SleepMode::power_off;
  for (const auto* vetoes : {&node.agent.vetoes, &node.agent.sleep_vetoes}) {
    if (vetoes->empty() || (vetoes == &node.agent.sleep_vetoes && !sleeps)) continue;
    out.push_back({"S13", "AgentVeto", "its agent would refuse: " + vetoes->front()});
    return;
  }
}

void s16_unwell(const Policy& policy, const FleetCounts& fleet, const Node& node, TimePoint now,
                Violations& out) {
  constexpr std::int64_t kPercent = 100;
  std::int64_t others = fleet.should_be_on;
  std::int64_t unready = fleet.unready;
  if (should_be_on(node)) {
    --others;
    if (is_unready(node, policy, now)) --unready;
  }
  if (unready * kPercent <= others * policy.unready_percent_max) return;
  out.push_back({"S16", "ClusterUnwell",
                 std::to_string(unready) + " of " + std::to_string(others) +
                     " nodes that should be on are not ready"});
}

void s17_flapping(const Policy& policy, const Node& node, TimePoint now, Violations& out) {
  if (person_asked(node, now)) return;
  const auto day_ago = now - std::chrono::hours(24);
  const auto today = std::count_if(node.downs.begin(), node.downs.end(),
                                   [&](TimePoint at) { return at > day_ago; });
  if (today >= policy.downs_per_day_max) {
    out.push_back({"S17", "TooManyDowns",
                   "it was put down " + std::to_string(today) + " times within a day"});
  }
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  if (pool != nullptr && node.work_ended_at &&
      now - *node.work_ended_at < unneeded_time(policy, *pool, node)) {
    out.push_back({"S17", "NotUnneededLongEnough", "its work ended a moment ago"});
  }
}

void check_shutdown(const World& world, const Policy& policy, const Node& node, SleepMode mode,
                    Violations& out) {
  s1_empty(world, node, out);
  s1_listed(policy, node, out);
  s12_detached(world, node, out);
  if (node.state != Lifecycle::draining || node.agent.boot_id != node.down.boot_id) {
    out.push_back({"S1", "NotDraining", "it is not the boot that was marked"});
  }
  if (!mark_stands(node)) {
    out.push_back({"S1", "MarkGone", "our taint is not on it any more, pods may come"});
  }
  s3_sleeps_as_it_can(policy, node, mode, out);
  if (mode != sleep_mode_of(policy, node)) {
    out.push_back({"S15", "OtherMode", "that is not what its wake was judged by"});
  }
}

void check_wake(const Node& node, TimePoint now, Violations& out) {
  const bool asked = node.request && node.request->verb != PersonVerb::sleep &&
                     node.request->verb != PersonVerb::unquarantine &&
                     node.request->at >= node.since;
  if (const auto* hold = hold_at(node, now)) {
    out.push_back({"S10", "Held", "held by " + hold->by + ": " + hold->reason});
  }
  if (node.state == Lifecycle::maintenance && !asked) {
    out.push_back({"S10", "PersonsOff", "a person switched it off"});
  }
}

}  // namespace

FleetCounts count_fleet(const World& world, const Policy& policy, TimePoint now) {
  FleetCounts counts;
  counts.identity_shared = any_identity_shared(world);
  for (const auto& [name, node] : world.nodes) {
    if (!node.kube) continue;
    counts.soft_taints +=
        std::count_if(node.in_flight.begin(), node.in_flight.end(),
                      [](const auto& step) { return step.first.verb == Verb::soft_taint; });
    ++counts.in_cluster;
    if (in_doubt(policy, node)) ++counts.sleep_unproven;
    if (lost_in_doubt(policy, node)) ++counts.lost_unproven;
    if (proves_wake(node)) {
      counts.proofs.emplace(pool_of(policy, name, node.kube->labels), name);
    }
    if (is_on(node, policy, now)) ++counts.on[pool_of(policy, name, node.kube->labels)];
    if (!should_be_on(node)) continue;
    ++counts.should_be_on;
    if (is_unready(node, policy, now)) ++counts.unready;
  }
  return counts;
}

bool leads(const World& world, std::int64_t fence, TimePoint now) {
  return fence != 0 && fence == world.fence && world.lease_valid_until &&
         now < *world.lease_valid_until;
}

std::vector<Violation> blockers(const World& world, const Policy& policy, const Node& node,
                                TimePoint now) {
  return blockers(world, policy, count_fleet(world, policy, now), node, now);
}

std::vector<Violation> blockers(const World& world, const Policy& policy, const FleetCounts& fleet,
                                const Node& node, TimePoint now) {
  Violations out;
  s4_floors(policy, fleet, node, now, out);
  s10_s11_people(node, now, out);
  if (may_be_drained(node, now)) {
    s12_movable(world, policy, node, now, out);
    s22_spread(world, policy, node, now, out);
  } else {
    s1_empty(world, node, out);
  }
  s1_binding(world, node, out);
  s14_storage(world, node, out);
  s25_owned_by_other(node, out);
  s27_frozen(world, out);
  s5_lease(world, now, out);
  s2_fresh(world, policy, node, now, out);
  s3_wakeable(policy, node, now, out);
  s3_relayed(world, policy, node, now, out);
  s19_right_bmc(policy, node, out);
  s19_right_machine(node, out);
  if (fleet.identity_shared) s19_no_twin(world, policy, node, now, out);
  s13_vetoes(policy, node, out);
  s15_proven(policy, fleet, node, now, out);
  s18_boot_proven(policy, fleet, node, out);
  s16_unwell(policy, fleet, node, now, out);
  if (!person_asked(node, now)) s26_certificate(node, now, out);
  s17_flapping(policy, node, now, out);
  return out;
}

std::vector<Violation> check(const World& world, const Policy& policy, const Step& step,
                             TimePoint now) {
  Violations out;
  if (policy.dry_run) out.push_back({"S9", "DryRun", "a dry run touches nothing"});
  if (const auto* scale = std::get_if<ScaleWorkload>(&step.action)) {
    s5_lease(world, now, out);
    check_scale(world, policy, step, *scale, now, out);
    return out;
  }
  if (step.id.verb == Verb::record_freeze) return out;
  if (step.id.subject.starts_with(kPodPrefix)) {
    check_placing(world, policy, step, now, out);
    return out;
  }
  const auto at = world.nodes.find(step.id.subject);
  if (at == world.nodes.end()) {
    out.push_back({"S2", "UnknownNode", "no such node is known"});
    return out;
  }
  const Node& node = at->second;
  if (step.id.transition != node.transition) {
    out.push_back({"S8", "OldStep", "the node has changed since this step was decided"});
  }
  if (takes_capacity_away(step.id.verb)) {
    const auto standing = blockers(world, policy, node, now);
    out.insert(out.end(), standing.begin(), standing.end());
  }
  if (needs_lease(step.id.verb) && step.fence != world.fence) {
    out.push_back({"S5", "OldFence", "the step was decided under another Lease"});
  }
  if (step.id.verb == Verb::mark) s22_node_loss(world, policy, node, now, out);
  if (!takes_capacity_away(step.id.verb) && needs_lease(step.id.verb)) s5_lease(world, now, out);
  if (step.id.verb == Verb::unmark && node.state == Lifecycle::draining &&
      may_obey_another(world, node)) {
    out.push_back({"S1", "OldOrder", "it may be going down by an older leader's order"});
  }
  if (step.id.verb == Verb::unmark && node.state == Lifecycle::powering_up) {
    s26_services(world, policy, node, now, out);
  }
  const auto* off = std::get_if<RecordOff>(&step.action);
  if (off != nullptr && off->mark) s1_off(world, node, out);
  if (const auto* shutdown = std::get_if<ShutdownNode>(&step.action)) {
    check_shutdown(world, policy, node, shutdown->mode, out);
  }
  if (const auto* evict = std::get_if<EvictPods>(&step.action)) {
    s12_marked(node, *evict, now, out);
  }
  if (step.id.verb == Verb::wake) {
    check_wake(node, now, out);
    s6_start(world, policy, step, node, now, out);
  }
  if (step.id.verb == Verb::record_wake) s6_place(world, policy, node, now, out);
  if (step.id.verb == Verb::shutdown) s6_down(world, policy, step, node, now, out);
  const auto* taint = std::get_if<SoftTaint>(&step.action);
  if (taint != nullptr && taint->present) check_soft_taint(world, policy, node, now, out);
  if (const auto* taken = std::get_if<TakeOutOfService>(&step.action)) {
    s12_out_of_service(world, policy, node, *taken, now, out);
  }
  if (const auto* cut = std::get_if<PowerOff>(&step.action)) {
    s21_power_off(world, policy, node, *cut, now, out);
  }
  if (step.id.verb == Verb::in_service) s11_in_service(node, out);
  if (step.id.verb == Verb::record_off) power_seen_off(policy, node, now, out);
  return out;
}

}  // namespace ecokube::core
