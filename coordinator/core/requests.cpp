#include "coordinator/core/requests.h"

#include "coordinator/core/marks.h"

namespace ecokube::core {

std::string request_text(const Node& node) {
  return node.request ? format_request(*node.request) : std::string();
}

std::string request_text(const KubeNode& kube) {
  const auto at = kube.annotations.find(std::string(names::kRequest));
  return at == kube.annotations.end() ? std::string() : at->second;
}

bool quarantine_is_to_end(const Node& node) {
  const bool asked = node.request && node.request->verb == PersonVerb::unquarantine;
  return asked && (node.state == Lifecycle::quarantined || node.wake_failures > 0);
}

bool request_is_over(const Node& node, const Policy& policy, TimePoint now) {
  if (!node.request) return false;
  const auto& request = *node.request;
  if (request.until && now >= *request.until) return true;
  switch (request.verb) {
    case PersonVerb::wake: return !request.until && now >= request.at + policy.person_wake_for;
    case PersonVerb::sleep: return node.state == Lifecycle::powered_down;
    case PersonVerb::test_wake: return node.wake_proven_at && *node.wake_proven_at > request.at;
    case PersonVerb::unquarantine: return !quarantine_is_to_end(node);
    case PersonVerb::hold:
    case PersonVerb::release: return true;
  }
  return true;
}

bool request_waits(const Node& node, const Policy& policy) {
  if (policy.dry_run) return false;
  return (node.request_unsaved && request_text(node) != request_text(*node.kube)) ||
         node.kube->revision < node.said_revision;
}

std::optional<RequestToRecord> request_to_record(const World& world, const Policy& policy,
                                                 const Node& node, TimePoint now) {
  if (!node.kube) return std::nullopt;
  if (request_is_over(node, policy, now)) {
    if (!node.request_unsaved && world.fence == 0) return std::nullopt;
    return RequestToRecord{{""}, {"RequestOver", "what a person asked for is done or over"}};
  }
  if (!node.request_unsaved || !request_waits(node, policy)) return std::nullopt;
  return RequestToRecord{{request_text(node)},
                         {"PersonAsked", "a person's request belongs to the Node object"}};
}

}  // namespace ecokube::core
