#include "coordinator/node_event_text.h"

#include <array>
#include <utility>

namespace ecokube {
namespace {

using kubernetes::NodeEvent;

/// What is begun on a node, by its step's verb; the steps in between are of no interest to people.
constexpr std::array<std::pair<std::string_view, const char*>, 5> kBegun{
    {{"mark", "Cordoned"},
     {"shutdown", "ShuttingDown"},
     {"wake", "Waking"},
     {"unmark", "Uncordoned"},
     {"quarantine", "GivenUp"}}};

std::optional<NodeEvent> begun(const FleetEvent& event) {
  for (const auto& [verb, reason] : kBegun) {
    if (event.verb == verb) return NodeEvent{event.subject, false, reason, event.text};
  }
  return std::nullopt;
}

}  // namespace

std::optional<NodeEvent> node_event_of(const FleetEvent& event) {
  if (!is_node_name(event.subject)) return std::nullopt;
  if (event.kind == "state") {
    const bool warning = event.reason.code == "Quarantined" || event.reason.code == "Unknown";
    return NodeEvent{event.subject, warning, event.reason.code, event.text};
  }
  if (event.kind == "step") return begun(event);
  if (event.kind == "step_ended" && event.outcome != "done") {
    return NodeEvent{event.subject, true, "StepFailed", event.text};
  }
  if (event.kind == "blocked") {
    return NodeEvent{event.subject, true, "Blocked", event.rule + ": " + event.text};
  }
  if (event.kind == "person") return NodeEvent{event.subject, false, "PersonAsked", event.text};
  return std::nullopt;
}

}  // namespace ecokube
