#include "coordinator/core/scaler.h"

#include <algorithm>

namespace ecokube::core {
namespace {

Reason reason_for(const Scaler& scaler, std::int64_t lag, bool active) {
  const std::string of = "lag of " + scaler.topic + " in group " + scaler.consumer_group;
  if (active) return {"LagAboveActivation", of + " is " + std::to_string(lag)};
  return {"CooledDown", of + " has not been above " +
                            std::to_string(scaler.activation_lag_threshold) + " for " +
                            std::to_string(scaler.cooldown_period.count() / 1000) + " s"};
}

}  // namespace

std::int64_t replicas_for_lag(const Scaler& scaler, std::int64_t lag, std::int64_t partitions) {
  const auto minimum = scaler.min_replica_count;
  if (lag <= scaler.activation_lag_threshold) return minimum;
  auto wanted = (lag + scaler.lag_threshold - 1) / scaler.lag_threshold;
  wanted = std::max<std::int64_t>(wanted, 1);
  if (partitions > 0)
    wanted = std::min(wanted, partitions);  // one consumer a partition at the most
  return std::clamp(wanted, minimum, std::max(minimum, scaler.max_replica_count));
}

const KubeAutoscaler* owner_of_target(const World& world, const Scaler& scaler) {
  const auto owner =
      std::find_if(world.autoscalers.begin(), world.autoscalers.end(), [&](const auto& entry) {
        return entry.second.ns == scaler.ns && entry.second.target_kind == scaler.kind &&
               entry.second.target_name == scaler.target;
      });
  return owner == world.autoscalers.end() ? nullptr : &owner->second;
}

ScalerWant want_of(const World& world, const Policy& policy, const Scaler& scaler, TimePoint now) {
  ScalerWant want;
  want.scaler = &scaler;
  const auto workload = world.workloads.find(scaler.kind + "/" + scaler.ns + "/" + scaler.target);
  const auto view = world.scalers.find(scaler.name);
  if (workload == world.workloads.end() || view == world.scalers.end()) {
    want.reason = {"TargetMissing", scaler.kind + " " + scaler.ns + "/" + scaler.target +
                                        " does not exist in the cluster"};
    return want;
  }
  want.workload = &workload->second;
  want.replicas = workload->second.replicas;
  const auto& seen = view->second;
  if (!seen.lag || now - *seen.seen_at > policy.demand_age_max) {
    want.reason = {"LagUnknown", seen.problem.empty() ? "no lag was read yet" : seen.problem};
    return want;
  }
  want.fresh = true;
  if (const auto* owner = owner_of_target(world, scaler)) {
    want.reason = {"OwnedByOther", "the HorizontalPodAutoscaler " + owner->key() + " scales it"};
    return want;
  }
  const auto minimum = scaler.min_replica_count;
  if (*seen.lag > scaler.activation_lag_threshold) {
    want.replicas = std::max(want.replicas, replicas_for_lag(scaler, *seen.lag, seen.partitions));
    want.reason = reason_for(scaler, *seen.lag, true);
    return want;
  }
  const auto cooled_at = seen.active_at.value_or(*seen.first_seen_at) + scaler.cooldown_period;
  if (want.replicas > minimum && now < cooled_at) {
    want.reason = {"CoolingDown", "no lag; replicas stay until the cool-down is over"};
    want.reconsider_at = cooled_at;
    return want;
  }
  want.replicas = minimum;
  want.reason = reason_for(scaler, *seen.lag, false);
  return want;
}

}  // namespace ecokube::core
