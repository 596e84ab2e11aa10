#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/neighbours.h"
#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// A node, as a place to bind pods to now.
struct BindBin {
  const Node* node = nullptr;
  Resources room;           ///< what its pods leave
  std::string_view closed;  ///< why no pod may be bound there now; empty: it is open
};

/// Why no pod at all may be bound to the node, in the words of a condition; empty: it is on, Ready
/// and not on its way down.
[[nodiscard]] std::string_view why_closed(const Node& node, const Policy& policy, TimePoint now);

/// All nodes of the cluster.
[[nodiscard]] std::vector<BindBin> open_bins(const World& world, const Policy& policy,
                                             TimePoint now);

/// The open bin that is fullest with the pod in it; those with a soft taint that the pod does not
/// tolerate come last. nullptr: it fits into none.
[[nodiscard]] BindBin* fullest_that_fits(std::vector<BindBin>& bins, const KubePod& pod,
                                         const Neighbours::Rules& rules);

/// "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were asleep or being switched."
[[nodiscard]] std::string why_nowhere(const std::vector<BindBin>& bins, const KubePod& pod,
                                      const Neighbours::Rules& rules);

}  // namespace ecokube::core
