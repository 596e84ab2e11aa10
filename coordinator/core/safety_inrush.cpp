#include "coordinator/core/safety_inrush.h"

#include <algorithm>
#include <map>
#include <optional>

#include "coordinator/core/inrush.h"
#include "coordinator/core/lost_work.h"
#include "coordinator/core/quota.h"
#include "coordinator/core/replicas.h"

namespace ecokube::core {
namespace {

/// It takes a token of each of its buckets, and each has one.
void s6_tokens(const World& world, const Step& step, const std::vector<Token>& needed,
               TimePoint now, Violations& out) {
  if (step.tokens != needed) {
    out.push_back({"S6", "NoToken", "it does not take the tokens that it has to"});
  }
  for (const auto& token : needed) {
    if (due_at(world.buckets, token) <= now) continue;
    out.push_back({"S6", "InrushLimit", "too many " + token.bucket + " within a minute"});
  }
}

/// Each machine that may draw counts with its peak, and this one with its own.
void s6_watts(const World& world, const Policy& policy, const Node& node, TimePoint now,
              Violations& out) {
  if (!watts_are_capped(policy, node)) return;
  std::map<std::string, std::int64_t> others;
  for (const auto& [name, other] : world.nodes) {
    if (name == node.name || !may_draw(other, policy, now)) continue;
    const auto peak = peak_of(policy, other).milliwatts();
    for (const auto& group : inrush_groups(policy, other)) others[group.name] += peak;
  }
  const auto own = peak_of(policy, node).milliwatts();
  for (const auto& [name, limits] : inrush_groups(policy, node)) {
    if (!limits.watts_cap || others[name] + own <= limits.watts_cap->milliwatts()) continue;
    out.push_back({"S6", "WattsCap",
                   "with it " + name + " could draw " +
                       watts_text(Power::milliwatts(others[name] + own)) + ", more than the " +
                       watts_text(*limits.watts_cap) + " that it may"});
  }
}

/// The token that it takes of the quota of the namespace that it is for; nullopt: none. Lost pods
/// are no wish of it: what replaces them is never refused.
std::optional<Token> s6_quota(const World& world, const Policy& policy, const Step& step,
                              TimePoint now, Violations& out) {
  const auto ns = step.asker ? step.asker->ns : std::string();
  const bool for_pods = !step.pods.empty() || step.reason.code == "NeededFor";
  const bool another = !step.pods.empty() && step.pods.front().ns != ns;
  if (for_pods && (ns.empty() || another)) {
    out.push_back({"S6", "NoAsker", "it does not say whose pods it is for"});
  }
  const auto token = quota_token(policy, ns);
  if (!token || due_at(world.buckets, *token) <= now) return token;
  const auto& controller = step.asker->controller;
  const auto pod = step.pods.empty() ? world.pods.end() : world.pods.find(step.pods.front().uid);
  const bool its_own = pod == world.pods.end() || controller_key(pod->second) == controller;
  const bool replaces = controller.starts_with(ns + "/") && lost_of(world, controller, now) > 0;
  if (!replaces || !its_own) {
    out.push_back(
        {"S6", "NamespaceQuota", quota_text(policy, ns, due_at(world.buckets, *token) - now)});
  }
  return std::nullopt;
}

}  // namespace

void s6_place(const World& world, const Policy& policy, const Node& node, TimePoint now,
              Violations& out) {
  s6_watts(world, policy, node, now, out);
  if (!booting_is_limited(policy, node)) return;
  const auto others = count_booting(world, policy, now, node.name);
  for (const auto& [name, limits] : inrush_groups(policy, node)) {
    const auto booting = others.find(name);
    if (booting == others.end() || booting->second < limits.booting_max) continue;
    out.push_back({"S6", "InrushLimit",
                   std::to_string(booting->second) + " other machines of " + name + " boot now"});
  }
}

void s6_start(const World& world, const Policy& policy, const Step& step, const Node& node,
              TimePoint now, Violations& out) {
  if (node.state == Lifecycle::powering_up) return;
  auto needed = start_tokens(policy, node);
  if (auto token = s6_quota(world, policy, step, now, out)) needed.push_back(*std::move(token));
  s6_tokens(world, step, needed, now, out);
  s6_place(world, policy, node, now, out);
  if (world.fence == 0 || !start_is_recorded(policy, node)) return;
  const bool on_its_way =
      std::any_of(node.in_flight.begin(), node.in_flight.end(),
                  [](const auto& entry) { return entry.first.verb == Verb::record_wake; });
  if (!boots(node, policy, now) || on_its_way) {
    out.push_back({"S6", "NotRecorded", "a successor would not know that it may be on"});
  }
}

void s6_down(const World& world, const Policy& policy, const Step& step, const Node& node,
             TimePoint now, Violations& out) {
  s6_tokens(world, step, down_tokens(policy, node), now, out);
}

}  // namespace ecokube::core
