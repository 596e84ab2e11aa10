#include "coordinator/core/power.h"

#include "coordinator/core/identity.h"
#include "coordinator/core/sleep_mode.h"

namespace ecokube::core {
namespace {

/// Readings in a row may be lost.
constexpr int kPollsToBeOld = 3;

bool fresh(const Node& node, const Policy& policy, TimePoint now) {
  return node.bmc.on && node.bmc.read_at && bmc_identity(node, policy) != BmcIdentity::wrong &&
         now - *node.bmc.read_at <= policy.bmc_poll * kPollsToBeOld;
}

/// What the two give as the GUID of one BMC is the same answer to the same command, so that another
/// one is of another BMC. The reverse proves nothing: some vendors give one to all of their BMCs.
bool another_bmc(const Node& node, const NodeOverride& given) {
  const auto& own = node.inventory.bmc;
  return own && given.bmc_by == WakeMethod::ipmi && guids_differ(node.bmc.guid, own->guid);
}

}  // namespace

bool has_bmc(const Policy& policy, const NodeName& name) {
  const auto* given = override_of(policy, name);
  return given != nullptr && given->bmc;
}

bool bmc_tells_power(const Policy& policy, const Node& node) {
  return has_bmc(policy, node.name) && !is_suspended(node);
}

bool bmc_answers(const Node& node, const Policy& policy, TimePoint now) {
  if (!has_bmc(policy, node.name) || node.bmc.failure || !node.bmc.read_at) return false;
  return now - *node.bmc.read_at <= policy.bmc_poll * kPollsToBeOld;
}

BmcIdentity bmc_identity(const Node& node, const Policy& policy) {
  if (node.bmc.contradicts) return BmcIdentity::wrong;
  const auto* given = override_of(policy, node.name);
  const auto& guid = node.bmc.guid;
  if (guid.empty()) return BmcIdentity::unknown;
  if (given != nullptr && !given->bmc_guid.empty()) {
    return same_machine(guid, given->bmc_guid) ? BmcIdentity::right : BmcIdentity::wrong;
  }
  const std::string by_kubelet = node.kube ? node.kube->system_uuid : "";
  const auto& by_agent = node.inventory.machine.smbios_uuid;
  if (by_kubelet.empty() && by_agent.empty()) {
    const bool another = given != nullptr && another_bmc(node, *given);
    return another ? BmcIdentity::wrong : BmcIdentity::unknown;
  }
  for (const auto& machine : {by_kubelet, by_agent}) {
    if (!machine.empty() && !same_machine(guid, machine)) return BmcIdentity::wrong;
  }
  return BmcIdentity::right;
}

bool bmc_may_switch_off(const Node& node, const Policy& policy) {
  const auto* given = override_of(policy, node.name);
  const auto leave = given == nullptr ? BmcOff::never : given->bmc_off;
  if (leave == BmcOff::never) return false;
  const auto whose = bmc_identity(node, policy);
  const bool never_says = node.bmc.guid.empty() && whose == BmcIdentity::unknown;
  return whose == BmcIdentity::right || (leave == BmcOff::configured && never_says);
}

bool bmc_says_on(const Node& node, const Policy& policy, TimePoint now) {
  return bmc_tells_power(policy, node) && fresh(node, policy, now) && *node.bmc.on;
}

bool off_proven(const Node& node, const Policy& policy, TimePoint now) {
  return has_bmc(policy, node.name) && fresh(node, policy, now) && !*node.bmc.on &&
         node.bmc.equal >= kEqualReadings && !agent_alive(node, policy, now) &&
         node.agent.heard_at.value_or(*node.bmc.read_at) <= *node.bmc.read_at;
}

bool off_now(const Node& node, const Policy& policy, TimePoint now) {
  return off_proven(node, policy, now) && node.state != Lifecycle::powering_up &&
         now - *node.bmc.read_at <= policy.bmc_poll_close * kPollsToBeOld;
}

PowerView power_at(const Node& node, const Policy& policy, TimePoint now) {
  if (agent_alive(node, policy, now)) {
    const bool doubted = node.bmc.contradicts || node.bmc.off_under_agent >= kEqualReadings;
    if (doubted && !node.agent.goodbye) return {};
    return {PowerState::on, PowerEvidence::agent};
  }
  if (bmc_tells_power(policy, node)) {
    if (bmc_says_on(node, policy, now)) return {PowerState::on, PowerEvidence::bmc};
    if (off_proven(node, policy, now)) return {PowerState::off, PowerEvidence::bmc};
    return {};
  }
  if (node.state == Lifecycle::powered_down) return {PowerState::off, PowerEvidence::inferred};
  return {};
}

std::string power_text(const PowerView& power) {
  std::string text(to_string(power.state));
  if (power.evidence == PowerEvidence::bmc) text += " (BMC)";
  if (power.evidence == PowerEvidence::inferred) text += " (inferred)";
  return text;
}

}  // namespace ecokube::core
