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

/// Another autoscaler whose target this scaler's is: then that one scales, and we step back.
[[nodiscard]] const KubeAutoscaler* owner_of_target(const World& world, const Scaler& scaler);

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
