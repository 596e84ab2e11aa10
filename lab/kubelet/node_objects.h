#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "common/policy_clock.h"
#include "lab/kubelet/kubelet_options.h"

namespace ecokube::lab {

/// What this machine says of itself as a node.
struct NodeSelf {
  KubeletOptions options;
  std::string boot_id;
};

/// "2026-01-31T12:00:00Z"
[[nodiscard]] std::string second_time(TimePoint at);

/// The Node to create. Labels and taints are ours only here: later they belong to others.
[[nodiscard]] boost::json::object new_node(const NodeSelf& self);

/// True when the Node at the server does not say that we are ready, in this boot, a short time ago.
[[nodiscard]] bool needs_status(const boost::json::object& node, const NodeSelf& self,
                                TimePoint reported_at, TimePoint now);

/// Merge patch for the Node's status; the conditions of others in `node` are kept.
[[nodiscard]] boost::json::object node_status_patch(const boost::json::object& node,
                                                    const NodeSelf& self, TimePoint now);

[[nodiscard]] boost::json::object new_node_lease(const NodeSelf& self, TimePoint now);
/// Merge patch: holder, duration and renewTime.
[[nodiscard]] boost::json::object renewed_node_lease(const NodeSelf& self, TimePoint now);

/// `conditions` with the one of `condition`'s type replaced; its lastTransitionTime is kept when
/// its status did not change.
[[nodiscard]] boost::json::array with_condition(boost::json::array conditions,
                                                boost::json::object condition);

}  // namespace ecokube::lab
