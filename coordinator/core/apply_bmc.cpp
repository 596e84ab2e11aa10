// What management controllers say.
#include <algorithm>

#include "coordinator/core/apply.h"

namespace ecokube::core::detail {

void on(World& world, const BmcSeen& fact, TimePoint now) {
  Node& node = node_at(world, fact.node, now);
  auto& bmc = node.bmc;
  bmc.equal = bmc.on == fact.on ? std::min(bmc.equal + 1, kEqualReadings) : 1;
  bmc.on = fact.on;
  bmc.read_at = now;
  bmc.guid = fact.guid;
  bmc.failure.reset();
  if (fact.on) {
    bmc.off_under_agent = 0;
    bmc.contradicts = false;
    return;
  }
  bmc.power.reset();
  if (node.agent.connected && !node.agent.goodbye) {
    bmc.off_under_agent = std::min(bmc.off_under_agent + 1, kEqualReadings);
  }
}

void on(World& world, const BmcFailed& fact, TimePoint now) {
  auto& bmc = node_at(world, fact.node, now).bmc;
  bmc.on.reset();
  bmc.equal = 0;
  bmc.failure = Error{fact.kind, fact.why};
  bmc.failed_at = now;
}

void on(World& world, const BmcMeasured& fact, TimePoint now) {
  auto& bmc = node_at(world, fact.node, now).bmc;
  bmc.power_problem = fact.why;
  // The last one counts until it is old; what a machine that is off draws is another thing.
  if (!fact.power || bmc.on == false) return;
  bmc.power = fact.power;
  bmc.power_source = fact.source;
  bmc.power_at = now;
}

void hear_agent(BmcView& bmc) {
  if (bmc.on != false) return;
  bmc.contradicts = bmc.contradicts || bmc.off_under_agent >= kEqualReadings;
  bmc.on.reset();
  bmc.equal = 0;
}

}  // namespace ecokube::core::detail
