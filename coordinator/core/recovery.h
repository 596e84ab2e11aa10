#pragma once

#include <optional>

#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

// The way back from dark (S24): what must be there for anything else to come back, and offs that
// nobody wished for.
namespace ecokube::core {

/// Policy::recovery names it: it never sleeps, and is woken before all others.
[[nodiscard]] bool in_recovery_set(const Policy& policy, const Node& node);

/// A UPS had it switched off, and its agent has not been heard since.
[[nodiscard]] bool left_by_ups(const Node& node);

/// Its UPS says that it goes off. One that does so again within an hour of being Ready runs on a
/// battery still: each such off doubles the rest, up to 32 times.
void note_ups_off(Node& node, TimePoint now);

/// Until when it is left off: its UPS may cut the outlets at any moment. absent: no UPS did that,
/// or the time is over.
[[nodiscard]] std::optional<TimePoint> rests_after_ups(const Policy& policy, const Node& node,
                                                       TimePoint now);

}  // namespace ecokube::core
