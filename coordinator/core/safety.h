#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// A broken S-rule: which, and in one sentence why.
struct Violation {
  std::string rule;  ///< "S1", "S4", ...
  std::string code;  ///< the blocker's name, e.g. "NotEmpty", "ControlPlane", "WakeNotProven"
  std::string text;
  bool operator==(const Violation&) const = default;
};

/// The last gate before a step is performed, written apart from the planner. Empty: allowed.
[[nodiscard]] std::vector<Violation> check(const World& world, const Policy& policy,
                                           const Step& step, TimePoint now);

/// What rules ask of the whole fleet. Counting is one walk over it: once for all nodes of a turn.
struct FleetCounts {
  std::map<const Pool*, std::int64_t> on;  ///< Ready nodes of each pool
  std::int64_t should_be_on = 0;
  std::int64_t unready = 0;      ///< of those that should be on
  std::int64_t soft_taints = 0;  ///< soft taints that are being written
  std::int64_t in_cluster = 0;
  std::int64_t sleep_unproven = 0;  ///< in_doubt() of boot_proof.h
  std::int64_t lost_unproven = 0;   ///< of those, that did not come back
  bool identity_shared = false;     ///< any_identity_shared() of safety_identity.h
  std::multimap<const Pool*, NodeName>
      proofs;  ///< nodes that show, or were to show, that they wake
};
[[nodiscard]] FleetCounts count_fleet(const World& world, const Policy& policy, TimePoint now);

/// The standing reasons against taking this node away now (mark), before any step exists.
[[nodiscard]] std::vector<Violation> blockers(const World& world, const Policy& policy,
                                              const Node& node, TimePoint now);
/// The same with `fleet` counted of this World at this time.
[[nodiscard]] std::vector<Violation> blockers(const World& world, const Policy& policy,
                                              const FleetCounts& fleet, const Node& node,
                                              TimePoint now);

/// The Lease is held now, with this fence (S5).
[[nodiscard]] bool leads(const World& world, std::int64_t fence, TimePoint now);

}  // namespace ecokube::core
