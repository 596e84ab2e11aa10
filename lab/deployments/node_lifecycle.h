#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/policy_clock.h"
#include "coordinator/core/cluster_facts.h"
#include "lab/deployments/replicas.h"

namespace ecokube::lab {

/// A node as its lifecycle needs it.
struct LifecycleNode {
  NodeName name;
  std::string uid;
  core::Revision revision = 0;
  core::Readiness ready = core::Readiness::unknown;
  boost::json::array conditions;
  bool out_of_service = false;  ///< the taint: given up at once when it is not ready
};

using LifecycleNodes = std::map<std::string, LifecycleNode>;
/// Node's name → renewTime of its Lease, as text: it is only compared with itself.
using Renewals = std::map<NodeName, std::string>;

[[nodiscard]] Result<LifecycleNode> parse_lifecycle_node(const boost::json::object& object);

struct SeenLease {
  NodeName node;
  std::string renewal;
};
[[nodiscard]] SeenLease parse_lease(const boost::json::object& lease);

/// Which nodes have fallen silent, and which have been away for so long that their pods are given
/// up. Counts on our own clock from when a change was seen, so no two clocks are compared.
class NodeLifecycle {
 public:
  NodeLifecycle(Duration grace, Duration give_up_after)
      : grace_(grace), give_up_after_(give_up_after) {}

  struct Findings {
    std::vector<const LifecycleNode*> silent;  ///< to be marked Ready=Unknown
    std::set<NodeName> given_up;               ///< their pods are to be deleted
  };
  [[nodiscard]] Findings look(TimePoint now, const LifecycleNodes& nodes, const Renewals& renewals);

  /// Pods bound to nodes that are given up, or that do not exist for as long; those of DaemonSets
  /// and static ones stay.
  [[nodiscard]] std::vector<const DeploymentPod*> lost_pods(TimePoint now,
                                                            const LifecycleNodes& nodes,
                                                            const std::set<NodeName>& given_up,
                                                            const DeploymentPods& pods);

 private:
  struct Memory {
    std::string uid;
    std::string renewal;
    TimePoint renewed_at;
    std::optional<TimePoint> away_since;
  };

  Duration grace_;
  Duration give_up_after_;
  std::map<NodeName, Memory> memory_;
  std::map<NodeName, TimePoint> missing_since_;
};

/// RFC 3339, as the API writes it.
[[nodiscard]] std::string api_time_now();

/// The merge patch on nodes/NAME/status; refused with a conflict when the node changed meanwhile.
[[nodiscard]] boost::json::object silence_patch(const LifecycleNode& node, const std::string& now);

}  // namespace ecokube::lab
