#pragma once

#include <vector>

#include "coordinator/fleet.h"
#include "coordinator/kubernetes/object_events.h"

namespace ecokube {

/// What of the loop's events a person should see at the Node and at the pods that it is done for or
/// to: changes of state, what is done and why, and what was refused. Empty for the rest.
[[nodiscard]] std::vector<kubernetes::ObjectEvent> events_of(const FleetEvent& event);

}  // namespace ecokube
