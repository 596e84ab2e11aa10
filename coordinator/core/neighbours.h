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

  /// Where others do not want a pod: by topology key, the values.
  using Repelled = std::map<std::string, std::set<std::string>>;

  /// The rules that hold for one pod. Valid until the next pod is placed.
  class Rules {
   public:
    /// In kube-scheduler's words why it may not run on this node; empty: it may.
    [[nodiscard]] std::string_view obstacle(const KubeNode& node) const;

   private:
    friend class Neighbours;
    const KubePod* pod_ = nullptr;
    const NeighbourCounts* counts_ = nullptr;  ///< nullptr: it has no rules
    const Repelled* repelled_ = nullptr;
  };
  [[nodiscard]] Rules rules_for(const KubePod& pod);
  /// From now on the pod counts as running there.
  void place(const KubePod& pod, const KubeNode& node);

 private:
  using Placed = std::pair<const KubePod*, const KubeNode*>;
  using Kind = std::pair<std::string, Labels>;  ///< what terms of others look at

  const World& world_;
  std::vector<Placed> placed_;
  std::vector<std::shared_ptr<NeighbourCounts>> known_;  ///< one for each kind of rules
  std::map<Kind, Repelled> repelled_;                    ///< of the kinds that were asked about
};

/// Where one of them does not fit, the other does not either.
[[nodiscard]] bool same_kind(const KubePod& a, const KubePod& b);

/// It may fit, because of another pod that was placed, where it did not fit before.
[[nodiscard]] bool may_gain_by_neighbours(const KubePod& pod);

}  // namespace ecokube::core
