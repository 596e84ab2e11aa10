#pragma once

#include <boost/json/value.hpp>

#include "common/error.h"
#include "coordinator/core/cluster_facts.h"

namespace ecokube::kubernetes {

// From API objects to what decisions need. Errc::invalid names the object and the field when a
// thing that safety rests on can't be read (a quantity, a revision, a UID).

[[nodiscard]] Result<core::KubeNode> parse_node(const boost::json::object& object);
[[nodiscard]] Result<core::KubePod> parse_pod(const boost::json::object& object);
/// A Deployment.
[[nodiscard]] Result<core::KubeWorkload> parse_workload(const boost::json::object& object);

/// What a pod of this spec asks for: containers together, or the largest init container where that
/// is more; sidecars and overhead added; pods = 1.
[[nodiscard]] Result<Resources> parse_requests(const boost::json::object& pod_spec);

[[nodiscard]] std::vector<core::Taint> parse_taints(const boost::json::array& taints);

}  // namespace ecokube::kubernetes
