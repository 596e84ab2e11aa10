#pragma once

#include <optional>

#include "coordinator/fleet.h"
#include "coordinator/kubernetes/node_events.h"

namespace ecokube {

/// What of the loop's events a person should see at the Node: changes of state, what is done and
/// why, and what was refused. nullopt for the rest.
[[nodiscard]] std::optional<kubernetes::NodeEvent> node_event_of(const FleetEvent& event);

}  // namespace ecokube
