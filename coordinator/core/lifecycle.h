#pragma once

#include "coordinator/core/world.h"

namespace ecokube::core {

/// Kubernetes says Ready, and of the boot that the agent speaks for.
[[nodiscard]] bool kube_ready(const Node& node);

/// It is off as far as we know, or was put down or woken by us and is not known to be up again.
[[nodiscard]] bool is_away(const Node& node);

/// Puts the node into `state`; a change begins a new transition with its own step ids.
void enter(Node& node, Lifecycle state, TimePoint now);

/// Moves the node to the state that the evidence of its agent and its Node object says. Called
/// after each observation that touched either.
void follow_evidence(Node& node, TimePoint now);

}  // namespace ecokube::core
