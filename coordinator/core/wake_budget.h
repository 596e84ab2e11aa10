#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "coordinator/core/placement.h"
#include "coordinator/core/watts.h"

namespace ecokube::core {

/// What may still be woken for demand within one plan: by the caps in watts, and by the quota of
/// the namespace that asks (S6).
class WakeBudget {
 public:
  WakeBudget(const World& world, const Policy& policy, TimePoint now);

  [[nodiscard]] WattsBook::Part part_of(const Node& node);

  /// One more machine may be woken for these pods. What replaces lost ones always may.
  [[nodiscard]] bool has_wake_for(const Asker& asker);
  void take_wake_for(const Asker& asker);
  /// What is said of demand that its quota holds back.
  [[nodiscard]] HeldDemand held(const Demand& demand) const;

 private:
  std::int64_t& left_of(const Asker& asker, const Token& token);
  std::int64_t& lost_left_of(const Asker& asker);

  const World& world_;
  const Policy& policy_;
  TimePoint now_;
  std::optional<WattsBook> watts_;                 ///< from the first sleeper on
  std::map<std::string, std::int64_t> left_;       ///< wakes, by namespace
  std::map<std::string, std::int64_t> lost_left_;  ///< pods, by controller
};

}  // namespace ecokube::core
