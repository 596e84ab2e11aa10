#include "coordinator/core/safety_power.h"

#include <algorithm>

#include "coordinator/core/kubelet_certificate.h"
#include "coordinator/core/node_services.h"
#include "coordinator/core/power.h"
#include "coordinator/core/safety_placing.h"
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
  const bool has_controller = std::any_of(methods.begin(), methods.end(), by_bmc);
  if (!by_packet && !(has_controller && bmc_answers(node, policy, now))) {
    if (has_controller) {
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

namespace {

std::string own_uuid(const Node& node) {
  if (node.kube && !node.kube->system_uuid.empty()) return node.kube->system_uuid;
  return node.inventory.machine.smbios_uuid;
}

}  // namespace

void s19_right_bmc(const Policy& policy, const Node& node, Violations& out) {
  if (!has_bmc(policy, node.name)) return;
  if (node.bmc.contradicts) {
    out.push_back({"S19", "BmcContradicts",
                   "its BMC says off while its agent speaks; is it another machine's?"});
  } else if (bmc_identity(node, policy) == BmcIdentity::wrong) {
    out.push_back({"S19", "WrongBmc",
                   "its BMC says that it is of machine " + node.bmc.guid +
                       ", the node itself that it is " + own_uuid(node) +
                       "; are two addresses swapped?"});
  }
}

void power_seen_off(const Policy& policy, const Node& node, TimePoint now, Violations& out) {
  if (bmc_tells_power(policy, node)) {
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

void s2_node_as_decided(const Node& node, Revision expected, Violations& out) {
  if (node.kube && node.kube->revision != expected) {
    out.push_back({"S2", "NodeChanged", "its Node has changed since this was decided"});
  }
}

bool leaves_something(const World& world, const Node& node) {
  const auto bound = world.pods_on.find(node.name);
  if (bound != world.pods_on.end()) {
    for (const auto& uid : bound->second) {
      if (!may_remain(world.pods.at(uid), world.daemonsets_may_stop, world.services)) return true;
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
  s2_node_as_decided(node, step.expected_revision, out);
  s2_view(world, policy, now, out);
  if (!leaves_something(world, node)) {
    out.push_back({"S12", "NothingLeft", "no pod and no volume waits for it"});
  }
}

namespace {

/// Its agent's last word, and how long ago that was.
bool left_for_us(const Policy& policy, const Node& node, TimePoint now) {
  const auto& agent = node.agent;
  return node.state == Lifecycle::powering_down && agent.goodbye &&
         agent.goodbye->origin == LeaveOrigin::coordinator &&
         agent.goodbye->boot_id == node.down.boot_id && !agent.connected &&
         agent.closed_at.value_or(now) + policy.down_deadline <= now;
}

bool soft_was_tried(const Policy& policy, const Node& node, TimePoint now) {
  return node.down.offs_ordered > 0 && node.down.off_ordered_at &&
         *node.down.off_ordered_at + policy.down_deadline <= now;
}

}  // namespace

void s21_power_off(const World& world, const Policy& policy, const Node& node, const PowerOff& off,
                   TimePoint now, Violations& out) {
  s4_ours_to_touch(policy, node, now, out);
  if (!node.kube) return;
  const Pool* pool = pool_of(policy, node.name, node.kube->labels);
  if (pool == nullptr || !pool->hard_off) {
    out.push_back({"S21", "HardOffNotAllowed", "its pool does not say hard_off"});
  }
  if (node.kube->labels.contains(std::string(names::kControlPlaneLabel)) ||
      node.name == policy.host_node) {
    out.push_back({"S4", "ControlPlane", "it carries the control plane or this coordinator"});
  }
  if (world.freeze.now) out.push_back({"S27", "Frozen", "frozen by " + world.freeze.now->by});
  s2_node_as_decided(node, off.expected_revision, out);
  s2_view(world, policy, now, out);
  s1_empty(world, node, out);
  s12_detached(world, node, out);
  if (!node.marked) out.push_back({"S1", "MarkGone", "our mark is not on it, pods may come"});
  if (!left_for_us(policy, node, now)) {
    out.push_back(
        {"S21", "NotGone", "its agent did not leave for our step, or not long enough ago"});
  }
  if (node.kube->ready == Readiness::ready) {
    out.push_back({"S21", "StillReady", "Kubernetes calls it Ready"});
  }
  if (!bmc_says_on(node, policy, now) || node.bmc.equal < kEqualReadings) {
    out.push_back({"S21", "PowerNotSeen", "its BMC has not said on twice"});
  }
  if (!bmc_may_switch_off(node, policy) || node.bmc.guid != off.guid) {
    out.push_back({"S19", "BmcNotIdentified", "its BMC is not known to be this machine's"});
  }
  if (off.hard && !soft_was_tried(policy, node, now)) {
    out.push_back({"S21", "SoftFirst", "it was not asked softly, or a moment ago only"});
  }
}

void s26_services(const World& world, const Policy& policy, const Node& node, TimePoint now,
                  Violations& out) {
  auto wait = waits_for_services(world, policy, node, now);
  if (wait) out.push_back({"S26", "NotAllServes", std::move(wait->missing)});
}

void s26_certificate(const Node& node, TimePoint now, Violations& out) {
  const auto awake_by = awake_for_kubelet(node);
  if (!awake_by || now < *awake_by) return;
  out.push_back({"S26", "KubeletCertificate",
                 kubelet_certificate_text(node, now) + "; it would not be renewed in its sleep"});
}

void s11_in_service(const Node& node, Violations& out) {
  const bool ours =
      node.kube && node.kube->annotations.contains(std::string(names::kOutOfServiceByUs));
  if (!ours) out.push_back({"S11", "NotOurs", "somebody else took it out of service"});
}

}  // namespace ecokube::core
