#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string_view>

#include "coordinator/api/explain.h"
#include "coordinator/fleet.h"

namespace ecokube {

[[nodiscard]] inline double joules(Energy energy) {
  return static_cast<double>(energy.microjoules()) / 1e6;
}
/// What an agent calls its model of idle and peak watts.
[[nodiscard]] inline bool is_estimate(std::string_view power_source) {
  return power_source.find("model") != std::string_view::npos;
}

// The API's documents. Figures carry their unit in the key.
/// null for an empty one
[[nodiscard]] boost::json::value text_or_null(const std::string& text);
[[nodiscard]] boost::json::object to_json(const core::Reason& reason);
[[nodiscard]] boost::json::array to_json(const std::vector<core::Violation>& blockers);
[[nodiscard]] boost::json::object to_json(const FleetEvent& event);

/// `want` may be nullptr: not planned yet.
[[nodiscard]] boost::json::object node_json(const Fleet& fleet, const core::Node& node,
                                            const core::NodeWant* want);
/// The estimate of the energy of the node's pods, with their names where Kubernetes knows them;
/// null without one.
[[nodiscard]] boost::json::value pods_energy_json(const core::World& world, const core::Node& node);
[[nodiscard]] boost::json::object nodes_json(const Fleet& fleet);
[[nodiscard]] boost::json::object explanation_json(const Fleet& fleet, const core::Node& node);
[[nodiscard]] boost::json::object fleet_json(const Fleet& fleet);

[[nodiscard]] boost::json::object doctor_json(const Fleet& fleet);

/// What wakes each node, for a time when nobody can be asked (S24): `bmcs` are ApiOptions::bmcs.
/// Where no packet is known to wake a node, its address or MACs are empty.
[[nodiscard]] boost::json::object wake_bundle_json(
    const Fleet& fleet, const std::map<NodeName, boost::json::object>& bmcs);

/// Replicas of a scaler's target as Kubernetes says.
[[nodiscard]] std::optional<std::int64_t> replicas_of(const core::World& world,
                                                      const core::Scaler& scaler);

}  // namespace ecokube
