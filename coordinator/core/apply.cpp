#include "coordinator/core/apply.h"

#include <algorithm>

namespace ecokube::core {

World make_world(const Policy& policy) {
  World world;
  world.daemonsets_may_stop = policy.daemonsets_may_stop;
  for (const auto& scaler : policy.scalers) {
    auto& view = world.scalers[scaler.name];
    view.name = scaler.name;
    view.activation_lag_threshold = scaler.activation_lag_threshold;
    world.workload_kinds[scaler.target_kind()];
  }
  return world;
}

void apply(World& world, const Observation& observation) {
  world.now = std::max(world.now, observation.at);
  if (!world.buckets.known_since) world.buckets.known_since = world.now;
  std::visit([&](const auto& fact) { detail::on(world, fact, world.now); }, observation.fact);
}

namespace detail {

Node& node_at(World& world, const NodeName& name, TimePoint now) {
  auto [at, added] = world.nodes.try_emplace(name);
  if (added) {
    at->second.name = name;
    at->second.since = now;
    ++world.buckets.machines;
  }
  return at->second;
}

// Workloads come by watches of their own, which may be ahead of the view of nodes and pods: their
// revisions say nothing of its age.
void on(World& world, const WorkloadsListed& fact, TimePoint /*now*/) {
  std::erase_if(world.workloads, [&](const auto& entry) {
    return kind_key(entry.second.group, entry.second.kind) == fact.kind;
  });
  for (const auto& workload : fact.workloads) world.workloads[workload.key()] = workload;
  world.workload_kinds[fact.kind] = {true, ""};
}

void on(World& world, const WorkloadsLost& fact, TimePoint /*now*/) {
  world.workload_kinds[fact.kind].problem = fact.why;
}

void on(World& world, const WorkloadSeen& fact, TimePoint /*now*/) {
  world.workloads[fact.workload.key()] = fact.workload;
}

void on(World& world, const WorkloadDeleted& fact, TimePoint /*now*/) {
  world.workloads.erase(fact.key);
}

void on(World& world, const LagSeen& fact, TimePoint now) {
  const auto at = world.scalers.find(fact.scaler);
  if (at == world.scalers.end()) return;
  auto& view = at->second;
  view.lag = fact.lag;
  view.partitions = fact.partitions;
  view.seen_at = now;
  view.problem.clear();
  if (!view.first_seen_at) view.first_seen_at = now;
  if (fact.lag > view.activation_lag_threshold) view.active_at = now;
}

void on(World& world, const LagLost& fact, TimePoint /*now*/) {
  const auto at = world.scalers.find(fact.scaler);
  if (at != world.scalers.end()) at->second.problem = fact.why;
}

void on(World& world, const PersonAsked& fact, TimePoint now) {
  Node& node = node_at(world, fact.node, now);
  const auto until =
      fact.valid_for ? std::optional(now + *fact.valid_for) : std::optional<TimePoint>();
  node.request_unsaved = true;
  switch (fact.verb) {
    case PersonVerb::hold:
      node.hold = Hold{fact.by, fact.reason, until};
      node.hold_unsaved = true;
      node.request.reset();
      break;
    case PersonVerb::release:
      node.hold.reset();
      node.hold_unsaved = true;
      node.request.reset();
      node.down_not_before.reset();
      break;
    case PersonVerb::unquarantine:
      node.request = Request{fact.verb, fact.by, fact.reason, now, until};
      node.asked_us = true;
      break;
    case PersonVerb::wake:
    case PersonVerb::sleep:
    case PersonVerb::test_wake:
      node.request = Request{fact.verb, fact.by, fact.reason, now, until};
      node.asked_us = true;
      node.down_not_before.reset();
      node.quarantined_until.reset();
      break;
  }
}

}  // namespace detail
}  // namespace ecokube::core
