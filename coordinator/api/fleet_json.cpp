#include <boost/json.hpp>
#include <map>

#include "coordinator/api/doctor.h"
#include "coordinator/api/explain_pod.h"
#include "coordinator/api/json.h"
#include "coordinator/api/times.h"
#include "coordinator/core/scaler.h"

namespace ecokube {

namespace json = boost::json;

std::optional<std::int64_t> replicas_of(const core::World& world, const core::Scaler& scaler) {
  const auto* target = core::target_of(world, scaler);
  if (target == nullptr) return std::nullopt;
  return target->replicas;
}

namespace {

json::object nodes_summary(const Fleet& fleet) {
  std::map<std::string_view, std::int64_t> states;
  std::map<std::string_view, std::int64_t> power{{"on", 0}, {"off", 0}, {"unknown", 0}};
  std::int64_t wanted_on = 0;
  for (const auto& [name, node] : fleet.world().nodes) {
    ++states[core::to_string(state_of(fleet, node))];
    ++power[core::to_string(power_of(fleet, node).state)];
  }
  for (const auto& want : fleet.plan().nodes) wanted_on += want.on ? 1 : 0;
  json::object by_state;
  for (const auto& [state, count] : states) by_state[state] = count;
  json::object by_power;
  for (const auto& [state, count] : power) by_power[state] = count;
  return {{"total", fleet.world().nodes.size()},
          {"wanted_on", wanted_on},
          {"by_state", std::move(by_state)},
          {"by_power", std::move(by_power)}};
}

void put_power(json::object& into, const Fleet& fleet) {
  std::int64_t milliwatts = 0;
  double joules = 0;
  std::int64_t measured = 0;
  for (const auto& [name, node] : fleet.world().nodes) {
    if (node.agent.energy) joules += static_cast<double>(node.agent.energy->microjoules()) / 1e6;
    const auto drawn = drawn_of(fleet, node);
    if (!drawn.power || power_of(fleet, node).state != core::PowerState::on) continue;
    milliwatts += drawn.power->milliwatts();
    ++measured;
  }
  into["power_watts"] = static_cast<double>(milliwatts) / 1000.0;
  into["power_known_nodes"] = measured;
  into["energy_joules"] = joules;
}

json::object cluster_json(const Fleet& fleet) {
  const auto& world = fleet.world();
  json::object object{{"synced", world.cluster_ok}, {"revision", world.revision}};
  put_time(object, "seen_at", world.cluster_seen_at);
  put_time(object, "went_backwards_at", world.went_backwards_at);
  object["view_age_s"] = world.cluster_seen_at
                             ? json::value(seconds(fleet.now() - *world.cluster_seen_at))
                             : json::value(nullptr);
  object["problem"] =
      world.cluster_problem.empty() ? json::value(nullptr) : json::value(world.cluster_problem);
  return object;
}

json::object lease_json(const Fleet& fleet) {
  const auto& world = fleet.world();
  const bool held =
      world.fence > 0 && world.lease_valid_until && *world.lease_valid_until > fleet.now();
  json::object object{{"held", held}, {"fence", world.fence}};
  put_time(object, "valid_until", world.lease_valid_until);
  return object;
}

/// null: not frozen. `saved`: it stands on the Lease, so that it outlives this coordinator.
json::value freeze_json(const core::FreezeView& freeze) {
  if (!freeze.now) return nullptr;
  return json::object{{"verb", freeze.now->wake_all ? "evacuate" : "freeze"},
                      {"by", freeze.now->by},
                      {"reason", freeze.now->reason},
                      {"saved", !freeze.unsaved}};
}

json::array scalers_json(const Fleet& fleet) {
  json::array list;
  for (const auto& scaler : fleet.policy().scalers) {
    json::object object{{"name", scaler.name},
                        {"target", scaler.target_text()},
                        {"api_version", scaler.api_version},
                        {"topic", scaler.topic},
                        {"consumer_group", scaler.consumer_group},
                        {"min_replica_count", scaler.min_replica_count},
                        {"max_replica_count", scaler.max_replica_count}};
    const auto replicas = replicas_of(fleet.world(), scaler);
    object["replicas"] = replicas ? json::value(*replicas) : json::value(nullptr);
    const auto found = fleet.world().scalers.find(scaler.name);
    const core::ScalerView view =
        found == fleet.world().scalers.end() ? core::ScalerView{} : found->second;
    object["lag"] = view.lag ? json::value(*view.lag) : json::value(nullptr);
    object["partitions"] = view.partitions;
    put_time(object, "seen_at", view.seen_at);
    object["problem"] = view.problem.empty() ? json::value(nullptr) : json::value(view.problem);
    const auto unknown = core::why_target_unknown(fleet.world(), scaler);
    object["target_problem"] = unknown.empty() ? json::value(nullptr) : json::value(unknown);
    list.push_back(std::move(object));
  }
  return list;
}

json::object pods_json(const core::World& world) {
  std::int64_t bound = 0;
  std::int64_t pending = 0;
  std::int64_t unschedulable = 0;
  for (const auto& [uid, pod] : world.pods) {
    if (pod.phase == core::PodPhase::succeeded || pod.phase == core::PodPhase::failed) continue;
    if (!pod.node.empty()) ++bound;
    if (pod.node.empty()) ++pending;
    if (pod.node.empty() && pod.unschedulable) ++unschedulable;
  }
  return {{"bound", bound}, {"pending", pending}, {"unschedulable", unschedulable}};
}

json::object plan_json(const core::Plan& plan) {
  json::array steps;
  for (const auto& step : plan.steps) {
    steps.push_back({{"id", step.id.text()},
                     {"subject", step.id.subject},
                     {"verb", core::to_string(step.id.verb)},
                     {"reason", to_json(step.reason)}});
  }
  json::object object{{"steps", std::move(steps)}, {"held", held_json(plan)}};
  put_time(object, "reconsider_at", plan.reconsider_at);
  return object;
}

}  // namespace

json::object fleet_json(const Fleet& fleet) {
  json::object object;
  put_time(object, "at", fleet.now());
  object["dry_run"] = fleet.policy().dry_run;
  object["nodes"] = nodes_summary(fleet);
  object["pods"] = pods_json(fleet.world());
  put_power(object, fleet);
  object["cluster"] = cluster_json(fleet);
  object["lease"] = lease_json(fleet);
  const auto& leader = fleet.world().leader;
  object["leader"] = leader.empty() ? json::value(nullptr) : json::value(leader);
  object["freeze"] = freeze_json(fleet.world().freeze);
  object["scalers"] = scalers_json(fleet);
  object["plan"] = plan_json(fleet.plan());
  return object;
}

json::object doctor_json(const Fleet& fleet) {
  const auto findings = examine(fleet.world(), fleet.policy(), fleet.now());
  json::array list;
  for (const auto& finding : findings) {
    list.push_back({{"level", to_string(finding.level)},
                    {"code", finding.code},
                    {"subject", finding.subject},
                    {"text", finding.text},
                    {"what_to_do", finding.what_to_do.empty() ? json::value(nullptr)
                                                              : json::value(finding.what_to_do)}});
  }
  json::object object{{"level", to_string(worst_of(findings))}, {"findings", std::move(list)}};
  put_time(object, "at", fleet.now());
  return object;
}

}  // namespace ecokube
