#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/core/scaler.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// Something that must run somewhere: a pending pod, or a replica that a scaler is about to make.
struct Demand {
  std::string what;  ///< "pod default/x", "scaler eco-worker"
  Resources requests;
  Labels node_selector;
  std::vector<Toleration> tolerations;
  std::optional<PodRef> pod = {};  ///< where it is a pod already
};

/// Where demand goes: packed onto nodes that are on, then on those that come up, then on the
/// cheapest sleepers. A node that is not named here is not needed.
struct Placement {
  std::map<NodeName, Demand> needed_for;  ///< the first that went there
  std::vector<std::string> unplaced;      ///< fits no node that may be woken
};

[[nodiscard]] std::vector<Demand> demand_of(const World& world,
                                            const std::vector<ScalerWant>& scalers);
[[nodiscard]] Placement place(const World& world, const Policy& policy, std::vector<Demand> demand,
                              TimePoint now);

/// Whether these pods, which are bound to `node`, would fit on other nodes that are on.
[[nodiscard]] bool fits_elsewhere(const World& world, const Policy& policy, const Node& node,
                                  const std::vector<const KubePod*>& pods, TimePoint now);

/// A node that sleeps or may be asleep and that may be woken now.
[[nodiscard]] bool may_be_woken(const World& world, const Policy& policy, const Node& node,
                                TimePoint now);

/// Whether pods with this selector and these tolerations could run on the node once it is up.
[[nodiscard]] bool could_run_on(const Node& node, const Labels& selector,
                                const std::vector<Toleration>& tolerations);

}  // namespace ecokube::core
