#pragma once

#include <optional>

#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

// S17: whoever switches off what idles has to know what the way back costs. Staying on for as long
// as that costs never loses more than twice the best that hindsight could do (ski rental: Karlin
// et al., Competitive randomized algorithms for non-uniform problems, Algorithmica 1994).
namespace ecokube::core {

/// How long the node must be off for its boot to be saved: what it draws from the wake to Ready by
/// the median of the boots seen, against what it draws idle. Off it is taken to draw a tenth of
/// idle, booting three tenths of the way from idle to its peak; where its watts are not known, a
/// peak of three times idle. nullopt: no boot of it was seen.
[[nodiscard]] std::optional<Duration> break_even(const Policy& policy, const Node& node);

/// How long a node of this pool stays on after its work: `unneeded_time` if set, else its
/// break-even time, from one minute to one hour, or ten minutes as long as that is not known.
[[nodiscard]] Duration unneeded_time(const Policy& policy, const Pool& pool, const Node& node);

}  // namespace ecokube::core
