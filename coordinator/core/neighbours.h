#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/core/world.h"

namespace ecokube::core {

struct NeighbourCounts;

/// What pods forbid each other: required affinity and anti-affinity, in both directions, and hard
/// topology spread. Counts what is bound once for each kind of pod that is asked about, and what is
/// placed since. Lives as long as one decision.
class Neighbours {
 public:
  explicit Neighbours(const World& world) : world_(world) {}

  /// The rules that hold for one pod. Valid until the next pod is placed.
  class Rules {
   public:
    /// In kube-scheduler's words why it may not run on this node; empty: it may.
    [[nodiscard]] std::string_view obstacle(const KubeNode& node) const;

   private:
    friend class Neighbours;
    const KubePod* pod_ = nullptr;
    const NeighbourCounts* counts_ = nullptr;                      ///< nullptr: it has no rules
    std::set<std::pair<std::string, std::string>> repelled_from_;  ///< topology key and value
  };
  [[nodiscard]] Rules rules_for(const KubePod& pod);
  /// From now on the pod counts as running there.
  void place(const KubePod& pod, const KubeNode& node);

  /// Whether rules of this pod, or those of others for it, can change with what is placed.
  [[nodiscard]] static bool has_rules(const KubePod& pod) {
    return !pod.pod_terms.empty() || !pod.spread.empty();
  }

 private:
  using Placed = std::pair<const KubePod*, const KubeNode*>;
  void repel(const KubePod& by, const KubeNode& at, const KubePod& pod, Rules& rules) const;

  const World& world_;
  std::vector<Placed> placed_;
  std::vector<std::shared_ptr<NeighbourCounts>> known_;  ///< one for each kind of pod
};

}  // namespace ecokube::core
