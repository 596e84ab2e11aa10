#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "coordinator/fleet.h"

namespace ecokube {

/// What can only be counted as it happens.
struct StepCounters {
  std::map<std::pair<std::string, std::string>, std::uint64_t> ended;  ///< by verb and outcome
  std::map<std::string, std::uint64_t> blocked;                        ///< by rule
  std::uint64_t events_dropped = 0;  ///< Kubernetes Events that could not be written
};
void count(StepCounters& counters, const FleetEvent& event);

/// The text exposition format.
[[nodiscard]] std::string metrics_text(const Fleet& fleet, const StepCounters& counters);

/// The pods' energy apart, since it has two series for each pod of the cluster.
[[nodiscard]] std::string pod_metrics_text(const core::World& world);

}  // namespace ecokube
