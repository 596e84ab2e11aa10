#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/core/plan.h"
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
  std::vector<NodeTerm> node_affinity = {};
  Asker asker = {};  ///< without a namespace nobody is charged for it
};

/// Where demand goes: packed onto nodes that are on, then on those that come up, then on the
/// cheapest sleepers. A node that is not named here is not needed.
struct Placement {
  std::map<NodeName, Demand> needed_for;  ///< the first that went there
  std::map<NodeName, Others> others;      ///< that went there after it
  std::vector<std::string> unplaced;      ///< fits no node that may be woken
  std::vector<HeldDemand> held;           ///< by their namespace's quota
};

/// What one pod of the workload asks for: by its template, else the most that a pod of it that is
/// there asks for. nullopt: nothing tells.
[[nodiscard]] std::optional<Resources> requests_of(const World& world,
                                                   const KubeWorkload& workload);

/// Pods that are bound already though the view does not show it: by UID, to which node.
using BoundMeanwhile = std::map<std::string, NodeName>;

/// Pods that the scheduler calls unschedulable or that wait for us, and replicas that are about to
/// be. A DaemonSet's pod follows its node and wakes none.
[[nodiscard]] std::vector<Demand> demand_of(const World& world, const Policy& policy,
                                            const std::vector<ScalerWant>& scalers,
                                            const BoundMeanwhile& bound = {});
/// Nodes of `bound` are needed for their pods.
/// A sleeper that a cap in watts keeps asleep is taken only where nothing else has room.
[[nodiscard]] Placement place(const World& world, const Policy& policy, std::vector<Demand> demand,
                              TimePoint now, const BoundMeanwhile& bound = {});

/// Whether these pods, which are bound to `node`, would fit on other nodes that are on.
[[nodiscard]] bool fits_elsewhere(const World& world, const Policy& policy, const Node& node,
                                  const std::vector<const KubePod*>& pods, TimePoint now);

/// On, ready for pods and to stay so, as far as people have said.
[[nodiscard]] bool takes_pods_now(const Node& node, const Policy& policy, TimePoint now);

/// What is left of the node beside the requests of its pods.
[[nodiscard]] Resources room_on(const World& world, const Node& node);

/// A node that sleeps or may be asleep and that may be woken now.
[[nodiscard]] bool may_be_woken(const World& world, const Policy& policy, const Node& node,
                                TimePoint now);

/// Whether pods with this selector, affinity and these tolerations could run on the node once it is
/// up.
[[nodiscard]] bool could_run_on(const Node& node, const Labels& selector,
                                const std::vector<Toleration>& tolerations,
                                const std::vector<NodeTerm>& node_affinity);

}  // namespace ecokube::core
