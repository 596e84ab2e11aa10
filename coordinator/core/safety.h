#pragma once

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

/// The standing reasons against taking this node away now (mark), before any step exists.
[[nodiscard]] std::vector<Violation> blockers(const World& world, const Policy& policy,
                                              const Node& node, TimePoint now);

}  // namespace ecokube::core
