#pragma once

#include "coordinator/core/safety_work.h"

// S6: no more starts, downs and machines that boot at once than may be.
namespace ecokube::core {

/// A machine that is being woken already takes nothing anew.
void s6_start(const World& world, const Policy& policy, const Step& step, const Node& node,
              TimePoint now, Violations& out);
void s6_place(const World& world, const Policy& policy, const Node& node, TimePoint now,
              Violations& out);
void s6_down(const World& world, const Policy& policy, const Step& step, const Node& node,
             TimePoint now, Violations& out);

}  // namespace ecokube::core
