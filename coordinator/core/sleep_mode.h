#pragma once

#include <string>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// What a machine goes down to: what its pool wants where it can, else off.
namespace ecokube::core {

/// Why it is switched off although its pool wants more; empty: it does as its pool wants.
[[nodiscard]] std::string why_only_off(const Policy& policy, const Node& node);

/// What it goes down to; of one that is down or on its way, what its mark says.
[[nodiscard]] SleepMode sleep_mode_of(const Policy& policy, const Node& node);

/// It sleeps so, or is on its way: then its BMC's word of its power says nothing.
[[nodiscard]] bool is_suspended(const Node& node);

/// S3: a machine that was told to sleep as it can't might not be woken.
void s3_sleeps_as_it_can(const Policy& policy, const Node& node, SleepMode mode,
                         std::vector<Violation>& out);

}  // namespace ecokube::core
