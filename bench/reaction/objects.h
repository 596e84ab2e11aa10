#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/reaction/options.h"
#include "common/mac_address.h"
#include "common/names.h"

// The cluster of the bench as API objects.
namespace ecokube::bench {

inline constexpr const char* kRoleLabel = "bench.ecokube.io/role";

/// measured: one pod, goes down and is woken by the coordinator. busy: the rest of the pool, never
/// idle. polled: in no pool, cordoned, the poll loop's.
enum class Role { measured, busy, polled };
[[nodiscard]] const char* to_string(Role role);

struct BenchNode {
  NodeName name;
  Role role = Role::busy;
  MacAddress mac{{}};
};

/// All nodes: first the measured, last the polled.
[[nodiscard]] std::vector<BenchNode> nodes_of(const ReactionOptions& options);

[[nodiscard]] std::string boot_id_of(const NodeName& node, int boot);

/// Ready, with the proof of a wake that an earlier coordinator has left.
[[nodiscard]] boost::json::object node_object(const BenchNode& node);
/// A merge patch of nodes/status: what the kubelet says once it is up, or what Kubernetes says when
/// nothing was heard of it.
[[nodiscard]] boost::json::object ready_patch(const NodeName& node, int boot);
[[nodiscard]] boost::json::object silent_patch();

/// A pod that is bound to `node`.
[[nodiscard]] boost::json::object bound_pod(const std::string& name, const BenchNode& node);
/// A pod for the scheduler that only `node` can take.
[[nodiscard]] boost::json::object demand_pod(const std::string& name, const BenchNode& node);

}  // namespace ecokube::bench
