#include "coordinator/api/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/api/explain_power.h"
#include "coordinator/api/times.h"
#include "coordinator/core/sleep_mode.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube {

using core::Lifecycle;
using core::PersonVerb;

const core::NodeWant* want_of(const core::Plan& plan, const NodeName& name) {
  const auto found = std::ranges::find(plan.nodes, name, &core::NodeWant::node);
  return found == plan.nodes.end() ? nullptr : &*found;
}

core::PowerView power_of(const Fleet& fleet, const core::Node& node) {
  return core::power_at(node, fleet.policy(), fleet.now());
}

core::DrawnPower drawn_of(const Fleet& fleet, const core::Node& node) {
  return core::drawn_power(node, fleet.policy(), fleet.now());
}

core::Lifecycle state_of(const Fleet& fleet, const core::Node& node) {
  return core::state_at(node, fleet.policy(), fleet.now());
}

std::string hold_of(const Fleet& fleet, const core::Node& node) {
  const auto* hold = core::hold_at(node, fleet.now());
  if (hold == nullptr) return "";
  return hold->reason.empty() ? hold->by : hold->by + ": " + hold->reason;
}

std::vector<core::Violation> blockers_of(const Fleet& fleet, const core::Node& node) {
  const auto state = state_of(fleet, node);
  if (state == Lifecycle::powered_down || state == Lifecycle::powering_down) return {};
  return core::blockers(fleet.world(), fleet.policy(), node, fleet.now());
}

std::string text_of(const std::vector<core::Violation>& blockers) {
  std::string text;
  for (const auto& blocker : blockers) {
    if (!text.empty()) text += "; ";
    text += fmt::format("{} ({}, {})", blocker.text, blocker.code, blocker.rule);
  }
  return text;
}

namespace {

/// Where its pool wants it to sleep otherwise.
std::string only_off(const Fleet& fleet, const core::Node& node) {
  const auto why = core::why_only_off(fleet.policy(), node);
  return why.empty() ? "" : " It is then switched off: " + why + ".";
}

std::string change_when_ready(const Fleet& fleet, const core::Node& node) {
  const auto* want = want_of(fleet.plan(), node.name);
  if (want != nullptr && !want->on) {
    const auto blockers = blockers_of(fleet, node);
    if (blockers.empty() && core::would_prove_wake(fleet.policy(), node, fleet.now())) {
      return "It is about to be put down and woken at once: that shows that it can be woken.";
    }
    if (blockers.empty()) return "It is about to be put to sleep." + only_off(fleet, node);
    return "It is put to sleep once this no longer holds: " + text_of(blockers) + "." +
           only_off(fleet, node);
  }
  const auto blockers = blockers_of(fleet, node);
  if (!blockers.empty()) {
    return "It may be put to sleep once this no longer holds: " + text_of(blockers) + "." +
           only_off(fleet, node);
  }
  if (want == nullptr) return "The next decision is made when the cluster has been listed.";
  return "It may be put to sleep once this no longer holds: " + want->reason.text;
}

std::string change_when_draining(const Fleet& fleet, const core::Node& node) {
  if (node.work_pods > 0 && node.down.marked_at) {
    return fmt::format(
        "Its {} pods are moved, as their budgets allow; if they are not gone at {}, "
        "it goes back to Ready.",
        node.work_pods, rfc3339(*node.down.marked_at + fleet.policy().drain_deadline));
  }
  return fmt::format(
      "It goes down when its pods, listed {} after our mark, leave nothing that must run; a pod "
      "bound in between sends it back to Ready.",
      words(fleet.policy().settle));
}

std::string change_when_quarantined(const core::Node& node) {
  const auto times = std::max<std::int64_t>(1, node.wake_failures);
  return fmt::format(
      "It did not come up when it was woken, {} in a row; it is left alone {}, twice as long after "
      "each failure, and counts as no room meanwhile. A person may end that: ecoctl unquarantine "
      "{}; or try it now: ecoctl wake {}.",
      times == 1 ? "once" : fmt::format("{} times", times),
      node.quarantined_until ? "until " + rfc3339(*node.quarantined_until)
                             : std::string("until its room is needed"),
      node.name, node.name);
}

/// What makes policy leave the node alone, whatever a person asks; empty: nothing.
std::string hands_off(const Fleet& fleet, const core::Node& node) {
  if (const auto hold = hold_of(fleet, node); !hold.empty()) {
    return fmt::format("it is held ({}); ecoctl release {} first", hold, node.name);
  }
  if (!node.kube) return "Kubernetes has no Node of this name";
  const auto* pool = core::pool_of(fleet.policy(), node.name, node.kube->labels);
  if (pool == nullptr) {
    return "it is in no pool, so it is never touched; name it in a [[pool]] of coordinator.toml";
  }
  if (pool->mode == core::Mode::off) return "its pool " + pool->name + " has mode off";
  return "";
}

}  // namespace

