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

namespace {

/// Nothing is done to it without its pool's and a person's leave, whatever became of it.
void s4_ours_to_touch(const Policy& policy, const Node& node, TimePoint now, Violations& out) {
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  if (pool == nullptr) {
    out.push_back({"S4", "NotInPool", "it is in no pool, so it is never touched"});
  } else if (pool->mode != Mode::act) {
    out.push_back({"S10", "ModeNotAct", "pool " + pool->name + " is not in mode act"});
  }
  if (hold_at(node, now) != nullptr) out.push_back({"S4", "Held", "a person holds it"});
  if (node.kube && !node.kube->owned_by.empty()) {
    out.push_back({"S25", "OwnedByOther", node.kube->owned_by + " owns its power or health"});
  }
}

bool leaves_something(const World& world, const Node& node) {
  const auto bound = world.pods_on.find(node.name);
  if (bound != world.pods_on.end()) {
    for (const auto& uid : bound->second) {
      if (!may_remain(world.pods.at(uid), world.daemonsets_may_stop)) return true;
    }
  }
  return std::any_of(world.attachments.begin(), world.attachments.end(),
                     [&](const auto& entry) { return entry.second.node == node.name; });
}

}  // namespace

void s12_out_of_service(const World& world, const Policy& policy, const Node& node,
                        const TakeOutOfService& step, TimePoint now, Violations& out) {
  s4_ours_to_touch(policy, node, now, out);
  if (!node.kube) return;
  if (!off_now(node, policy, now)) {
    out.push_back({"S12", "PowerNotSeen",
                   "its BMC has not said off twice, and just now, since its agent's last word"});
  }
  if (bmc_identity(node, policy) != BmcIdentity::right) {
    out.push_back({"S19", "BmcNotIdentified", "its BMC is not known to be this machine's"});
  }
  if (node.kube->ready == Readiness::ready) {
    out.push_back({"S12", "StillReady", "Kubernetes calls it Ready"});
  }
  if (node.kube->revision != step.expected_revision) {
    out.push_back({"S2", "NodeChanged", "its Node has changed since this was decided"});
  }
  const bool stale = !world.cluster_ok || !world.cluster_seen_at ||
                     now - *world.cluster_seen_at > policy.cluster_view_age_max;
  if (stale) out.push_back({"S2", "ClusterViewStale", "the view of the cluster is too old"});
  if (!leaves_something(world, node)) {
    out.push_back({"S12", "NothingLeft", "no pod and no volume waits for it"});
  }
}

void s11_in_service(const Node& node, Violations& out) {
  const bool ours =
      node.kube && node.kube->annotations.contains(std::string(names::kOutOfServiceByUs));
  if (!ours) out.push_back({"S11", "NotOurs", "somebody else took it out of service"});
}

}  // namespace ecokube::core
