#include "coordinator/core/sleep_mode.h"

#include "coordinator/core/power.h"

namespace ecokube::core {
namespace {

SleepMode wanted(const Policy& policy, const Node& node) {
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  return pool == nullptr ? SleepMode::power_off : pool->sleep_mode;
}

/// To its BMC a suspended machine is on: that neither proves that it sleeps nor can wake it, and
/// would call it hung. One that hibernates is off.
std::string why_not(SleepMode mode, const Policy& policy, const Node& node) {
  const auto& machine = node.inventory.machine;
  switch (mode) {
    case SleepMode::power_off: return {};
    case SleepMode::suspend:
      if (!machine.can_suspend) return "it cannot suspend";
      return has_bmc(policy, node.name) ? "its BMC could not wake it from suspend" : "";
    case SleepMode::hibernate: return machine.can_hibernate ? "" : "it cannot hibernate";
  }
  return {};
}

}  // namespace

std::string why_only_off(const Policy& policy, const Node& node) {
  return why_not(wanted(policy, node), policy, node);
}

SleepMode sleep_mode_of(const Policy& policy, const Node& node) {
  if (node.marked || node.state == Lifecycle::draining) return node.sleep.mode;
  return why_only_off(policy, node).empty() ? wanted(policy, node) : SleepMode::power_off;
}

bool is_suspended(const Node& node) { return node.sleep.mode == SleepMode::suspend; }

void s3_sleeps_as_it_can(const Policy& policy, const Node& node, SleepMode mode,
                         std::vector<Violation>& out) {
  auto why = why_not(mode, policy, node);
  if (!why.empty()) out.push_back({"S3", "CannotSleepSo", std::move(why)});
}

}  // namespace ecokube::core
