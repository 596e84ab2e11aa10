#pragma once

#include "coordinator/core/safety_work.h"

// The rules about demand and about what scalers do. Each adds what it finds to `out`.
namespace ecokube::core {

/// What a scaler wants is not known: its pods may come to any node that could run them (S2).
void s2_demand(const World& world, const Policy& policy, const Scaler& scaler, const Node& node,
               TimePoint now, Violations& out);

/// Of a scale step: what is not ours stays as it is, nothing falls while there may be lag.
void check_scale(const World& world, const Policy& policy, const Step& step,
                 const ScaleWorkload& scale, TimePoint now, Violations& out);

}  // namespace ecokube::core
