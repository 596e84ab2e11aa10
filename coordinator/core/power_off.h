#pragma once

#include <optional>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// A machine that said goodbye for our step and hangs on its way down: only then, and only where its
// pool says so, its management controller is told to switch it off.
namespace ecokube::core {

/// So many orders and no more: one soft, the others hard.
inline constexpr std::int64_t kPowerOffsMax = 3;

/// When the next order is due, the first as long after its agent's silence as it may take to go
/// down; nullopt: none is.
[[nodiscard]] std::optional<TimePoint> power_off_due(const World& world, const Policy& policy,
                                                     const Node& node, TimePoint now);

/// The next order: soft first.
[[nodiscard]] PowerOff power_off_order(const Node& node);

}  // namespace ecokube::core
