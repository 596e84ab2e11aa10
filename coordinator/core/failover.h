#pragma once

#include <optional>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// What a machine that died leaves behind: pods that no kubelet ends and volumes that nobody
// detaches, until the Node carries the taint node.kubernetes.io/out-of-service. That frees them by
// force, so it is put on only when the machine is proven off, and taken off before the machine has
// work again.
namespace ecokube::core {

/// The taint, whoever put it there.
[[nodiscard]] bool out_of_service(const KubeNode& kube);

/// The taint, and our annotation beside it.
[[nodiscard]] bool out_of_service_by_us(const KubeNode& kube);

/// What only the taint frees: a pod that is work, or a volume; nullopt: nothing.
[[nodiscard]] std::optional<Reason> left_behind(const World& world, const Node& node);

/// Why our taint must go: its agent speaks, or its BMC or Kubernetes says that it is on; nullopt:
/// it may stay.
[[nodiscard]] std::optional<Reason> is_back(const Node& node, const Policy& policy, TimePoint now);

/// It looks dead and has left something behind, so that its BMC is to be read until that is sure.
[[nodiscard]] bool looks_dead(const World& world, const Policy& policy, const Node& node,
                              TimePoint now);

/// The taint is wanted now, and why; nullopt: it is not.
[[nodiscard]] std::optional<Reason> wants_failover(const World& world, const Policy& policy,
                                                   const Node& node, TimePoint now);

}  // namespace ecokube::core
