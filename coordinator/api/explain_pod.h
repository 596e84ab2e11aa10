#pragma once

#include <boost/json/object.hpp>

#include "coordinator/core/plan.h"
#include "coordinator/fleet.h"

// What is done for a pod that has no node, and what it waits for.
namespace ecokube {

/// nullptr: no such pod is seen.
[[nodiscard]] const core::KubePod* find_pod(const core::World& world, const std::string& ns,
                                            const std::string& name);

/// Where it is, or what the newest plan does for it: which node is woken, or which quota or cap
/// keeps every node asleep.
[[nodiscard]] boost::json::object pod_explanation_json(const Fleet& fleet,
                                                       const core::KubePod& pod);

/// Demand that the plan keeps waiting by a quota, as a list.
[[nodiscard]] boost::json::array held_json(const core::Plan& plan);

}  // namespace ecokube
