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
  }
  return world;
}

void apply(World& world, const Observation& observation) {
  world.now = std::max(world.now, observation.at);
  std::visit([&](const auto& fact) { detail::on(world, fact, world.now); }, observation.fact);
}

namespace detail {

Node& node_at(World& world, const NodeName& name, TimePoint now) {
  auto [at, added] = world.nodes.try_emplace(name);
  if (added) {
    at->second.name = name;
    at->second.since = now;
  }
  return at->second;
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
    case PersonVerb::wake:
    case PersonVerb::sleep:
    case PersonVerb::test_wake:
      node.request = Request{fact.verb, fact.by, fact.reason, now, until};
      node.down_not_before.reset();
      node.quarantined_until.reset();
      break;
  }
}

}  // namespace detail
}  // namespace ecokube::core
