#include "coordinator/core/neighbours.h"

#include <algorithm>
#include <limits>

namespace ecokube::core {

using Counts = std::map<std::string, std::int64_t>;  ///< by value of a topology key

/// Of one pod's rules: how many pods each selects, by the value of its topology key.
struct NeighbourCounts {
  const KubePod* of;
  std::vector<Counts> terms;           ///< as KubePod::pod_terms
  std::vector<Counts> spread;          ///< as KubePod::spread; a domain without pods is there too
  std::vector<std::int64_t> smallest;  ///< of each of `spread`
};

namespace {

const std::string* value_of(const KubeNode& node, const std::string& key) {
  const auto label = node.labels.find(key);
  return label == node.labels.end() ? nullptr : &label->second;
}

bool selects(const PodTerm& term, const std::string& ns, const Labels& labels) {
  const auto& in = term.namespaces;
  const bool here = in.empty() || std::find(in.begin(), in.end(), ns) != in.end();
  return here && matches(term.selector, labels);
}

bool selects(const PodTerm& term, const KubePod& pod) { return selects(term, pod.ns, pod.labels); }

bool all_affinity_selects(const KubePod& asking, const KubePod& pod) {
  return std::all_of(asking.pod_terms.begin(), asking.pod_terms.end(),
                     [&](const PodTerm& term) { return term.anti || selects(term, pod); });
}

/// Only in these is pod counted, as the constraint's inclusion policies say.
bool counts_node(const KubePod& pod, const SpreadRule& rule, const KubeNode& node) {
  const bool has_keys = std::all_of(pod.spread.begin(), pod.spread.end(), [&](const auto& other) {
    return value_of(node, other.topology_key) != nullptr;
  });
  if (!has_keys) return false;
  if (rule.honors_affinity && (!matches(pod.node_selector, node.labels) ||
                               !matches(pod.node_affinity, node.name, node.labels))) {
    return false;
  }
  return !rule.honors_taints ||
         std::all_of(node.taints.begin(), node.taints.end(), [&](const Taint& taint) {
           return taint.effect == "PreferNoSchedule" || tolerates(pod.tolerations, taint);
         });
}

void find_smallest(NeighbourCounts& counts) {
  for (std::size_t i = 0; i < counts.spread.size(); ++i) {
    const auto& domains = counts.spread[i];
    auto smallest = std::numeric_limits<std::int64_t>::max();
    for (const auto& [value, pods] : domains) smallest = std::min(smallest, pods);
    const bool too_few = std::ssize(domains) < counts.of->spread[i].min_domains;
    counts.smallest[i] = too_few || domains.empty() ? 0 : smallest;
  }
}

void count(NeighbourCounts& counts, const KubePod& pod, const KubeNode& node) {
  const KubePod& asking = *counts.of;
  const bool wanted = all_affinity_selects(asking, pod);
  for (std::size_t i = 0; i < counts.terms.size(); ++i) {
    const auto& term = asking.pod_terms[i];
    const auto* value = value_of(node, term.topology_key);
    if (value != nullptr && (term.anti ? selects(term, pod) : wanted)) ++counts.terms[i][*value];
  }
  for (std::size_t i = 0; i < counts.spread.size(); ++i) {
    const auto& rule = asking.spread[i];
    if (pod.deleting || pod.ns != asking.ns || !matches(rule.selector, pod.labels)) continue;
    if (counts_node(asking, rule, node)) ++counts.spread[i][*value_of(node, rule.topology_key)];
  }
}

bool same_rules(const KubePod& a, const KubePod& b) {
  return a.ns == b.ns && a.pod_terms == b.pod_terms && a.spread == b.spread &&
         a.node_selector == b.node_selector && a.node_affinity == b.node_affinity &&
         a.tolerations == b.tolerations;
}

NeighbourCounts count_all(const World& world, const KubePod& pod) {
  NeighbourCounts counts{&pod, std::vector<Counts>(pod.pod_terms.size()),
                         std::vector<Counts>(pod.spread.size()),
                         std::vector<std::int64_t>(pod.spread.size())};
  for (const auto& [name, node] : world.nodes) {
    if (!node.kube) continue;
    for (std::size_t i = 0; i < pod.spread.size(); ++i) {
      const auto& rule = pod.spread[i];
      if (!counts_node(pod, rule, *node.kube)) continue;
      counts.spread[i].try_emplace(*value_of(*node.kube, rule.topology_key), 0);
    }
    const auto bound = world.pods_on.find(name);
    if (bound == world.pods_on.end()) continue;
    for (const auto& uid : bound->second) {
      const auto& other = world.pods.at(uid);
      if (!is_over(other)) count(counts, other, *node.kube);
    }
  }
  find_smallest(counts);
  return counts;
}

std::int64_t pods_in(const Counts& counts, const std::string& value) {
  const auto found = counts.find(value);
  return found == counts.end() ? 0 : found->second;
}

/// The first of a group that wants to be together may begin anywhere.
bool is_first_of_its_kind(const NeighbourCounts& counts) {
  const KubePod& pod = *counts.of;
  for (std::size_t i = 0; i < counts.terms.size(); ++i) {
    if (!pod.pod_terms[i].anti && !counts.terms[i].empty()) return false;
  }
  return true;
}

/// What the anti-affinity of `by`, which runs at `at`, says to pods of this namespace and labels.
void repel(const KubePod& by, const KubeNode& at, const std::string& ns, const Labels& labels,
           Neighbours::Repelled& repelled) {
  if (is_over(by)) return;
  for (const auto& term : by.pod_terms) {
    const auto* value = value_of(at, term.topology_key);
    if (!term.anti || value == nullptr || !selects(term, ns, labels)) continue;
    repelled[term.topology_key].insert(*value);
  }
}

std::string_view spread_obstacle(const NeighbourCounts& counts, const KubePod& pod,
                                 const KubeNode& node) {
  for (std::size_t i = 0; i < counts.spread.size(); ++i) {
    const auto& rule = pod.spread[i];
    const auto* value = value_of(node, rule.topology_key);
    if (value == nullptr) {
      return "node(s) didn't match pod topology spread constraints (missing required label)";
    }
    const auto with_it =
        pods_in(counts.spread[i], *value) + (matches(rule.selector, pod.labels) ? 1 : 0);
    if (with_it - counts.smallest[i] > rule.max_skew) {
      return "node(s) didn't match pod topology spread constraints";
    }
  }
  return {};
}

std::string_view term_obstacle(const NeighbourCounts& counts, const KubePod& pod,
                               const KubeNode& node) {
  const bool first = is_first_of_its_kind(counts) && all_affinity_selects(pod, pod);
  for (std::size_t i = 0; i < counts.terms.size(); ++i) {
    const auto& term = pod.pod_terms[i];
    const auto* value = value_of(node, term.topology_key);
    const auto there = value == nullptr ? 0 : pods_in(counts.terms[i], *value);
    if (term.anti && there > 0) return "node(s) didn't match pod anti-affinity rules";
    if (!term.anti && (value == nullptr || (there == 0 && !first))) {
      return "node(s) didn't match pod affinity rules";
    }
  }
  return {};
}

}  // namespace

std::string_view Neighbours::Rules::obstacle(const KubeNode& node) const {
  if (pod_ == nullptr) return {};
  if (counts_ != nullptr) {
    if (const auto why = spread_obstacle(*counts_, *pod_, node); !why.empty()) return why;
  }
  for (const auto& [key, values] : *repelled_) {
    const auto* here = value_of(node, key);
    if (here != nullptr && values.contains(*here)) {
      return "node(s) didn't satisfy existing pods anti-affinity rules";
    }
  }
  return counts_ == nullptr ? std::string_view() : term_obstacle(*counts_, *pod_, node);
}

Neighbours::Rules Neighbours::rules_for(const KubePod& pod) {
  Rules rules;
  rules.pod_ = &pod;
  const auto [repelled, added] = repelled_.try_emplace(Kind(pod.ns, pod.labels));
  rules.repelled_ = &repelled->second;
  if (added) {
    for (const auto& uid : world_.pods_repelling) {
      const auto& by = world_.pods.at(uid);
      const auto node = world_.nodes.find(by.node);
      if (node == world_.nodes.end() || !node->second.kube) continue;
      repel(by, *node->second.kube, pod.ns, pod.labels, repelled->second);
    }
    for (const auto& [by, node] : placed_) {
      repel(*by, *node, pod.ns, pod.labels, repelled->second);
    }
  }
  if (pod.pod_terms.empty() && pod.spread.empty()) return rules;
  auto known = std::find_if(known_.begin(), known_.end(),
                            [&](const auto& counts) { return same_rules(*counts->of, pod); });
  if (known == known_.end()) {
    auto counts = std::make_shared<NeighbourCounts>(count_all(world_, pod));
    for (const auto& [other, node] : placed_) count(*counts, *other, *node);
    find_smallest(*counts);
    known = known_.insert(known_.end(), std::move(counts));
  }
  rules.counts_ = known->get();
  return rules;
}

void Neighbours::place(const KubePod& pod, const KubeNode& node) {
  placed_.emplace_back(&pod, &node);
  for (auto& [kind, repelled] : repelled_) repel(pod, node, kind.first, kind.second, repelled);
  for (const auto& counts : known_) {
    count(*counts, pod, node);
    find_smallest(*counts);
  }
}

bool same_kind(const KubePod& a, const KubePod& b) {
  return a.requests == b.requests && a.labels == b.labels && same_rules(a, b);
}

bool may_gain_by_neighbours(const KubePod& pod) {
  return !pod.spread.empty() || std::any_of(pod.pod_terms.begin(), pod.pod_terms.end(),
                                            [](const PodTerm& term) { return !term.anti; });
}

}  // namespace ecokube::core
