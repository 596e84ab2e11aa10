#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/core/plan.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// KEDA's Kafka scaler: ceil(lag / lagThreshold) within the bounds and not above the partitions,
/// at least one while lag is above the activation threshold.
[[nodiscard]] std::int64_t replicas_for_lag(const Scaler& scaler, std::int64_t lag,
                                            std::int64_t partitions);

/// What it scales, as last seen, or nullptr.
[[nodiscard]] const KubeWorkload* target_of(const World& world, const Scaler& scaler);

/// Why its target can't be seen now; empty: it is seen, or known not to exist.
[[nodiscard]] std::string why_target_unknown(const World& world, const Scaler& scaler);

/// Why we leave the target alone: another autoscaler or its owner scales it, or it is a Job that is
/// finished or suspended. nullopt: it is ours to scale.
[[nodiscard]] std::optional<Reason> why_left_alone(const World& world, const Scaler& scaler);

/// What one scaler wants now. While lag is above the activation threshold replicas never fall; when
/// it has not been above for the cool-down they go to the minimum in one step.
struct ScalerWant {
  const Scaler* scaler = nullptr;
  const KubeWorkload* workload = nullptr;  ///< nullptr: not seen, nothing can be done
  bool fresh = false;                      ///< the lag is known and new enough to act on
  std::int64_t replicas = 0;               ///< wanted; the present number when not fresh
  Reason reason;
  std::optional<TimePoint> reconsider_at;
};
[[nodiscard]] ScalerWant want_of(const World& world, const Policy& policy, const Scaler& scaler,
                                 TimePoint now);

}  // namespace ecokube::core
