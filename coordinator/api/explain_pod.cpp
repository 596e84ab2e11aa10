#include "coordinator/api/explain_pod.h"

#include <algorithm>
#include <boost/json.hpp>

#include "coordinator/api/json.h"
#include "coordinator/api/times.h"
#include "coordinator/core/binding.h"

namespace ecokube {

namespace json = boost::json;

namespace {

const core::NodeWant* wanted_for(const core::Plan& plan, const std::string& uid) {
  const auto is_it = [&](const core::PodRef& pod) { return pod.uid == uid; };
  const auto found = std::ranges::find_if(plan.nodes, [&](const core::NodeWant& want) {
    return (want.needed_by && is_it(*want.needed_by)) ||
           std::ranges::any_of(want.others.pods, is_it);
  });
  return found == plan.nodes.end() ? nullptr : &*found;
}

core::Reason without_a_node(const Fleet& fleet, const core::KubePod& pod) {
  if (!pod.unschedulable && !core::waits_for_us(fleet.policy(), pod)) {
    return {"NotUnschedulable",
            "its scheduler has not said that it fits nowhere, so nothing is woken for it"};
  }
  return {"NoRoom",
          "no node that is on or may be woken has room for it; a pod of a scaler's target is "
          "counted with its scaler, see ecoctl fleet"};
}

}  // namespace

const core::KubePod* find_pod(const core::World& world, const std::string& ns,
                              const std::string& name) {
  const auto found = std::ranges::find_if(world.pods, [&](const auto& entry) {
    return entry.second.name == name && entry.second.ns == ns;
  });
  return found == world.pods.end() ? nullptr : &found->second;
}

json::object pod_explanation_json(const Fleet& fleet, const core::KubePod& pod) {
  json::object object{{"namespace", pod.ns}, {"pod", pod.name}, {"node", nullptr}};
  const auto& plan = fleet.plan();
  core::Reason reason;
  const auto held = std::ranges::find_if(
      plan.held, [&](const core::HeldDemand& one) { return one.pod && one.pod->uid == pod.uid; });
  if (!pod.node.empty()) {
    object["node"] = pod.node;
    reason = {"Bound", "it is bound to " + pod.node};
  } else if (held != plan.held.end()) {
    reason = held->reason;
  } else if (const auto* want = wanted_for(plan, pod.uid)) {
    object["node"] = want->node;
    reason = want->reason;
  } else {
    reason = without_a_node(fleet, pod);
  }
  object["bound"] = !pod.node.empty();
  object["reason"] = to_json(reason);
  return object;
}

json::array held_json(const core::Plan& plan) {
  json::array list;
  for (const auto& held : plan.held) {
    json::object object{{"what", held.what}, {"reason", to_json(held.reason)}};
    put_time(object, "due", held.due);
    list.push_back(std::move(object));
  }
  return list;
}

}  // namespace ecokube
