#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/cluster_facts.h"

namespace ecokube::core {

class World;

/// The pods of one controller: replicas of each other, with one template.
struct Replicas {
  std::string ns;
  std::string kind;            ///< of the controller
  std::set<std::string> pods;  ///< UIDs of those that are not over; bound or not
  Labels labels;               ///< of the one seen last, as are the next three
  Labels node_selector;
  std::vector<Toleration> tolerations;
  std::vector<NodeTerm> node_affinity;
};

/// A pod that a controller makes anew since its node was lost with it.
struct LostPod {
  std::string ns;
  std::string controller;  ///< controller_key()
  Labels labels;
  TimePoint at;
  NodeName woken;  ///< the last that was woken for what replaces it
};

/// Pods by their controllers, kept with each change, so that a decision need not walk over all
/// pods. Pods without a controller are not in it: nobody makes them anew.
struct ReplicaIndex {
  /// What one controller has on one node.
  struct Share {
    std::size_t replicas = 0;  ///< an index into `all`
    std::int64_t pods = 0;
    Resources requests;     ///< of one pod
    bool budgeted = false;  ///< a PodDisruptionBudget is for them
  };
  std::map<std::string, std::size_t> by_key;  ///< "namespace/kind/name" of the controller
  std::vector<Replicas> all;                  ///< those without pods are free to be used again
  std::vector<std::size_t> unused;
  std::map<NodeName, std::vector<Share>> on;
};

/// "namespace/kind/name" of the pod's controller; empty: it has none.
[[nodiscard]] std::string controller_key(const KubePod& pod);

/// The pods that share the pod's controller, itself included; nullptr: it has none.
[[nodiscard]] const Replicas* replicas_of(const World& world, const KubePod& pod);

/// Ready ones are on two nodes or more.
[[nodiscard]] bool is_spread(const World& world, const Replicas& replicas);

// Kept by apply(). The pod is in World::pods already, or is no more.
void add_replica(World& world, const KubePod& pod);
void remove_replica(World& world, const KubePod& pod);
/// The shares on a node, from its pods.
void share_out(World& world, const NodeName& node);

}  // namespace ecokube::core
