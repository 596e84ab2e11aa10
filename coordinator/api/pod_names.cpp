#include "coordinator/api/pod_names.h"

#include <boost/json.hpp>
#include <utility>

#include "coordinator/api/json.h"

namespace ecokube {

namespace json = boost::json;

PodNames::PodNames(const core::World& world) : world_(world) {
  for (const auto& [uid, pod] : world.pods) {
    if (!pod.static_uid.empty()) static_pods_.emplace(pod.static_uid, &pod);
  }
}

const core::KubePod* PodNames::find(const std::string& uid) const {
  if (const auto pod = world_.pods.find(uid); pod != world_.pods.end()) return &pod->second;
  const auto pod = static_pods_.find(uid);
  return pod == static_pods_.end() ? nullptr : pod->second;
}

json::value pods_energy_json(const core::World& world, const core::Node& node) {
  if (!node.agent.pods) return nullptr;
  const auto& energy = *node.agent.pods;
  const PodNames names(world);
  json::array pods;
  for (const auto& pod : energy.pods) {
    const auto* known = names.find(pod.uid);
    pods.push_back({{"uid", pod.uid},
                    {"namespace", known ? json::value(known->ns) : json::value(nullptr)},
                    {"name", known ? json::value(known->name) : json::value(nullptr)},
                    {"active_joules", joules(pod.active)},
                    {"idle_joules", joules(pod.idle)}});
  }
  return json::object{{"estimated", true},
                      {"source", energy.source},
                      {"node_active_joules", joules(energy.node_active)},
                      {"node_idle_joules", joules(energy.node_idle)},
                      {"pods", std::move(pods)}};
}

}  // namespace ecokube
