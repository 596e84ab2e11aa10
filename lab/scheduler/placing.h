#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/error.h"
#include "coordinator/core/cluster_facts.h"

namespace ecokube::lab {

/// A pod as the scheduler sees it.
struct SchedulerPod {
  core::KubePod pod;
  bool ours = true;              ///< spec.schedulerName is empty or default-scheduler
  std::string created;           ///< metadata.creationTimestamp
  std::string refusal;           ///< message of its condition PodScheduled=False
  boost::json::array otherwise;  ///< its conditions apart from PodScheduled
};

[[nodiscard]] Result<SchedulerPod> parse_scheduler_pod(const boost::json::object& pod);

/// Where one waiting pod goes, or why it can't go anywhere.
struct Placing {
  const SchedulerPod* pod = nullptr;
  NodeName node;        ///< empty: unschedulable
  std::string refusal;  ///< why, when unschedulable
};

struct SchedulerView {
  const std::map<std::string, core::KubeNode>* nodes = nullptr;
  const std::map<std::string, SchedulerPod>* pods = nullptr;
  /// uid of the pod → node: bindings that were made but not seen yet.
  const std::map<std::string, NodeName>* assumed = nullptr;
};

/// A decision for each waiting pod, oldest first; each takes its room from those after it. Of the
/// nodes where a pod fits, the one that is fullest with it (MostAllocated); those with a
/// PreferNoSchedule taint that it does not tolerate come last.
[[nodiscard]] std::vector<Placing> place_waiting_pods(const SchedulerView& view);

/// The body of POST pods/NAME/binding.
[[nodiscard]] boost::json::object binding_of(const core::KubePod& pod, const NodeName& node);

/// The merge patch on pods/NAME/status; refused with a conflict when the pod changed meanwhile.
[[nodiscard]] boost::json::object refusal_patch(const SchedulerPod& pod, const std::string& refusal,
                                                const std::string& now);

}  // namespace ecokube::lab
