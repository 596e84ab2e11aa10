#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "coordinator/core/binding.h"
#include "coordinator/core/boot_proof.h"
#include "coordinator/core/failover.h"
#include "coordinator/core/inrush.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/node_steps.h"
#include "coordinator/core/placement.h"
#include "coordinator/core/plan.h"
#include "coordinator/core/scaler.h"
#include "coordinator/core/wants.h"
#include "coordinator/core/world.h"

namespace ecokube::core {
namespace {

void look_again(Plan& plan, std::optional<TimePoint> at, TimePoint now) {
  if (!at || *at <= now) return;
  plan.reconsider_at = plan.reconsider_at ? std::min(*plan.reconsider_at, *at) : *at;
}

void plan_scaler(const World& world, const ScalerWant& want, TimePoint now, Plan& plan) {
  look_again(plan, want.reconsider_at, now);
  if (!want.fresh || want.workload == nullptr) return;
  if (want.workload->replicas == want.replicas || world.fence == 0) return;
  const auto& view = world.scalers.at(want.scaler->name);
  if (!view.in_flight.empty()) return;
  if (view.retry_not_before && now < *view.retry_not_before) {
    return look_again(plan, view.retry_not_before, now);
  }
  ScaleWorkload scale{want.scaler->kind, want.scaler->ns, want.scaler->target, want.replicas,
                      group_of(want.scaler->api_version)};
  plan.steps.push_back(Step{{"scaler/" + want.scaler->name, Verb::scale, view.transition, 1},
                            std::move(scale),
                            want.reason,
                            world.fence});
}

/// A freeze belongs on the Lease, so that it outlives us (S27). Needs no Lease held.
void plan_freeze(const FreezeView& freeze, std::int64_t fence, TimePoint now, Plan& plan) {
  if (!freeze.unsaved || !freeze.in_flight.empty()) return;
  if (freeze.retry_not_before && now < *freeze.retry_not_before) {
    return look_again(plan, freeze.retry_not_before, now);
  }
  RecordFreeze record{freeze.now ? format_freeze(*freeze.now) : std::string()};
  plan.steps.push_back(Step{
      {std::string(kFleetSubject), Verb::record_freeze, freeze.transition, freeze.attempts + 1},
      std::move(record),
      {"PersonAsked", "a freeze belongs on the Lease"},
      fence});
}

/// Whose power is about to change, or has become a question a moment ago. Only a leader waits for
/// it: two that both read often are too much for a BMC.
std::set<NodeName> look_closely(const World& world, const Policy& policy, TimePoint now) {
  constexpr Duration kLongEnough{std::chrono::minutes(30)};
  std::set<NodeName> names;
  if (world.fence == 0) return names;
  for (const auto& [name, given] : policy.nodes) {
    const auto at = world.nodes.find(name);
    if (!given.bmc || at == world.nodes.end()) continue;
    const Node& node = at->second;
    const auto state = state_at(node, policy, now);
    const bool open = state == Lifecycle::powering_down || state == Lifecycle::powering_up ||
                      state == Lifecycle::unknown;
    const auto since = std::max(node.since, node.agent.heard_at.value_or(node.since));
    if (open && now - since < kLongEnough) names.insert(name);
    if (looks_dead(world, policy, node, now)) names.insert(name);
  }
  return names;
}

/// Who comes first where not all may start or go down at once: what others need to come back,
/// people, then demand.
int turn_of(const NodeWant& want) {
  const auto& code = want.reason.code;
  if (code == "RecoverySet" || code == "Evacuating" || code == "PersonAskedWake" ||
      code == "PersonAskedSleep")
    return 0;
  return code == "NeededFor" ? 1 : 2;
}

void plan_nodes(const World& world, const Policy& policy, const FleetCounts& fleet, TimePoint now,
                Plan& plan) {
  constexpr std::array kTurns{0, 1, 2};
  InrushBook inrush(world, policy, now);
  std::vector<int> turns;
  for (const auto& want : plan.nodes) turns.push_back(turn_of(want));
  for (const int turn : kTurns) {
    for (std::size_t i = 0; i < turns.size(); ++i) {
      if (turns[i] != turn) continue;
      auto& want = plan.nodes[i];
      plan_node(world, policy, fleet, inrush, world.nodes.at(want.node), now, want, plan);
    }
  }
}

}  // namespace

Plan decide(const World& world, const Policy& policy, TimePoint now) {
  Plan plan;
  plan_freeze(world.freeze, world.fence, now, plan);
  // First, so that no node is marked in the turn in which it gets a pod.
  auto binds = plan_binds(world, policy, now);
  std::move(binds.steps.begin(), binds.steps.end(), std::back_inserter(plan.steps));
  look_again(plan, binds.reconsider_at, now);
  std::vector<ScalerWant> scalers;
  for (const auto& scaler : policy.scalers) {
    scalers.push_back(want_of(world, policy, scaler, now));
    plan_scaler(world, scalers.back(), now, plan);
  }
  auto demand = demand_of(world, policy, scalers, binds.placed);
  Placement placement;
  if (!demand.empty() || !binds.placed.empty()) {
    placement = place(world, policy, std::move(demand), now, binds.placed);
  }
  plan.held = std::move(placement.held);
  for (const auto& held : plan.held) look_again(plan, held.due, now);
  auto wants = want_nodes(world, policy, placement, now);
  look_again(plan, wants.reconsider_at, now);
  plan.nodes = std::move(wants.nodes);
  plan.look_closely = look_closely(world, policy, now);
  const auto fleet = count_fleet(world, policy, now);
  if (auto alarm = boots_alarm(world, policy, fleet)) plan.alarms.push_back(*std::move(alarm));
  plan_nodes(world, policy, fleet, now, plan);
  return plan;
}

}  // namespace ecokube::core
