// What a pod demands of the place where it runs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>
#include <utility>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::array;
using boost::json::object;

/// Volumes that are to be had on every node.
constexpr std::array<std::string_view, 8> kAnywhere{
    "configMap", "secret", "emptyDir", "projected", "downwardAPI", "hostPath", "nfs", "image"};

template <class Use>
void each_object(const array& list, Use use) {
  for (const auto& entry : list) {
    if (const auto* fields = entry.if_object()) use(*fields);
  }
}

core::Selector selector_at(const object& term) {
  const auto* selector = find(term, {"labelSelector"});
  if (selector != nullptr && selector->is_object()) return parse_selector(selector->get_object());
  core::Selector nothing;  // as the API defines it, no selector selects no pod
  nothing.expressions.push_back({"", "In", {}});
  return nothing;
}

std::vector<std::string> namespaces_of(const object& term, const std::string& own) {
  const auto* by_label = find(term, {"namespaceSelector"});
  // Which namespaces have a label is not known here: all may.
  if (by_label != nullptr && by_label->is_object()) return {};
  std::vector<std::string> namespaces;
  for (const auto& name : find_array(term, {"namespaces"})) {
    if (const auto* text = name.if_string()) namespaces.emplace_back(*text);
  }
  if (namespaces.empty()) namespaces.push_back(own);
  return namespaces;
}

void add_terms(const object& spec, bool anti, const std::string& own_namespace,
               std::vector<core::PodTerm>& terms) {
  const auto* kind = anti ? "podAntiAffinity" : "podAffinity";
  each_object(
      find_array(spec, {"affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"}),
      [&](const object& term) {
        terms.push_back({anti, selector_at(term), namespaces_of(term, own_namespace),
                         std::string(find_text(term, {"topologyKey"}))});
      });
}

core::SpreadRule parse_spread_rule(const object& constraint, const core::Labels& labels) {
  core::SpreadRule rule;
  rule.max_skew = find_int(constraint, {"maxSkew"}, 1);
  rule.min_domains = find_int(constraint, {"minDomains"}, 1);
  rule.topology_key = find_text(constraint, {"topologyKey"});
  rule.selector = selector_at(constraint);
  rule.honors_affinity = find_text(constraint, {"nodeAffinityPolicy"}) != "Ignore";
  rule.honors_taints = find_text(constraint, {"nodeTaintsPolicy"}) == "Honor";
  for (const auto& key : find_array(constraint, {"matchLabelKeys"})) {
    const auto* name = key.if_string();
    const auto label = name == nullptr ? labels.end() : labels.find(std::string(*name));
    if (label == labels.end()) continue;
    rule.selector.expressions.push_back({label->first, "In", {label->second}});
  }
  return rule;
}

/// A kind of volume that may be bound to some nodes only; empty: none.
std::string odd_volume(const object& spec) {
  std::string odd;
  each_object(find_array(spec, {"volumes"}), [&](const object& volume) {
    for (const auto& [key, source] : volume) {
      const std::string_view kind = key;
      if (kind == "name" || source.is_null()) continue;
      if (std::find(kAnywhere.begin(), kAnywhere.end(), kind) == kAnywhere.end()) odd = kind;
    }
  });
  return odd;
}

/// A resource that our count of a node's room does not have; empty: none.
std::string odd_resource(const object& spec) {
  std::string odd;
  for (const char* list : {"containers", "initContainers"}) {
    each_object(find_array(spec, {list}), [&](const object& container) {
      for (const char* kind : {"requests", "limits"}) {
        for (const auto& [key, amount] : find_object(container, {"resources", kind})) {
          const std::string_view name = key;
          if (name != "cpu" && name != "memory") odd = name;
        }
      }
    });
  }
  return odd;
}

bool selects_namespaces_by_label(const object& spec) {
  bool by_label = false;
  for (const char* kind : {"podAffinity", "podAntiAffinity"}) {
    each_object(
        find_array(spec, {"affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"}),
        [&](const object& term) {
          by_label = by_label || !find_object(term, {"namespaceSelector"}).empty();
        });
  }
  return by_label;
}

/// The first thing in it that our placement can't judge.
std::string what_is_odd(const object& spec, bool host_port) {
  if (const auto kind = odd_volume(spec); !kind.empty()) return "a volume of kind " + kind;
  if (!find_array(spec, {"resourceClaims"}).empty()) return "resource claims";
  if (host_port) return "a host port";
  if (const auto name = odd_resource(spec); !name.empty()) return "the resource " + name;
  if (!find_object(spec, {"resources"}).empty()) return "resources of the pod as a whole";
  if (selects_namespaces_by_label(spec)) return "an affinity to namespaces by their labels";
  return {};
}

}  // namespace

std::vector<core::NodeTerm> parse_node_affinity(const object& pod_spec) {
  std::vector<core::NodeTerm> terms;
  each_object(
      find_array(pod_spec, {"affinity", "nodeAffinity",
                            "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"}),
      [&](const object& term) {
        terms.push_back(
            {parse_expressions(term, "matchExpressions"), parse_expressions(term, "matchFields")});
      });
  return terms;
}

void parse_placement(const object& thing, core::KubePod& pod) {
  const auto& spec = find_object(thing, {"spec"});
  pod.node_affinity = parse_node_affinity(spec);
  add_terms(spec, false, pod.ns, pod.pod_terms);
  add_terms(spec, true, pod.ns, pod.pod_terms);
  each_object(find_array(spec, {"topologySpreadConstraints"}), [&](const object& constraint) {
    if (find_text(constraint, {"whenUnsatisfiable"}) == "ScheduleAnyway") return;
    pod.spread.push_back(parse_spread_rule(constraint, pod.labels));
  });
  pod.scheduler = find_text(spec, {"schedulerName"});
  if (pod.scheduler == "default-scheduler") pod.scheduler.clear();
  pod.gated = !find_array(spec, {"schedulingGates"}).empty();
  if (pod.scheduler.empty() || !pod.node.empty()) return;
  pod.priority = find_int(spec, {"priority"}, 0);
  pod.created = find_time(thing, {"metadata", "creationTimestamp"});
  const auto odd = what_is_odd(spec, pod.host_port);
  if (odd.empty()) return;
  pod.not_placeable = fmt::format(
      "the pod has {}, which Eco-Kube cannot judge; give it another schedulerName", odd);
}

}  // namespace ecokube::kubernetes
