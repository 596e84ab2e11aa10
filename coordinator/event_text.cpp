#include "coordinator/event_text.h"

#include <array>
#include <optional>
#include <utility>

namespace ecokube {
namespace {

using kubernetes::about_node;
using kubernetes::about_pod;
using kubernetes::ObjectEvent;

/// What is begun on a node, by its step's verb; the steps in between are of no interest to people.
constexpr std::array<std::pair<std::string_view, const char*>, 9> kBegun{
    {{"mark", "Cordoned"},
     {"evict", "Evicting"},
     {"shutdown", "ShuttingDown"},
     {"power_off", "SwitchingOff"},
     {"out_of_service", "OutOfService"},
     {"in_service", "InService"},
     {"wake", "Waking"},
     {"unmark", "Uncordoned"},
     {"quarantine", "GivenUp"}}};

std::string to_pod(const FleetEvent& event) {
  if (event.verb == "wake") return "node " + event.subject + " is woken for it";
  return "it is moved: node " + event.subject + " is emptied, " + event.text;
}

std::vector<ObjectEvent> begun(const FleetEvent& event) {
  std::vector<ObjectEvent> told;
  for (const auto& [verb, reason] : kBegun) {
    if (event.verb != verb) continue;
    told.push_back({about_node(event.subject), false, reason, event.text});
    for (const auto& pod : event.pods) {
      told.push_back({about_pod(pod), false, reason, to_pod(event)});
    }
  }
  return told;
}

/// In kube-scheduler's words, so that people and tools find them as they are used to.
std::vector<ObjectEvent> of_pod(const FleetEvent& event, const core::PodRef& pod) {
  const bool bound = event.verb == "bind" && event.kind == "step_ended";
  if (bound && event.outcome == "done") {
    return {{about_pod(pod), false, "Scheduled", "Successfully " + event.text}};
  }
  const bool refused = event.verb == "report_unschedulable" && event.kind == "step";
  if (bound || refused) return {{about_pod(pod), true, "FailedScheduling", event.text}};
  return {};
}

/// At each node, since the cluster as a whole is no object.
std::vector<ObjectEvent> of_alarm(const FleetEvent& event) {
  std::vector<ObjectEvent> told;
  for (const auto& node : event.nodes) {
    told.push_back({about_node(node), true, event.reason.code, event.text});
  }
  return told;
}

std::optional<ObjectEvent> of_node(const FleetEvent& event) {
  const auto about = about_node(event.subject);
  if (event.kind == "state") {
    const bool warning = event.reason.code == "Quarantined" || event.reason.code == "Unknown";
    return ObjectEvent{about, warning, event.reason.code, event.text};
  }
  if (event.kind == "step_ended" && event.outcome != "done") {
    return ObjectEvent{about, true, "StepFailed", event.text};
  }
  if (event.kind == "blocked") {
    return ObjectEvent{about, true, "Blocked", event.rule + ": " + event.text};
  }
  if (event.kind == "person") return ObjectEvent{about, false, "PersonAsked", event.text};
  return std::nullopt;
}

}  // namespace

std::vector<ObjectEvent> events_of(const FleetEvent& event) {
  if (const auto pod = core::pod_of(event.subject)) return of_pod(event, *pod);
  if (event.kind == "alarm") return of_alarm(event);
  if (!is_node_name(event.subject)) return {};
  if (event.kind == "step") return begun(event);
  auto told = of_node(event);
  if (!told) return {};
  return {*std::move(told)};
}

}  // namespace ecokube
