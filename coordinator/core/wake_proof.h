#pragma once

#include <string>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/world.h"

// S15: policy puts down only what was seen to wake, not too long ago. A pool proves its wakes
// itself: one node at a time goes down for it and is woken at once. What such a node is down for
// stands in its mark, so that a successor wakes it too (S23).
namespace ecokube::core {

/// A wake of it was seen that still counts: from what it would go down to now.
[[nodiscard]] bool wake_proven(const Node& node, const Policy& policy, TimePoint now);

/// It is down, or on its way, to prove its wake, also for a person, or has failed to.
[[nodiscard]] bool proves_wake(const Node& node);

/// It would go down to prove its wake: a person wants that tested, or policy does.
[[nodiscard]] bool would_prove_wake(const Policy& policy, const Node& node, TimePoint now);

/// It came up because we woke it, from what it had gone down to. One that had been given up before
/// may have been helped by a person.
[[nodiscard]] bool shows_wake(const Node& node);

/// What it has shown before does not count any more: it was given up, or was woken and had to boot
/// in place of coming back with its memory (the mains failed, or it cannot resume).
[[nodiscard]] bool voids_proof(const Node& node);
/// It left to sleep, and is back in the same life: it never slept.
[[nodiscard]] bool never_slept(const Node& node);

/// What its wake shows that is going on or has just ended.
struct ShownWake {
  SleepMode mode = SleepMode::power_off;  ///< from what it woke
  std::string boot;                       ///< the fingerprint that it showed to boot; empty: none
};
[[nodiscard]] ShownWake what_wake_shows(const Node& node);

/// Another node of its pool is doing so; empty: none.
[[nodiscard]] NodeName other_proof(const FleetCounts& fleet, const Pool* pool, const Node& node);

void s15_proven(const Policy& policy, const FleetCounts& fleet, const Node& node, TimePoint now,
                std::vector<Violation>& out);

}  // namespace ecokube::core