std::string what_would_change(const Fleet& fleet, const core::Node& node) {
  if (const auto untouched = hands_off(fleet, node); !untouched.empty()) {
    return "It is left alone: " + untouched + ".";
  }
  switch (state_of(fleet, node)) {
    case Lifecycle::ready: return change_when_ready(fleet, node);
    case Lifecycle::draining: return change_when_draining(fleet, node);
    case Lifecycle::powering_down: return change_when_going_off(fleet, node);
    case Lifecycle::powered_down: return change_when_off(fleet, node);
    case Lifecycle::powering_up: return change_when_rising(fleet, node);
    case Lifecycle::quarantined: return change_when_quarantined(node);
    case Lifecycle::maintenance:
      return fmt::format(
          "Someone else took it down or stopped its agent; it is back with its agent's next "
          "connection, or by ecoctl wake {}.",
          node.name);
    case Lifecycle::unknown:
      return fmt::format(
          "A heartbeat of its agent and its state in Kubernetes would tell what it is; ecoctl wake "
          "{} is harmless if it is on.",
          node.name);
  }
  return "";
}

namespace {

using When = Forecast::When;

Forecast forecast_wake(const Fleet& fleet, const core::Node& node, const core::PersonAsked& asked) {
  const auto stay = asked.valid_for.value_or(fleet.policy().person_wake_for);
  const std::string kept = "kept on for " + words(stay);
  switch (state_of(fleet, node)) {
    case Lifecycle::ready: return {When::now, "It is on; it is " + kept + ".", {}};
    case Lifecycle::draining:
      return {When::now, "Its way down is given up, and it is " + kept + ".", {}};
    case Lifecycle::powering_down:
      return {When::later,
              "It is on its way down; it is woken as soon as it is off, and " + kept + ".",
              {}};
    case Lifecycle::powering_up: return {When::now, "It is being woken; it is " + kept + ".", {}};
    default: break;
  }
  if (auto why_not = why_not_wakeable(fleet, node)) return {When::never, *std::move(why_not), {}};
  return {When::now, wake_forecast(fleet, node) + "; then it is " + kept + ".", {}};
}

Forecast forecast_sleep(const Fleet& fleet, const core::Node& node,
                        const core::PersonAsked& asked) {
  const bool again = asked.verb == PersonVerb::test_wake;
  switch (state_of(fleet, node)) {
    case Lifecycle::powered_down:
      return again ? Forecast{When::now, "It is off: it is woken, which is the proof.", {}}
                   : Forecast{When::now, "It is off already.", {}};
    case Lifecycle::powering_down:
      return {
          When::now,
          again ? "It is on its way down; it is woken when it is off." : "It is on its way down.",
          {}};
    default: break;
  }
  // As the core will see it: a person's request wins over timers and modes, not over safety.
  core::Node requested = node;
  requested.request = core::Request{asked.verb, asked.by, asked.reason, fleet.now(), std::nullopt};
  auto blockers = blockers_of(fleet, requested);
  if (!blockers.empty()) {
    auto text =
        "Nothing can happen yet: " + text_of(blockers) + ". It goes on when that no longer holds.";
    return {When::later, std::move(text), std::move(blockers)};
  }
  const auto state = state_of(fleet, node);
  if (state != Lifecycle::ready && state != Lifecycle::draining) {
    return {When::later,
            fmt::format("Nothing can happen while it is {}. It goes on when it is Ready.",
                        core::to_string(state)),
            {}};
  }
  if (node.work_pods > 0) {
    return {When::now,
            fmt::format("It is cordoned, its {} pods are moved as their budgets allow, and it is "
                        "switched off by its agent when they are gone; after {} without that it "
                        "goes back to Ready.",
                        node.work_pods, words(fleet.policy().drain_deadline)),
            {}};
  }
  std::string text = "It is cordoned, listed again after " + words(fleet.policy().settle) +
                     " and switched off by its agent when nothing on it must run";
  return {When::now, text + (again ? "; then it is woken." : "."), {}};
}

/// What only the leader may do, or what would be undone by it, is asked for there (S5).
Forecast forecast_standing_by(const Fleet& fleet, const core::Node& node,
                              const core::PersonAsked& asked) {
  const auto& leader = fleet.world().leader;
  const auto state = state_of(fleet, node);
  const bool on = state == Lifecycle::ready || state == Lifecycle::draining;
  if (asked.verb != PersonVerb::wake || on) {
    return {When::never, "This coordinator stands by; " + leader + " leads: ask that one.", {}};
  }
  auto result = forecast_wake(fleet, node, asked);
  result.text += " This coordinator stands by; whether it stays on is decided by " + leader + ".";
  return result;
}

Forecast forecast_hold(const core::Node& node, const core::PersonAsked& asked) {
  const std::string until = "until ecoctl release " + node.name;
  if (!asked.valid_for) return {When::now, "It is left as it is " + until + ".", {}};
  return {
      When::now, "It is left as it is for " + words(*asked.valid_for) + ", or " + until + ".", {}};
}

Forecast forecast_unquarantine(const Fleet& fleet, const core::Node& node) {
  if (state_of(fleet, node) == Lifecycle::quarantined) {
    return {When::now,
            "Its quarantine ends and its failures are forgotten; it is woken to see what it is.",
            {}};
  }
  if (node.wake_failures == 0) return {When::never, "It is not quarantined.", {}};
  return {When::now, "It is not quarantined at the moment; its failures are forgotten.", {}};
}

Forecast forecast_release(const Fleet& fleet, const core::Node& node) {
  if (!hold_of(fleet, node).empty())
    return {When::now, "It is no longer held; policy decides again.", {}};
  return {
      When::now, "It is not held; what a person asked of it is dropped and policy decides.", {}};
}

}  // namespace

Forecast forecast(const Fleet& fleet, const core::Node& node, const core::PersonAsked& asked) {
  Forecast result;
  const auto untouched = hands_off(fleet, node);
  if (asked.verb == PersonVerb::hold) {
    result = forecast_hold(node, asked);
  } else if (asked.verb == PersonVerb::release) {
    result = forecast_release(fleet, node);
  } else if (!untouched.empty()) {
    result = {When::never, "Nothing can happen: " + untouched + ".", {}};
  } else if (fleet.world().fence == 0 && !fleet.world().leader.empty()) {
    result = forecast_standing_by(fleet, node, asked);
  } else if (asked.verb == PersonVerb::unquarantine) {
    result = forecast_unquarantine(fleet, node);
  } else if (asked.verb == PersonVerb::wake) {
    result = forecast_wake(fleet, node, asked);
  } else {
    result = forecast_sleep(fleet, node, asked);
  }
  if (fleet.policy().dry_run) {
    if (result.when == When::now) result.when = When::later;
    result.text = "Dry run, so nothing is touched. Else: " + result.text;
  }
  return result;
}

}  // namespace ecokube
