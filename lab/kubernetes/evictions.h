#pragma once

#include "lab/kubernetes/writes.h"

namespace ecokube::lab {

/// pods/NAME/eviction, decided as the API server does it: by the status of the one budget that
/// covers the pod, which a controller keeps. No I/O.
class Evictions {
 public:
  Evictions(Store& store, Writes& writes) : store_(store), writes_(writes) {}

  /// `eviction` is a policy/v1 Eviction.
  [[nodiscard]] ApiResult<ApiAnswer> evict(const ResourcePath& path, const json::object& eviction);

 private:
  [[nodiscard]] std::vector<ObjectPtr> budgets_of(const json::object& pod) const;
  /// Takes one disruption off the budget, unless it has none left.
  [[nodiscard]] ApiResult<void> spend(const json::object& budget, const std::string& pod);
  [[nodiscard]] ApiResult<ApiAnswer> remove(const ResourcePath& path, const json::object& pod,
                                            const json::object& options);

  Store& store_;
  Writes& writes_;
};

}  // namespace ecokube::lab
