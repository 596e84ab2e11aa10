#pragma once

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// Who sends a sleeper's magic packets on its own segment. Routers let no broadcast through, so
// where the coordinator is on none of a sleeper's segments an awake agent there has to do it (S3).
namespace ecokube::core {

/// Awake agents on the sleeper's segments, two of each, that send this order's packets there too:
/// the coordinator need not be on them, and a doubled packet does no harm.
[[nodiscard]] std::vector<Relay> relays_for(const World& world, const Policy& policy,
                                            const Node& node, const WakeNode& order, TimePoint now);

/// Nothing but an awake agent of its segment reaches it: no BMC of it answers, nobody has said
/// where to send its packets, and the coordinator is on none of its segments.
[[nodiscard]] bool needs_relay(const Policy& policy, const Node& node, TimePoint now);

/// The node has to stay on: without it, and without those that are about to go down too, fewer than
/// two awake agents would be left for itself or for who sleeps on its segments. A segment that has
/// lost its relays already is no reason: see sleepers_to_relay().
[[nodiscard]] std::optional<Reason> last_relay(const World& world, const Policy& policy,
                                               const Node& node, TimePoint now,
                                               const std::set<NodeName>& going = {});

/// Sleepers, of those that `may` be woken, that are woken while an agent of their segment is left
/// to do it: one is too few for the others there.
[[nodiscard]] std::set<NodeName> sleepers_to_relay(const World& world, const Policy& policy,
                                                   TimePoint now,
                                                   const std::function<bool(const Node&)>& may);

void s3_relayed(const World& world, const Policy& policy, const Node& node, TimePoint now,
                std::vector<Violation>& out);

}  // namespace ecokube::core
