// What bounds our acts: budgets, attachments, local volumes and autoscalers.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <utility>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::object;

std::vector<std::string> parse_texts(const object& parent, std::string_view key) {
  std::vector<std::string> texts;
  for (const auto& entry : find_array(parent, {key})) {
    if (const auto* text = entry.if_string()) texts.emplace_back(*text);
  }
  return texts;
}

/// The nodes that `terms` of a required node affinity name. A node goes by its host name label
/// there; where that differs from the node's name nothing better is known.
std::vector<NodeName> nodes_named(const boost::json::array& terms) {
  std::vector<NodeName> nodes;
  const auto add = [&](const object& term, std::string_view list, std::string_view key) {
    for (const auto& entry : find_array(term, {list})) {
      const auto* fields = entry.if_object();
      if (fields == nullptr || find_text(*fields, {"key"}) != key) continue;
      if (find_text(*fields, {"operator"}) != "In") continue;
      for (auto& node : parse_texts(*fields, "values")) nodes.push_back(std::move(node));
    }
  };
  for (const auto& entry : terms) {
    const auto* term = entry.if_object();
    if (term == nullptr) continue;
    add(*term, "matchExpressions", "kubernetes.io/hostname");
    add(*term, "matchFields", "metadata.name");
  }
  return nodes;
}

}  // namespace

core::Selector parse_selector(const object& selector) {
  core::Selector parsed;
  parsed.match_labels = find_labels(selector, {"matchLabels"});
  parsed.expressions = parse_expressions(selector, "matchExpressions");
  return parsed;
}

std::vector<core::Selector::Expression> parse_expressions(const object& parent,
                                                          std::string_view key) {
  std::vector<core::Selector::Expression> expressions;
  for (const auto& entry : find_array(parent, {key})) {
    const auto* fields = entry.if_object();
    if (fields == nullptr) continue;
    expressions.push_back({std::string(find_text(*fields, {"key"})),
                           std::string(find_text(*fields, {"operator"})),
                           parse_texts(*fields, "values")});
  }
  return expressions;
}

Result<core::KubeBudget> parse_budget(const object& thing) {
  const auto revision = check_identity(thing, "PodDisruptionBudget");
  if (!revision) return std::unexpected(revision.error());
  core::KubeBudget budget;
  budget.ns = find_text(thing, {"metadata", "namespace"});
  budget.name = find_text(thing, {"metadata", "name"});
  budget.revision = *revision;
  if (const auto* selector = find(thing, {"spec", "selector"}); selector && selector->is_object()) {
    budget.selector = parse_selector(selector->get_object());
  } else {
    budget.selector.expressions.push_back({"", "In", {}});  // without one it is for no pod
  }
  // The server too allows nothing while the status is that of an older spec.
  const auto of_this_spec = find_int(thing, {"status", "observedGeneration"}, 0) >=
                            find_int(thing, {"metadata", "generation"}, 0);
  if (!of_this_spec) return budget;
  budget.disruptions_allowed = find_int(thing, {"status", "disruptionsAllowed"}, 0);
  const auto expected = find_int(thing, {"status", "expectedPods"}, 0);
  budget.never_allows =
      expected > 0 && find_int(thing, {"status", "desiredHealthy"}, 0) >= expected;
  return budget;
}

Result<core::KubeAttachment> parse_attachment(const object& thing) {
  const auto revision = check_identity(thing, "VolumeAttachment");
  if (!revision) return std::unexpected(revision.error());
  core::KubeAttachment attachment;
  attachment.name = find_text(thing, {"metadata", "name"});
  attachment.revision = *revision;
  attachment.node = find_text(thing, {"spec", "nodeName"});
  attachment.volume = find_text(thing, {"spec", "source", "persistentVolumeName"});
  return attachment;
}

Result<core::KubeLocalVolume> parse_local_volume(const object& thing) {
  const auto revision = check_identity(thing, "PersistentVolume");
  if (!revision) return std::unexpected(revision.error());
  core::KubeLocalVolume volume;
  volume.name = find_text(thing, {"metadata", "name"});
  volume.revision = *revision;
  if (find_text(thing, {"status", "phase"}) != "Bound") return volume;
  volume.nodes =
      nodes_named(find_array(thing, {"spec", "nodeAffinity", "required", "nodeSelectorTerms"}));
  volume.claim = std::string(find_text(thing, {"spec", "claimRef", "namespace"})) + "/" +
                 std::string(find_text(thing, {"spec", "claimRef", "name"}));
  return volume;
}

Result<core::KubeService> parse_service(const object& thing) {
  const auto revision = check_identity(thing, "Service");
  if (!revision) return std::unexpected(revision.error());
  core::KubeService service;
  service.ns = find_text(thing, {"metadata", "namespace"});
  service.name = find_text(thing, {"metadata", "name"});
  service.revision = *revision;
  if (find_text(thing, {"spec", "type"}) == "ExternalName") return service;
  service.selector = find_labels(thing, {"spec", "selector"});
  return service;
}

Result<core::KubeAutoscaler> parse_autoscaler(const object& thing) {
  const auto revision = check_identity(thing, "HorizontalPodAutoscaler");
  if (!revision) return std::unexpected(revision.error());
  core::KubeAutoscaler autoscaler;
  autoscaler.ns = find_text(thing, {"metadata", "namespace"});
  autoscaler.name = find_text(thing, {"metadata", "name"});
  autoscaler.revision = *revision;
  autoscaler.target_kind = find_text(thing, {"spec", "scaleTargetRef", "kind"});
  autoscaler.target_name = find_text(thing, {"spec", "scaleTargetRef", "name"});
  autoscaler.target_group =
      core::group_of(std::string(find_text(thing, {"spec", "scaleTargetRef", "apiVersion"})));
  return autoscaler;
}

}  // namespace ecokube::kubernetes
