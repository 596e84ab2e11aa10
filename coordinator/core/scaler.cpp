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

const KubeWorkload* target_of(const World& world, const Scaler& scaler) {
  const auto found = world.workloads.find(scaler.target_key());
  return found == world.workloads.end() ? nullptr : &found->second;
}

std::string why_target_unknown(const World& world, const Scaler& scaler) {
  const auto kind = world.workload_kinds.find(scaler.target_kind());
  if (kind != world.workload_kinds.end() && !kind->second.problem.empty()) {
    return kind->second.problem;
  }
  const bool listed = kind != world.workload_kinds.end() && kind->second.listed;
  if (listed || target_of(world, scaler) != nullptr) return "";
  return "no " + scaler.kind + " was listed yet";
}

std::optional<Reason> why_left_alone(const World& world, const Scaler& scaler) {
  for (const auto& [key, other] : world.autoscalers) {
    const bool same_group =
        other.target_group.empty() || other.target_group == group_of(scaler.api_version);
    if (other.ns == scaler.ns && other.target_kind == scaler.kind &&
        other.target_name == scaler.target && same_group) {
      return Reason{"OwnedByOther", "the HorizontalPodAutoscaler " + key + " scales it"};
    }
  }
  const auto* target = target_of(world, scaler);
  if (target == nullptr) return std::nullopt;
  if (!target->scaled_by.empty()) {
    return Reason{"OwnedByOther", "the " + target->scaled_by + " scales it"};
  }
  if (!target->over.empty()) {
    return Reason{"TargetOver", scaler.target_text() + " is " + target->over};
  }
  return std::nullopt;
}

ScalerWant want_of(const World& world, const Policy& policy, const Scaler& scaler, TimePoint now) {
  ScalerWant want;
  want.scaler = &scaler;
  const auto* workload = target_of(world, scaler);
  const auto view = world.scalers.find(scaler.name);
  want.workload = workload;
  if (workload != nullptr) want.replicas = workload->replicas;
  if (auto unknown = why_target_unknown(world, scaler); !unknown.empty()) {
    want.reason = {"TargetUnknown", std::move(unknown)};
    return want;
  }
  if (workload == nullptr || view == world.scalers.end()) {
    want.reason = {"TargetMissing", scaler.kind + " " + scaler.ns + "/" + scaler.target +
                                        " does not exist in the cluster"};
    return want;
  }
  const auto& seen = view->second;
  if (!seen.lag || now - *seen.seen_at > policy.demand_age_max) {
    want.reason = {"LagUnknown", seen.problem.empty() ? "no lag was read yet" : seen.problem};
    return want;
  }
  want.fresh = true;
  if (auto left = why_left_alone(world, scaler)) {
    want.reason = *std::move(left);
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
