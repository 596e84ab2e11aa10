#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/names.h"
#include "coordinator/core/labels.h"

// What a pod asks of the place where it runs, as far as it forbids others. What it only prefers is
// not kept.
namespace ecokube::core {

/// A term of a required node affinity: all of it holds. One with nothing in it never does.
struct NodeTerm {
  std::vector<Selector::Expression> labels;
  std::vector<Selector::Expression> names;  ///< matchFields: of metadata.name
  bool operator==(const NodeTerm&) const = default;
};

/// A term of a required pod affinity, or anti-affinity: a pod that it selects runs, or runs not, on
/// a node with the same value of the topology key.
struct PodTerm {
  bool anti = false;
  Selector selector;
  std::vector<std::string> namespaces;  ///< of the selected pods; empty: all
  std::string topology_key;
  bool operator==(const PodTerm&) const = default;
};

/// A topology spread constraint with whenUnsatisfiable=DoNotSchedule.
struct SpreadRule {
  std::int64_t max_skew = 1;
  std::int64_t min_domains = 1;
  std::string topology_key;
  Selector selector;            ///< of pods in the pod's own namespace
  bool honors_affinity = true;  ///< only nodes that the pod's own affinity allows are counted
  bool honors_taints = false;   ///< only nodes whose taints it tolerates are counted
  bool operator==(const SpreadRule&) const = default;
};

/// One of the terms holds for the node, or there is none.
[[nodiscard]] bool matches(const std::vector<NodeTerm>& terms, const NodeName& name,
                           const Labels& labels);

}  // namespace ecokube::core
