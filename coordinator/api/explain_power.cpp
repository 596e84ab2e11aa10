#include "coordinator/api/explain_power.h"

#include <fmt/format.h>

#include "coordinator/api/explain.h"
#include "coordinator/api/times.h"
#include "coordinator/core/node_services.h"
#include "coordinator/core/power.h"
#include "coordinator/core/sleep_limit.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube {

using core::WakeMethod;

std::string bmc_problem(const Fleet& fleet, const core::Node& node) {
  if (!core::has_bmc(fleet.policy(), node.name)) return "";
  const auto& bmc = node.bmc;
  if (bmc.contradicts) return "its BMC says off while its agent speaks; is it another machine's?";
  if (core::bmc_identity(node, fleet.policy()) == core::BmcIdentity::wrong) {
    return fmt::format("its BMC says that it is of machine {}, not of this one", bmc.guid);
  }
  if (bmc.failure)
    return fmt::format("{} ({})", bmc.failure->message, to_string(bmc.failure->code));
  return bmc.read_at ? "" : "its BMC has not been read yet";
}

std::string change_when_going_off(const Fleet& fleet, const core::Node& node) {
  const auto& policy = fleet.policy();
  if (!core::has_bmc(policy, node.name)) {
    return fmt::format(
        "It counts as off when its agent has said goodbye, the link has closed and {} have passed "
        "in silence.",
        words(policy.silence_to_off));
  }
  std::string text =
      "It counts as off when its agent has said goodbye and two readings of its BMC say off";
  if (core::bmc_says_on(node, policy, fleet.now())) {
    text +=
        node.agent.goodbye ? "; its agent has said goodbye, but its BMC says that it is on" : "";
  } else if (const auto problem = bmc_problem(fleet, node); !problem.empty()) {
    text += "; until then its power is unknown: " + problem;
  }
  return text + ". If its room is needed, it is woken all the same.";
}

namespace {

/// In a sentence of its own, where it is not simply off.
std::string how_it_sleeps(const core::Node& node) {
  switch (node.sleep.mode) {
    case core::SleepMode::power_off: return "";
    case core::SleepMode::suspend: return "It is suspended, its memory kept. ";
    case core::SleepMode::hibernate: return "It hibernates, its memory on disk. ";
  }
  return "";
}

}  // namespace

bool waits_for_turn(const core::NodeWant& want) {
  const auto& code = want.reason.code;
  return code == "InrushLimit" || code == "WattsCap" || code == "NamespaceQuota";
}

std::string change_when_off(const Fleet& fleet, const core::Node& node) {
  const auto* want = want_of(fleet.plan(), node.name);
  if (want != nullptr && waits_for_turn(*want)) {
    return "It is wanted on and waits for its turn: " + want->reason.text + ".";
  }
  if (want != nullptr && want->on) return "It is wanted on: it is being woken.";
  std::string text = how_it_sleeps(node);
  text += fmt::format("Pods or lag that need its room wake it, or a person: ecoctl wake {}.",
                      node.name);
  const core::SleepLimits limits(fleet.world(), fleet.policy(), fleet.now());
  if (const auto until = limits.until(node)) {
    text += fmt::format(" It may sleep until {}, or longer if it is to show a longer sleep.",
                        rfc3339(*until));
  }
  if (core::bmc_says_on(node, fleet.policy(), fleet.now())) {
    text +=
        " Its BMC says that it is on: somebody has started it; it is Ready once its agent "
        "speaks and Kubernetes calls it ready.";
  } else if (const auto problem = bmc_problem(fleet, node); !problem.empty()) {
    text += " Its power is unknown at the moment: " + problem + ".";
  }
  return text;
}

std::string change_when_rising(const Fleet& fleet, const core::Node& node) {
  const auto& policy = fleet.policy();
  const auto& up = node.up;
  if (const auto wait = core::waits_for_services(fleet.world(), policy, node, fleet.now())) {
    return fmt::format("It is Ready and kept from new pods until {} at most: {}.",
                       rfc3339(wait->until), wait->missing);
  }
  std::string text =
      "It is Ready once a heartbeat brings a new boot id and Kubernetes calls the node ready";
  if (!up.asked_at) return text + ".";
  const auto next = core::method_after(node, policy, up.method);
  const auto limit =
      up.boot_proven ? policy.wake_deadline : core::method_timeout(node, policy, up.method);
  const auto deadline = rfc3339(*up.method_at + limit);
  if (!up.boot_proven) text += fmt::format("; it is being woken by {}", to_string(up.method));
  if (!up.boot_proven && !up.why.empty()) text += fmt::format(" ({})", up.why);
  if (next && !up.boot_proven) {
    text += fmt::format(", from {} on by {}", deadline, to_string(*next));
  } else {
    text += fmt::format("; it is given up at {}", deadline);
  }
  return text + (up.late ? ". Another node was taken in its place." : ".");
}

std::optional<std::string> why_not_wakeable(const Fleet& fleet, const core::Node& node) {
  if (!core::wake_methods(node, fleet.policy()).empty()) return std::nullopt;
  if (node.inventory.nics.empty()) {
    return "Nothing can be sent: no MAC address of it is known; its agent must have been "
           "connected once.";
  }
  return "Nothing can be sent: no wake address is known; set [wake] address in agent.toml or "
         "[[node]] address in coordinator.toml.";
}

std::string wake_forecast(const Fleet& fleet, const core::Node& node) {
  const auto& policy = fleet.policy();
  std::string text;
  for (const auto method : core::wake_methods(node, policy)) {
    const bool first = text.empty();
    if (method == WakeMethod::wol) {
      text +=
          fmt::format("{} magic packet is sent {}every {} until it is up", first ? "A" : "; then a",
                      first ? "now and " : "", words(policy.wake_repeat));
    } else {
      const auto* what = method == WakeMethod::exec ? "program" : "BMC";
      text += fmt::format("{} {} is told to switch it on", first ? "Its" : "; then its", what);
    }
    text += fmt::format(", for at most {}", words(core::method_timeout(node, policy, method)));
  }
  return text;
}

}  // namespace ecokube
