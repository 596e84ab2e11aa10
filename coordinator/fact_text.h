#pragma once

#include <optional>
#include <string>

#include "coordinator/core/observation.h"

namespace ecokube {

/// The node that an observation is about; empty for the rest.
[[nodiscard]] NodeName node_of(const core::Fact& fact);

/// How an observation reads in the event stream and the log; nullopt for those of no interest to a
/// person (heartbeats, unchanged views).
struct FactLine {
  std::string kind;
  std::string subject;
  std::string text;
  bool warn = false;
};
[[nodiscard]] std::optional<FactLine> describe(const core::Fact& fact);

}  // namespace ecokube
