#include "coordinator/core/safety_demand.h"

#include <algorithm>

#include "coordinator/core/placement.h"
#include "coordinator/core/scaler.h"

namespace ecokube::core {

void s2_demand(const World& world, const Policy& policy, const Scaler& scaler, const Node& node,
               TimePoint now, Violations& out) {
  const auto* target = target_of(world, scaler);
  if (target != nullptr &&
      !could_run_on(node, target->node_selector, target->tolerations, target->node_affinity)) {
    return;
  }
  if (const auto unknown = why_target_unknown(world, scaler); !unknown.empty()) {
    out.push_back(
        {"S2", "DemandUnknown",
         scaler.target_text() + " of scaler " + scaler.name + " is not seen: " + unknown});
    return;
  }
  if (target == nullptr) return;
  const auto view = world.scalers.find(scaler.name);
  if (view == world.scalers.end() || !view->second.seen_at ||
      now - *view->second.seen_at > policy.demand_age_max) {
    out.push_back({"S2", "DemandStale", "the lag of scaler " + scaler.name + " is not known"});
  } else if (*view->second.lag > scaler.activation_lag_threshold && !requests_of(world, *target)) {
    out.push_back({"S2", "DemandUnknown",
                   "scaler " + scaler.name + " has lag and what a pod of " + scaler.target_text() +
                       " asks for is not known"});
  }
}

void check_scale(const World& world, const Policy& policy, const Step& step,
                 const ScaleWorkload& scale, TimePoint now, Violations& out) {
  for (const auto& scaler : policy.scalers) {
    if ("scaler/" + scaler.name != step.id.subject) continue;
    const auto& view = world.scalers.at(scaler.name);
    const auto* target = target_of(world, scaler);
    const bool falls = target != nullptr && scale.replicas < target->replicas;
    const bool fresh = view.lag && now - *view.seen_at <= policy.demand_age_max;
    if (falls && (!fresh || *view.lag > scaler.activation_lag_threshold)) {
      out.push_back({"S2", "LagAboveActivation", "replicas do not fall while there may be lag"});
    }
    if (auto left = why_left_alone(world, scaler)) {
      out.push_back({"S25", std::move(left->code), std::move(left->text)});
    }
    if (auto unknown = why_target_unknown(world, scaler); !unknown.empty()) {
      out.push_back({"S2", "TargetUnknown", std::move(unknown)});
    }
    if (scale.replicas > std::max(scaler.max_replica_count, scaler.min_replica_count)) {
      out.push_back({"S6", "TooManyReplicas", "more than maxReplicaCount"});
    }
  }
}

}  // namespace ecokube::core
