#pragma once

#include "coordinator/core/safety_work.h"

// Rules about power itself: that a machine can be woken again, and that an off was seen.
namespace ecokube::core {

/// A packet would wake it, or its BMC answers and is one of its methods.
void s3_wakeable(const Policy& policy, const Node& node, TimePoint now, Violations& out);

/// Its BMC is no other machine's, as far as both are known.
void s19_right_machine(const Policy& policy, const Node& node, Violations& out);

/// Off is written down only as it was seen: by its BMC, or where it has none, by its agent's
/// goodbye for our step and the silence after it.
void power_seen_off(const Policy& policy, const Node& node, TimePoint now, Violations& out);

}  // namespace ecokube::core
