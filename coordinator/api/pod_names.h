#pragma once

#include <string_view>
#include <unordered_map>

#include "coordinator/core/world.h"

namespace ecokube {

/// Pods by the UIDs that nodes know them by: a static pod is another there than in the API. Valid
/// as long as the World does not change.
class PodNames {
 public:
  explicit PodNames(const core::World& world);
  /// nullptr: no such pod, any more or yet.
  [[nodiscard]] const core::KubePod* find(const std::string& uid) const;

 private:
  const core::World& world_;
  std::unordered_map<std::string_view, const core::KubePod*> static_pods_;
};

}  // namespace ecokube
