#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/names.h"
#include "common/policy_clock.h"
#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"

namespace ecokube::core {

class World;

/// Whose demand a node has room for beside the first.
struct Others {
  std::int64_t count = 0;
  std::vector<PodRef> pods = {};  ///< those that are pods already
  bool operator==(const Others&) const = default;
};

/// Demand that nothing is done for though a sleeper would have room.
struct HeldDemand {
  std::string what;  ///< "pod default/x"
  std::optional<PodRef> pod;
  Reason reason;
  std::optional<TimePoint> due = {};  ///< when it is looked at again
  bool operator==(const HeldDemand&) const = default;
};

/// What is wanted of one node and why. There is one for each node that World knows.
struct NodeWant {
  NodeName node;
  bool on = true;
  Reason reason;                         ///< why it is wanted so, or why it is not put down
  std::optional<PodRef> needed_by = {};  ///< the pending pod that its room is for
  std::optional<Asker> asker = {};       ///< whose that is, where it is wanted on for that
  Others others = {};
  bool operator==(const NodeWant&) const = default;
};

/// What people should know of the fleet, and of which nodes, while it lasts.
struct Alarm {
  Reason reason;
  std::vector<NodeName> nodes;
  bool operator==(const Alarm&) const = default;
};

struct Plan {
  std::vector<NodeWant> nodes;
  std::vector<Step> steps;
  std::set<NodeName> look_closely = {};  ///< whose BMC should be read often
  std::optional<TimePoint> reconsider_at;
  std::vector<Alarm> alarms = {};
  std::vector<HeldDemand> held = {};
  bool operator==(const Plan&) const = default;
};

/// Pure: the same World, Policy and time give the same plan.
[[nodiscard]] Plan decide(const World& world, const Policy& policy, TimePoint now);

}  // namespace ecokube::core
