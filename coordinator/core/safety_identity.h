#pragma once

#include "coordinator/core/safety_work.h"

namespace ecokube::core {

/// S19: who speaks as this node's agent is the machine that Kubernetes calls by its name, in the
/// boot that it knows (right machine), and no other node's agent says that it is the same one (no
/// twin). What one side does not tell says nothing.
void s19_right_machine(const Node& node, Violations& out);
void s19_no_twin(const World& world, const Policy& policy, const Node& node, TimePoint now,
                 Violations& out);

/// Two nodes say to be the same machine, alive or not: else nobody need be asked for twins, which
/// costs more than all the rest of the gate.
[[nodiscard]] bool any_identity_shared(const World& world);

/// Nodes with a living agent that says to be the same machine as this node's; `by`, if given, takes
/// what they share.
[[nodiscard]] std::vector<NodeName> twins_of(const World& world, const Policy& policy,
                                             const Node& node, TimePoint now,
                                             std::string* by = nullptr);

}  // namespace ecokube::core
