#pragma once

#include <optional>
#include <string>

#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// What pods from Kubernetes' own priority classes have at least: system-cluster-critical has this,
/// system-node-critical a thousand more (k8s.io/kubernetes/pkg/apis/scheduling).
inline constexpr std::int64_t kSystemPriority = 2'000'000'000;

/// What of a node's own services is not back since it booted (S26), as people are told: its
/// network, a resource that its device plugins offered before, a DaemonSet's pod of system
/// priority, which is how CNI, CSI and device plugins come to a node. Empty: all serve.
[[nodiscard]] std::string not_serving(const World& world, const Node& node);

struct ServicesWait {
  TimePoint until;
  std::string missing;  ///< not_serving()
};
/// A node that came up is kept from new pods, for what is not back yet; absent: it is not.
[[nodiscard]] std::optional<ServicesWait> waits_for_services(const World& world,
                                                             const Policy& policy, const Node& node,
                                                             TimePoint now);

/// Before a newer view of the Node is taken: what it offered in the boot before is to come back,
/// until it is Ready again.
void see_devices(Node& node, const KubeNode& seen);

}  // namespace ecokube::core
