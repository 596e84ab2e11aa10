#include "coordinator/core/watts.h"

#include <algorithm>

#include "coordinator/core/inrush.h"
#include "coordinator/core/power.h"

namespace ecokube::core {
namespace {

constexpr std::size_t kSilentNamed = 3;

/// Sent, or about to be, and no off was seen since.
bool wake_may_hold(const Node& node, const Policy& policy, TimePoint now) {
  if (!node.waking_at) return false;
  if (now < *node.waking_at + policy.wake_deadline) return true;
  if (node.waking_unsent) return false;
  const auto off_at = bmc_tells_power(policy, node) ? node.bmc.read_at : node.sleep.since;
  return !off_at || *off_at <= *node.waking_at;
}

bool has_watts_cap(const InrushLimits& limits) { return limits.watts_cap.has_value(); }

std::string named(const std::vector<NodeName>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::optional<Power> known_peak(const Policy& policy, const Node& node) {
  const auto* given = override_of(policy, node.name);
  if (given != nullptr && given->peak) return given->peak;
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  if (pool != nullptr && pool->peak) return pool->peak;
  return node.inventory.peak;
}

Power peak_of(const Policy& policy, const Node& node) {
  if (const auto known = known_peak(policy, node)) return *known;
  return std::max(policy.inrush.peak_default, node.peak_seen.value_or(policy.inrush.peak_default));
}

std::optional<Power> peak_shown(const Node& node, const AgentHeartbeat& beat) {
  constexpr auto kStep = Power::watts(5).milliwatts();
  if (!beat.power || (node.peak_seen && *beat.power <= *node.peak_seen)) return std::nullopt;
  return Power::milliwatts((beat.power->milliwatts() + kStep - 1) / kStep * kStep);
}

bool may_draw(const Node& node, const Policy& policy, TimePoint now) {
  const auto power = power_at(node, policy, now).state;
  if (!node.kube) return power == PowerState::on;
  if (node.state == Lifecycle::powering_up || power != PowerState::off) return true;
  return wake_may_hold(node, policy, now);
}

bool watts_are_capped(const Policy& policy) { return any_limits(policy, has_watts_cap); }

bool watts_are_capped(const Policy& policy, const Node& node) {
  return any_limits(policy, node, has_watts_cap);
}

std::string watts_text(Power power) {
  return std::to_string((power.milliwatts() + 999) / 1000) + " W";
}

WattsBook::WattsBook(const World& world, const Policy& policy, TimePoint now)
    : policy_(policy), now_(now) {
  if (!watts_are_capped(policy)) return;
  for (const auto& [name, node] : world.nodes) {
    if (!may_draw(node, policy, now)) continue;
    const auto groups = groups_of(node);
    if (groups.empty()) continue;
    const auto peak = peak_of(policy, node);
    for (auto* group : groups) {
      group->sum = group->sum + peak;
      ++group->machines;
      if (group->silent.size() >= kSilentNamed) continue;
      if (power_at(node, policy, now).state != PowerState::on) group->silent.push_back(name);
    }
  }
}

std::vector<WattsBook::Group*> WattsBook::groups_of(const Node& node) {
  std::vector<Group*> groups;
  if (!watts_are_capped(policy_)) return groups;
  for (const auto& [name, limits] : inrush_groups(policy_, node)) {
    if (!limits.watts_cap) continue;
    const auto at = groups_.try_emplace(name, Group{name, *limits.watts_cap}).first;
    groups.push_back(&at->second);
  }
  return groups;
}

WattsBook::Part WattsBook::part_of(const Node& node) {
  Part part{groups_of(node)};
  if (part.groups.empty()) return part;
  part.peak = peak_of(policy_, node);
  if (!may_draw(node, policy_, now_)) part.adds = part.peak;
  return part;
}

bool WattsBook::fits(const Part& part) {
  return std::ranges::all_of(
      part.groups, [&](const Group* group) { return group->sum + part.adds <= group->cap; });
}

std::string WattsBook::waits(const Part& part) {
  for (const auto* group : part.groups) {
    if (group->sum + part.adds <= group->cap) continue;
    const bool counts = part.adds < part.peak;
    std::string text = group->name + " may draw " + watts_text(group->cap) + "; " +
                       std::to_string(group->machines) +
                       " machines that are not proven off count " + watts_text(group->sum) +
                       (counts ? ", this one in it with " : ", this one ") + watts_text(part.peak) +
                       (counts ? "" : " more") +
                       "; one of them that is proven off, or a higher watts_cap, would free it";
    if (!group->silent.empty()) text += "; neither on nor proven off: " + named(group->silent);
    return text;
  }
  return {};
}

void WattsBook::take(const Part& part) {
  for (auto* group : part.groups) {
    group->sum = group->sum + part.adds;
    if (part.adds > Power::milliwatts(0)) ++group->machines;
  }
}

}  // namespace ecokube::core
