#include "coordinator/core/pod_rules.h"

#include <algorithm>

namespace ecokube::core {
namespace {

bool holds(const NodeTerm& term, const NodeName& name, const Labels& labels) {
  if (term.labels.empty() && term.names.empty()) return false;
  const auto of_labels = [&](const auto& expression) { return matches(expression, labels); };
  const auto of_name = [&](const auto& expression) {
    return matches(expression, Labels{{expression.key, name}});
  };
  return std::all_of(term.labels.begin(), term.labels.end(), of_labels) &&
         std::all_of(term.names.begin(), term.names.end(), of_name);
}

}  // namespace

bool matches(const std::vector<NodeTerm>& terms, const NodeName& name, const Labels& labels) {
  return terms.empty() || std::any_of(terms.begin(), terms.end(), [&](const NodeTerm& term) {
           return holds(term, name, labels);
         });
}

}  // namespace ecokube::core
