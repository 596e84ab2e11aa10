#include "coordinator/core/wake_proof.h"

#include <algorithm>

#include "coordinator/core/life.h"
#include "coordinator/core/sleep_mode.h"

namespace ecokube::core {
namespace {

bool person_wants(const Node& node, PersonVerb verb, TimePoint now) {
  const auto& request = node.request;
  return request && request->verb == verb && (!request->until || now < *request->until);
}

bool is_tested_by_person(const Node& node) {
  return node.request && node.request->verb == PersonVerb::test_wake &&
         node.state != Lifecycle::ready;
}

/// The mains failed, it was switched off hard, or it crashed: firmware and cards may not be as they
/// were when it last woke.
bool crashed_since(const Node& node) {
  const auto& agent = node.agent;
  if (!node.inventory.boot.after_crash || !agent.heard_at || agent.uptime.count() == 0)
    return false;
  return *node.wake_proven_at < *agent.heard_at - agent.uptime;
}

bool by_other_mode(const Policy& policy, const Node& node) {
  return node.wake_proven_mode != sleep_mode_of(policy, node);
}

bool lost_its_memory(const Node& node) {
  const auto& sleep = node.sleep;
  return node.up.asked_at && sleep.mode != SleepMode::power_off && !sleep.life.empty() &&
         !same_boot(sleep.life, node.agent.boot_id);
}

std::string why_not_proven(const Policy& policy, const Node& node) {
  if (node.proof_failed) return "it did not wake when it was to show that";
  if (!node.wake_proven_at) return "no wake of it was ever seen";
  if (by_other_mode(policy, node)) {
    return "no wake of it from " + std::string(to_string(sleep_mode_of(policy, node))) +
           " was ever seen, only from " + std::string(to_string(node.wake_proven_mode));
  }
  if (crashed_since(node)) return "it lost its power or crashed since its wake was last seen";
  return "its last wake was too long ago";
}

}  // namespace

bool wake_proven(const Node& node, const Policy& policy, TimePoint now) {
  return node.wake_proven_at && !node.proof_failed && !crashed_since(node) &&
         !by_other_mode(policy, node) && now - *node.wake_proven_at <= policy.wake_proof_age_max;
}

bool proves_wake(const Node& node) {
  return (node.marked && node.marked_proof) || is_tested_by_person(node);
}

bool would_prove_wake(const Policy& policy, const Node& node, TimePoint now) {
  if (person_wants(node, PersonVerb::test_wake, now)) return true;
  return !wake_proven(node, policy, now) && !person_wants(node, PersonVerb::sleep, now);
}

bool voids_proof(const Node& node) { return node.wake_failures > 0 || lost_its_memory(node); }

bool never_slept(const Node& node) {
  return node.sleep.mode != SleepMode::power_off && node.sleep.left && node.agent.connected &&
         node.agent.boot_id == node.sleep.life;
}

bool shows_wake(const Node& node) {
  const bool same_life = !node.sleep.life.empty() && node.agent.boot_id == node.sleep.life;
  return node.up.asked_at.has_value() && !same_life && !voids_proof(node);
}

ShownWake what_wake_shows(const Node& node) {
  const auto& boot = node.inventory.boot;
  if (!same_boot(node.sleep.life, node.agent.boot_id)) {
    return {SleepMode::power_off, boot.fingerprint};
  }
  if (node.sleep.mode != SleepMode::hibernate) return {SleepMode::suspend, ""};
  // It was booted, and has its memory back only since that was the same kernel.
  return {SleepMode::hibernate, boot.pending.empty() ? boot.fingerprint : ""};
}

NodeName other_proof(const FleetCounts& fleet, const Pool* pool, const Node& node) {
  const auto [first, last] = fleet.proofs.equal_range(pool);
  const auto at =
      std::find_if(first, last, [&](const auto& proof) { return proof.second != node.name; });
  return at == last ? NodeName() : at->second;
}

void s15_proven(const Policy& policy, const FleetCounts& fleet, const Node& node, TimePoint now,
                std::vector<Violation>& out) {
  const bool asked =
      person_wants(node, PersonVerb::sleep, now) || person_wants(node, PersonVerb::test_wake, now);
  if (asked || wake_proven(node, policy, now)) return;
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  if (pool == nullptr) return;  // S4 says it
  if (node.proof_failed) {
    out.push_back(
        {"S15", "WakeProofFailed",
         why_not_proven(policy, node) + "; see why, then run: ecoctl test-wake " + node.name});
  } else if (!pool->prove_wakes) {
    out.push_back({"S15", "WakeNotProven",
                   why_not_proven(policy, node) + "; run: ecoctl test-wake " + node.name +
                       ", or set prove_wakes of pool " + pool->name});
  } else if (const auto other = other_proof(fleet, pool, node); !other.empty()) {
    out.push_back({"S15", "AnotherProof",
                   why_not_proven(policy, node) + "; it is proven after that of " + other +
                       ": one node of a pool at a time"});
  }
}

}  // namespace ecokube::core
