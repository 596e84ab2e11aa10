#include "cli/wait.h"

#include "cli/views.h"

namespace ecokube::cli {

Progress progress_of(Verb verb, std::int64_t asked_at_ms, const boost::json::object& before,
                     const boost::json::object& now) {
  using State = Progress::State;
  const auto state = text_at(now, "state");
  const auto asked = static_cast<double>(asked_at_ms);
  const bool changed = number_at(now, "since_ms") >= asked;
  const bool proven = number_at(now, "wake_proven_at_ms") >= asked;
  const auto problem = text_at(now, "last_problem");

  if (verb == Verb::wake && state == "Ready") return {State::done, "it is Ready"};
  if (verb == Verb::sleep && state == "PoweredDown") return {State::done, "it is off"};
  if (verb == Verb::test_wake && state == "Ready" && proven) {
    return {State::done, "it was off and is Ready again: its wake is proven"};
  }
  if (state == "Quarantined" && changed) {
    return {State::failed, problem.empty() ? "it was given up" : problem};
  }
  // It set out and is back where it was.
  const auto began = text_at(before, "state");
  const bool set_out_from_on = began == "Ready" || began == "Draining";
  const bool back = state == "Ready" && changed && verb != Verb::wake && !proven;
  if (back && (set_out_from_on || problem != text_at(before, "last_problem"))) {
    return {State::failed, problem.empty() ? "it was stopped on its way down" : problem};
  }
  return {State::under_way, text_at(now, "what_would_change")};
}

std::string not_back(const boost::json::object& nodes) {
  std::string left;
  const auto* list = nodes.if_contains("nodes");
  if (list == nullptr || !list->is_array()) return left;
  for (const auto& entry : list->get_array()) {
    const auto& node = entry.as_object();
    const auto* marked = object_at(node, "kubernetes").if_contains("marked_by_us");
    const bool clean = marked != nullptr && marked->is_bool() && !marked->get_bool();
    if (text_at(node, "pool").empty() || (text_at(node, "state") == "Ready" && clean)) continue;
    left +=
        (left.empty() ? "" : ", ") + text_at(node, "name") + " (" + text_at(node, "state") + ")";
  }
  return left;
}

}  // namespace ecokube::cli
