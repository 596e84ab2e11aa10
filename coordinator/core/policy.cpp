#include "coordinator/core/policy.h"

#include <algorithm>

namespace ecokube::core {

const Pool* pool_of(const Policy& policy, const NodeName& name, const Labels& labels) {
  for (const auto& pool : policy.pools) {
    const bool named = std::find(pool.names.begin(), pool.names.end(), name) != pool.names.end();
    const bool selected = !pool.node_selector.empty() && matches(pool.node_selector, labels);
    if (named || selected) return &pool;
  }
  return nullptr;
}

const NodeOverride* override_of(const Policy& policy, const NodeName& name) {
  const auto at = policy.nodes.find(name);
  return at == policy.nodes.end() ? nullptr : &at->second;
}

}  // namespace ecokube::core
