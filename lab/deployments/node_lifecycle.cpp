#include "lab/deployments/node_lifecycle.h"

#include <fmt/chrono.h>

#include <chrono>

#include "coordinator/core/failover.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::lab {

namespace json = boost::json;
using kubernetes::find_text;

Result<LifecycleNode> parse_lifecycle_node(const json::object& object) {
  auto node = kubernetes::parse_node(object);
  if (!node) return std::unexpected(node.error());
  LifecycleNode result{node->name, node->uid, node->revision, node->ready, {}};
  result.conditions = kubernetes::find_array(object, {"status", "conditions"});
  result.out_of_service = core::out_of_service(*node);
  return result;
}

SeenLease parse_lease(const json::object& lease) {
  return {std::string(find_text(lease, {"metadata", "name"})),
          std::string(find_text(lease, {"spec", "renewTime"}))};
}

NodeLifecycle::Findings NodeLifecycle::look(TimePoint now, const LifecycleNodes& nodes,
                                            const Renewals& renewals) {
  Findings findings;
  std::set<NodeName> present;
  for (const auto& [key, node] : nodes) {
    present.insert(node.name);
    const auto found = renewals.find(node.name);
    const auto renewal = found == renewals.end() ? std::string() : found->second;
    auto [entry, is_new] = memory_.try_emplace(node.name);
    auto& memory = entry->second;
    if (is_new || memory.uid != node.uid) memory = {node.uid, renewal, now, std::nullopt};
    if (memory.renewal != renewal) {
      memory.renewal = renewal;
      memory.renewed_at = now;
    }
    if (now - memory.renewed_at >= grace_ && node.ready != core::Readiness::unknown) {
      findings.silent.push_back(&node);
    }
    if (node.ready == core::Readiness::ready) {
      memory.away_since.reset();
      continue;
    }
    if (!memory.away_since) memory.away_since = now;
    const bool for_long = now - *memory.away_since >= give_up_after_;
    if (for_long || node.out_of_service) findings.given_up.insert(node.name);
  }
  std::erase_if(memory_, [&present](const auto& entry) { return !present.contains(entry.first); });
  return findings;
}

std::vector<const DeploymentPod*> NodeLifecycle::lost_pods(TimePoint now,
                                                           const LifecycleNodes& nodes,
                                                           const std::set<NodeName>& given_up,
                                                           const DeploymentPods& pods) {
  std::set<NodeName> present;
  for (const auto& [key, node] : nodes) present.insert(node.name);
  std::set<NodeName> missing;
  std::vector<const DeploymentPod*> result;
  for (const auto& [key, pod] : pods) {
    const auto& node = pod.pod.node;
    if (node.empty()) continue;
    bool lost = given_up.contains(node);
    if (lost && (pod.pod.owner_kind == "DaemonSet" || pod.pod.mirror)) continue;
    if (!present.contains(node)) {
      missing.insert(node);
      const auto since = missing_since_.try_emplace(node, now).first->second;
      lost = now - since >= give_up_after_;
    }
    if (lost) result.push_back(&pod);
  }
  std::erase_if(missing_since_,
                [&missing](const auto& entry) { return !missing.contains(entry.first); });
  return result;
}

json::object silence_patch(const LifecycleNode& node, const std::string& now) {
  // A merge patch replaces the whole list, so the other conditions are repeated.
  json::array conditions;
  json::object ready{{"type", "Ready"}};
  for (const auto& condition : node.conditions) {
    const auto* fields = condition.if_object();
    if (fields != nullptr && find_text(*fields, {"type"}) == "Ready") {
      ready = *fields;
    } else {
      conditions.push_back(condition);
    }
  }
  ready["status"] = "Unknown";
  ready["reason"] = "NodeStatusUnknown";
  ready["message"] = "The node's Lease was not renewed in time.";
  ready["lastTransitionTime"] = now;
  conditions.push_back(std::move(ready));
  return {{"metadata", {{"resourceVersion", std::to_string(node.revision)}}},
          {"status", {{"conditions", std::move(conditions)}}}};
}

std::string api_time_now() {
  const auto now = std::chrono::system_clock::now();
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

}  // namespace ecokube::lab
