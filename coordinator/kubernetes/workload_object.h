#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "common/error.h"
#include "coordinator/core/cluster_facts.h"
#include "coordinator/kubernetes/scaled_kind.h"

// Objects that are scaled, as decisions need them. Errc::invalid as in objects.h.
namespace ecokube::kubernetes {

/// Replicas and selector of a kind that is not typed are left for apply_scale(); its pods' requests
/// are absent where `spec.template` is no pod template.
[[nodiscard]] Result<core::KubeWorkload> parse_workload(const boost::json::object& thing,
                                                        const ScaledKind& kind);

/// From autoscaling/v1 Scale: replicas, and the selector of its pods.
[[nodiscard]] Result<void> apply_scale(const boost::json::object& scale,
                                       core::KubeWorkload& workload);

/// A label selector as text: "a=b,c!=d,e in (x,y),f notin (z),g,!h".
[[nodiscard]] Result<core::Selector> parse_selector_text(std::string_view text);

}  // namespace ecokube::kubernetes
