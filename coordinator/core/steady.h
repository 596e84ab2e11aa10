#pragma once

#include "coordinator/core/observation.h"
#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// It says what `world` holds already: a decision after it is the one before it, so none need be
/// made for its sake. Asked before it is applied. True for a heartbeat in time that tells only of
/// power and energy; most of what comes in a fleet at rest.
[[nodiscard]] bool says_nothing_new(const World& world, const Policy& policy,
                                    const Observation& observation);

}  // namespace ecokube::core
