#include "coordinator/core/boot_proof.h"

#include <algorithm>

#include "coordinator/core/lifecycle.h"
#include "coordinator/core/sleep_mode.h"

namespace ecokube::core {

bool boot_unproven(const Policy& policy, const Node& node) {
  const auto& next = node.inventory.boot.fingerprint;
  if (next.empty() || sleep_mode_of(policy, node) == SleepMode::suspend) return false;
  return !node.wake_proven_at || node.wake_proven_boot != next;
}

bool in_doubt_when_down(const Policy& policy, const Node& node) {
  return boot_unproven(policy, node) || (node.marked && node.marked_unproven);
}

bool in_doubt(const Policy& policy, const Node& node) {
  return in_doubt_when_down(policy, node) && (node.state == Lifecycle::draining || is_away(node));
}

bool lost_in_doubt(const Policy& policy, const Node& node) {
  return node.state == Lifecycle::quarantined && in_doubt_when_down(policy, node);
}

std::int64_t doubtful_max(std::int64_t nodes_in_cluster) {
  constexpr std::int64_t kPercent = 2;
  return std::max<std::int64_t>(1, nodes_in_cluster * kPercent / 100);
}

void s18_boot_proven(const Policy& policy, const FleetCounts& fleet, const Node& node,
                     std::vector<Violation>& out) {
  if (!boot_unproven(policy, node)) return;
  const auto others = fleet.sleep_unproven - (in_doubt(policy, node) ? 1 : 0);
  const auto max = doubtful_max(fleet.in_cluster);
  if (others < max) return;
  std::string text = "what it boots next has changed since its wake was proven; " +
                     std::to_string(others) + " such nodes sleep already, " + std::to_string(max) +
                     " may";
  if (fleet.lost_unproven > 0) {
    text += "; " + std::to_string(fleet.lost_unproven) + " of them did not come back";
  }
  out.push_back({"S18", "BootNotProven", std::move(text)});
}

std::optional<Alarm> boots_alarm(const World& world, const Policy& policy,
                                 const FleetCounts& fleet) {
  if (fleet.lost_unproven == 0 || fleet.lost_unproven < doubtful_max(fleet.in_cluster)) {
    return std::nullopt;
  }
  constexpr std::size_t kNamed = 8;
  Alarm alarm;
  std::string names;
  for (const auto& [name, node] : world.nodes) {
    if (!node.kube || !lost_in_doubt(policy, node)) continue;
    if (alarm.nodes.size() < kNamed) names += (names.empty() ? "" : ", ") + name;
    alarm.nodes.push_back(name);
  }
  alarm.reason = {"BootsFail",
                  names +
                      " did not come back with what they were to boot (kernel, initramfs, "
                      "command line, network or firmware has changed): no node whose boot "
                      "has changed sleeps until they are looked at"};
  return alarm;
}

void bind_old_proof(Node& node) {
  const auto& boot = node.inventory.boot;
  if (!node.wake_proven_at || !node.wake_proven_boot.empty() || !node.agent.connected) return;
  if (node.wake_proven_mode != SleepMode::power_off) return;  // it was not booted
  if (boot.pending.empty()) node.wake_proven_boot = boot.fingerprint;
}

}  // namespace ecokube::core
