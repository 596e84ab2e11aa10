#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/safety_work.h"

// That what serves goes on serving (S22): where replicas are after a node was emptied, and whether
// the nodes that stay awake can take what any one of them carries.
namespace ecokube::core {

/// Emptying the node leaves no workload's replicas on one node alone, nor in fewer zones than
/// before where there were two or more, unless there is a place elsewhere for those that are moved.
void s22_spread(const World& world, const Policy& policy, const Node& node, TimePoint now,
                Violations& out);

/// Room is left on the nodes that are on for the replicas of each of them, were it lost.
void s22_node_loss(const World& world, const Policy& policy, const Node& node, TimePoint now,
                   Violations& out);

/// The loss of each node tried: where its replicas would go, node by node, in one fixed order in
/// which nodes with work come before idle ones. One of several replicas and what has a budget
/// counts; of a Job, a DaemonSet, or a workload that a scaler may take down to none, nothing does.
class LossTrial {
 public:
  /// As if `without` were not there, and its pods were on the others.
  LossTrial(const World& world, const Policy& policy, TimePoint now, const Node* without = nullptr);

  /// The node whose loss needs room on this one, or nullptr. A node that no loss needs may go, and
  /// so may all of these together.
  [[nodiscard]] const NodeName* needs(const NodeName& node) const;

  struct Unplaced {
    NodeName lost;
    const Replicas* replicas;
    Resources requests;
  };
  /// The first of each loss that finds no room.
  [[nodiscard]] const std::vector<Unplaced>& unplaced() const { return unplaced_; }

 private:
  struct Bin {
    const Node* node;
    Resources room;
    const NodeName* needed_for = nullptr;
  };
  /// The bins that can take a pod of these requests, found as far as was needed.
  struct Candidates {
    std::size_t replicas;
    Resources requests;
    std::size_t looked_at = 0;
    std::vector<std::size_t> bins;
  };
  using Carried = std::map<NodeName, std::vector<ReplicaIndex::Share>>;
  using Used = std::map<std::size_t, Resources>;  ///< by one loss, of each bin

  [[nodiscard]] Resources least_asked() const;
  void find_bins(const Policy& policy, TimePoint now, const Node* without, const Resources& least);
  void find_what_counts(const Policy& policy);
  void lose_each(const Carried& carried);
  void move_away(const NodeName& from, Carried& carried);
  void lose(const NodeName& lost, const std::vector<ReplicaIndex::Share>& shares);
  [[nodiscard]] std::optional<std::size_t> place(const NodeName& lost, Candidates& candidates,
                                                 Used& used);
  [[nodiscard]] Candidates& candidates_of(const ReplicaIndex::Share& share);
  [[nodiscard]] bool counts(const ReplicaIndex::Share& share) const;

  const World& world_;
  std::vector<Bin> bins_;
  std::vector<bool> several_;  ///< of each Replicas: there are two or more
  std::vector<bool> exempt_;
  std::map<std::size_t, std::vector<Candidates>> candidates_;  ///< by Share::replicas
  std::map<NodeName, NodeName> needed_for_;
  std::vector<Unplaced> unplaced_;
};

}  // namespace ecokube::core
