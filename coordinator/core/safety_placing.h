#pragma once

#include "coordinator/core/safety_work.h"

// The rules for our own scheduler: nothing is bound to a node that may be going down, and no node
// goes down to which something may be being bound.
namespace ecokube::core {

/// The Lease is held, and no agent has seen a newer leader (S5).
void s5_lease(const World& world, TimePoint now, Violations& out);

/// The view of the cluster is new enough and did not fall back (S2).
void s2_view(const World& world, const Policy& policy, TimePoint now, Violations& out);

/// A bind to the node is on its way, or no answer came to it.
void s1_binding(const World& world, const Node& node, Violations& out);

/// Steps on pods: bind, report_unschedulable.
void check_placing(const World& world, const Policy& policy, const Step& step, TimePoint now,
                   Violations& out);

/// A node that nobody may touch is not told to be a candidate either.
void check_soft_taint(const World& world, const Policy& policy, const Node& node, TimePoint now,
                      Violations& out);

}  // namespace ecokube::core
