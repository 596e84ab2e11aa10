#pragma once

#include "coordinator/core/safety_work.h"

namespace ecokube::core {

/// S19: who speaks as this node's agent is the machine that Kubernetes calls by its name, in the
/// boot that it knows, and no other node's agent says that it is the same one. What one side does
/// not tell says nothing.
void s19_right_machine(const World& world, const Policy& policy, const Node& node, TimePoint now,
                       Violations& out);

/// Nodes with a living agent that says to be the same machine as this node's; `by`, if given, takes
/// what they share.
[[nodiscard]] std::vector<NodeName> twins_of(const World& world, const Policy& policy,
                                             const Node& node, TimePoint now,
                                             std::string* by = nullptr);

}  // namespace ecokube::core
