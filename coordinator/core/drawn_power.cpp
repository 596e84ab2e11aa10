#include "coordinator/core/drawn_power.h"

#include "coordinator/core/power.h"

namespace ecokube::core {
namespace {

/// One or two in a row may be lost.
constexpr int kIntervalsToBeOld = 3;

bool bmc_measures(const Node& node, const Policy& policy, TimePoint now) {
  const auto& bmc = node.bmc;
  return has_bmc(policy, node.name) && bmc.power && bmc.power_at &&
         bmc_identity(node, policy) != BmcIdentity::wrong &&
         now - *bmc.power_at <= policy.bmc_power_interval * kIntervalsToBeOld;
}

}  // namespace

DrawnPower drawn_power(const Node& node, const Policy& policy, TimePoint now) {
  if (bmc_measures(node, policy, now)) return {node.bmc.power, node.bmc.power_source, ""};
  return {node.agent.power, node.agent.power_source, node.agent.power_problem};
}

}  // namespace ecokube::core
