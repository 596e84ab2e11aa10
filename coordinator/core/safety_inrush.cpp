#include "coordinator/core/safety_inrush.h"

#include <algorithm>

#include "coordinator/core/inrush.h"

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

}  // namespace

void s6_place(const World& world, const Policy& policy, const Node& node, TimePoint now,
              Violations& out) {
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
  s6_tokens(world, step, start_tokens(policy, node), now, out);
  s6_place(world, policy, node, now, out);
  if (world.fence == 0 || !booting_is_limited(policy, node)) return;
  const bool on_its_way =
      std::any_of(node.in_flight.begin(), node.in_flight.end(),
                  [](const auto& entry) { return entry.first.verb == Verb::record_wake; });
  if (!boots(node, policy, now) || on_its_way) {
    out.push_back({"S6", "NotRecorded", "a successor would not know that it boots"});
  }
}

void s6_down(const World& world, const Policy& policy, const Step& step, const Node& node,
             TimePoint now, Violations& out) {
  s6_tokens(world, step, down_tokens(policy, node), now, out);
}

}  // namespace ecokube::core
