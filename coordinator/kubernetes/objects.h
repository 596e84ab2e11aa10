#pragma once

#include <boost/json/value.hpp>

#include "common/error.h"
#include "coordinator/core/cluster_facts.h"

namespace ecokube::kubernetes {

// From API objects to what decisions need. Errc::invalid names the object and the field when a
// thing that safety rests on can't be read (a quantity, a revision, a UID).

[[nodiscard]] Result<core::KubeNode> parse_node(const boost::json::object& object);
[[nodiscard]] Result<core::KubePod> parse_pod(const boost::json::object& object);
[[nodiscard]] Result<core::KubeBudget> parse_budget(const boost::json::object& object);
[[nodiscard]] Result<core::KubeAttachment> parse_attachment(const boost::json::object& object);
/// Of any PersistentVolume; `nodes` is empty for one that binds no node.
[[nodiscard]] Result<core::KubeLocalVolume> parse_local_volume(const boost::json::object& object);
/// Of any Service; `selector` is empty for one that selects no pods.
[[nodiscard]] Result<core::KubeService> parse_service(const boost::json::object& object);
/// A HorizontalPodAutoscaler.
[[nodiscard]] Result<core::KubeAutoscaler> parse_autoscaler(const boost::json::object& object);

/// What a pod of this spec asks for: containers together, or the largest init container where that
/// is more; sidecars and overhead added; pods = 1.
[[nodiscard]] Result<Resources> parse_requests(const boost::json::object& pod_spec);

[[nodiscard]] std::vector<core::Taint> parse_taints(const boost::json::array& taints);
[[nodiscard]] std::vector<core::Toleration> parse_tolerations(const boost::json::object& pod_spec);
/// Of a pod's spec: the terms of its required node affinity.
[[nodiscard]] std::vector<core::NodeTerm> parse_node_affinity(const boost::json::object& pod_spec);
/// All that says where the pod may run but its requests, selector and tolerations. Its namespace,
/// labels, node and host port are read already.
void parse_placement(const boost::json::object& pod, core::KubePod& into);
/// A list of {key, operator, values}.
[[nodiscard]] std::vector<core::Selector::Expression> parse_expressions(
    const boost::json::object& parent, std::string_view key);
/// metav1.LabelSelector.
[[nodiscard]] core::Selector parse_selector(const boost::json::object& selector);

/// metadata.resourceVersion of an object that has a name, as each must.
[[nodiscard]] Result<core::Revision> check_identity(const boost::json::object& object,
                                                    std::string_view kind);

}  // namespace ecokube::kubernetes
