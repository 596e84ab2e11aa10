#include "coordinator/core/safety_power.h"

#include <algorithm>

#include "coordinator/core/power.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube::core {

void s3_wakeable(const Policy& policy, const Node& node, TimePoint now, Violations& out) {
  const auto methods = wake_methods(node, policy);
  const auto has = [&](WakeMethod method) {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  };
  const bool armed = std::any_of(node.agent.nics.begin(), node.agent.nics.end(),
                                 [](const NicFacts& nic) { return nic.wake_armed; });
  const bool by_packet = armed && has(WakeMethod::wol);
  const bool by_bmc = has(WakeMethod::ipmi) && bmc_answers(node, policy, now);
  if (!by_packet && !by_bmc) {
    if (has(WakeMethod::ipmi)) {
      out.push_back({"S3", "BmcSilent",
                     node.bmc.failure ? "its BMC can't wake it: " + node.bmc.failure->message
                                      : "its BMC was not heard lately, so can't wake it"});
    }
    if (!armed) out.push_back({"S3", "WakeNotArmed", "no NIC of it is armed for Wake-on-LAN"});
    if (wake_address_of(node, policy).empty()) {
      out.push_back({"S3", "NoWakeAddress", "no address is known for its magic packet"});
    }
  }
  if (node.down_not_before && now < *node.down_not_before) {
    out.push_back({"S3", "RefusedRecently", "the last try failed: " + node.last_problem});
  }
}

void s19_right_machine(const Policy& policy, const Node& node, Violations& out) {
  if (!has_bmc(policy, node.name)) return;
  if (node.bmc.contradicts) {
    out.push_back({"S19", "BmcContradicts",
                   "its BMC says off while its agent speaks; is it another machine's?"});
  } else if (bmc_identity(node, policy) == BmcIdentity::wrong) {
    out.push_back({"S19", "WrongBmc",
                   "its BMC says that it is of machine " + node.bmc.guid +
                       ", its Node that it is " + (node.kube ? node.kube->system_uuid : "") +
                       "; are two addresses swapped?"});
  }
}

void power_seen_off(const Policy& policy, const Node& node, TimePoint now, Violations& out) {
  if (has_bmc(policy, node.name)) {
    if (off_proven(node, policy, now)) return;
    out.push_back({"S2", "PowerNotSeen", "its BMC has not said off twice"});
    return;
  }
  const bool silent = node.agent.goodbye && !node.agent.connected &&
                      now >= node.agent.closed_at.value_or(node.since) + policy.silence_to_off;
  if (node.state == Lifecycle::powered_down || silent) return;
  out.push_back({"S2", "PowerNotSeen", "it did not say goodbye and fall silent"});
}

}  // namespace ecokube::core
