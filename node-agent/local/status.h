#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node-agent/link/client.h"
#include "node-agent/sensors/energy_reading.h"
#include "node-agent/sensors/pod_meter.h"
#include "node-agent/sensors/power_meter.h"
#include "node-agent/wake/nic_arming.h"

namespace ecokube::agent {

/// What the running agent tells who asks on its own machine.
struct AgentStatus {
  std::string node, version, boot_id;
  std::chrono::nanoseconds now{};  ///< CLOCK_BOOTTIME
  std::vector<LinkStatus> links;
  std::int64_t fence = 0;
  std::vector<std::string> vetoes;
  Waking waking;
  bool powering_off = false;
  NodeEnergy energy;
  std::optional<Power> power;
  std::string power_problem;
  std::vector<EnergyReading> readings;
  std::vector<PodEnergy> pods;
};

/// {"node", "version", "boot_id", "uptime_s", "links": [{"address", "coordinator" or null,
///  "heartbeat_ago_s" or null, "problem" or null}], "fence", "vetoes", "nics": [{"name", "mac",
///  "link_up", "wake_supported" or null, "wake_armed", "problem" or null}], "powering_off",
///  "power":
///  {"source", "estimated", "watts" or null, "joules", "unknown_intervals", "problem" or null,
///  "zones": [{"source", "zone", "joules", "counts"}]}, "pods"}
[[nodiscard]] boost::json::object status_json(const AgentStatus& status);

/// The same for a person, from the JSON of a running agent. Errc::protocol for another's.
[[nodiscard]] Result<std::string> status_text(const boost::json::object& status);

/// In Prometheus' text format. Pods have their UID only: their names are the coordinator's.
[[nodiscard]] std::string metrics_text(const AgentStatus& status);

}  // namespace ecokube::agent
