#include <boost/json.hpp>
#include <unordered_map>

#include "coordinator/api/json.h"
#include "coordinator/api/times.h"
#include "coordinator/core/boot_proof.h"
#include "coordinator/core/drawn_power.h"
#include "coordinator/core/life.h"
#include "coordinator/core/quantile.h"
#include "coordinator/core/sleep_mode.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object to_json(const core::Reason& reason) {
  return {{"code", reason.code}, {"text", reason.text}};
}

json::array to_json(const std::vector<core::Violation>& blockers) {
  json::array list;
  for (const auto& blocker : blockers) {
    list.push_back({{"rule", blocker.rule}, {"code", blocker.code}, {"text", blocker.text}});
  }
  return list;
}

json::object to_json(const FleetEvent& event) {
  json::object object{{"id", event.id}};
  put_time(object, "at", event.at);
  object["kind"] = event.kind;
  object["subject"] = event.subject;
  object["text"] = event.text;
  object["reason"] = to_json(event.reason);
  if (!event.verb.empty()) object["verb"] = event.verb;
  if (!event.outcome.empty()) object["outcome"] = event.outcome;
  if (!event.rule.empty()) object["rule"] = event.rule;
  return object;
}

namespace {

double watts(Power power) { return static_cast<double>(power.milliwatts()) / 1000.0; }

json::value watts_or_null(const std::optional<Power>& power) {
  return power ? json::value(watts(*power)) : json::value(nullptr);
}

json::value request_json(const std::optional<core::Request>& request) {
  if (!request) return nullptr;
  json::object object{
      {"verb", core::to_string(request->verb)}, {"by", request->by}, {"reason", request->reason}};
  put_time(object, "at", request->at);
  put_time(object, "until", request->until);
  return object;
}

json::object agent_json(const core::AgentView& agent, TimePoint now) {
  json::array vetoes;
  for (const auto& veto : agent.vetoes) vetoes.emplace_back(veto);
  json::object object{{"connected", agent.connected},
                      {"boot_id", text_or_null(agent.boot_id)},
                      {"uptime_s", seconds(agent.uptime)},
                      {"vetoes", std::move(vetoes)}};
  put_time(object, "heard_at", agent.heard_at);
  object["heard_ago_s"] =
      agent.heard_at ? json::value(seconds(now - *agent.heard_at)) : json::value(nullptr);
  return object;
}

json::value bmc_json(const Fleet& fleet, const core::Node& node) {
  if (!core::has_bmc(fleet.policy(), node.name)) return nullptr;
  const auto& bmc = node.bmc;
  json::object object{{"reads", bmc.on ? (*bmc.on ? "on" : "off") : "unknown"}};
  put_time(object, "read_at", bmc.read_at);
  object["guid"] = text_or_null(bmc.guid);
  put_time(object, "power_read_at", bmc.power_at);
  object["power_problem"] = text_or_null(bmc.power_problem);
  object["problem"] = bmc.failure ? json::value(bmc.failure->message) : json::value(nullptr);
  if (bmc.contradicts) object["problem"] = "it says off while the node's agent speaks";
  return object;
}

json::object wake_json(const Fleet& fleet, const core::Node& node) {
  json::array nics;
  for (const auto& nic : node.inventory.nics) {
    json::array subnets;
    for (const auto& subnet : nic.subnets) subnets.emplace_back(subnet.text());
    nics.push_back({{"name", nic.name},
                    {"mac", nic.mac.text()},
                    {"link_up", nic.link_up},
                    {"wake_armed", nic.wake_armed},
                    {"subnets", std::move(subnets)}});
  }
  json::object object{{"address", text_or_null(core::wake_address_of(node, fleet.policy()))},
                      {"nics", std::move(nics)},
                      {"failures", node.wake_failures}};
  put_time(object, "proven_at", node.wake_proven_at);
  object["boot_fingerprint"] = text_or_null(node.inventory.boot.fingerprint);
  object["boot_proven"] =
      node.wake_proven_at.has_value() && !core::boot_unproven(fleet.policy(), node);
  object["boot_pending"] = text_or_null(node.inventory.boot.pending);
  const auto p50 = quantile(node.boot_times, 50);
  const auto p95 = quantile(node.boot_times, 95);
  object["boot_time_p50_s"] = p50 ? json::value(seconds(*p50)) : json::value(nullptr);
  object["boot_time_p95_s"] = p95 ? json::value(seconds(*p95)) : json::value(nullptr);
  object["boots_seen"] = node.boot_times.size();
  return object;
}

json::value seconds_or_null(const std::optional<Duration>& time) {
  return time ? json::value(seconds(*time)) : json::value(nullptr);
}

json::value own_bmc_json(const std::optional<core::BmcFacts>& bmc) {
  if (!bmc) return nullptr;
  return json::object{{"present", bmc->present},
                      {"address", text_or_null(bmc->address)},
                      {"address_source", text_or_null(bmc->address_source)},
                      {"mac", text_or_null(bmc->mac)},
                      {"vlan", bmc->vlan == 0 ? json::value(nullptr) : json::value(bmc->vlan)},
                      {"guid", text_or_null(bmc->guid)},
                      {"problem", text_or_null(bmc->problem)}};
}

json::object machine_json(const core::Inventory& inventory) {
  const auto& machine = inventory.machine;
  return {{"machine_id", text_or_null(inventory.machine_id)},
          {"smbios_uuid", text_or_null(machine.smbios_uuid)},
          {"serial", text_or_null(machine.serial)},
          {"firmware_vendor", text_or_null(machine.firmware_vendor)},
          {"firmware_version", text_or_null(machine.firmware_version)},
          {"firmware_date", text_or_null(machine.firmware_date)},
          {"rtc_alarm", machine.rtc_alarm},
          {"can_suspend", machine.can_suspend},
          {"can_hibernate", machine.can_hibernate},
          {"bmc", own_bmc_json(inventory.bmc)},
          {"boot_firmware_s", seconds_or_null(machine.boot_firmware)},
          {"boot_loader_s", seconds_or_null(machine.boot_loader)},
          {"boot_kernel_s", seconds_or_null(machine.boot_kernel)},
          {"boot_userspace_s", seconds_or_null(machine.boot_userspace)}};
}

json::array in_flight_json(const core::Node& node, TimePoint now) {
  json::array list;
  for (const auto& [id, since] : node.in_flight) {
    json::object step{{"id", id.text()}, {"verb", core::to_string(id.verb)}};
    put_time(step, "since", since);
    step["for_s"] = seconds(now - since);
    list.push_back(std::move(step));
  }
  return list;
}

json::value want_json(const core::NodeWant* want) {
  if (want == nullptr) return nullptr;
  json::object object{{"on", want->on}, {"reason", to_json(want->reason)}};
  object["needed_by"] = nullptr;
  if (want->needed_by) {
    object["needed_by"] = json::object{{"namespace", want->needed_by->ns},
                                       {"pod", want->needed_by->name},
                                       {"more", want->others.count}};
  }
  return object;
}

json::object resources_json(const Resources& resources) {
  return {{"cpu_millicores", resources.cpu_millicores},
          {"memory_bytes", resources.memory_bytes},
          {"pods", resources.pods}};
}

std::string_view to_string(core::Mode mode) {
  switch (mode) {
    case core::Mode::off: return "off";
    case core::Mode::advise: return "advise";
    case core::Mode::act: return "act";
  }
  return "?";
}

std::string_view to_string(core::Readiness ready) {
  switch (ready) {
    case core::Readiness::ready: return "ready";
    case core::Readiness::not_ready: return "not_ready";
    case core::Readiness::unknown: return "unknown";
  }
  return "?";
}

void put_kubernetes(json::object& into, const Fleet& fleet, const core::Node& node) {
  const core::Labels none;
  const auto* pool = core::pool_of(fleet.policy(), node.name, node.kube ? node.kube->labels : none);
  into["pool"] = pool ? json::value(pool->name) : json::value(nullptr);
  into["mode"] = pool ? json::value(to_string(pool->mode)) : json::value(nullptr);
  into["kubernetes"] = nullptr;
  if (!node.kube) return;
  into["kubernetes"] = json::object{{"ready", to_string(node.kube->ready)},
                                    {"unschedulable", node.kube->unschedulable},
                                    {"marked_by_us", node.marked},
                                    {"allocatable", resources_json(node.kube->allocatable)}};
}

void put_drawn(json::object& into, const core::DrawnPower& drawn) {
  into["power_watts"] = watts_or_null(drawn.power);
  into["power_source"] = text_or_null(drawn.source);
  into["power_estimated"] = is_estimate(drawn.source);
}

// Its source is the agent's, whatever the watts are by: of two sources no counter is made.
// Boot id and since tell which counter this is: with a new boot or a new agent it begins again.
void put_energy(json::object& into, const core::AgentView& agent) {
  into["energy_joules"] = nullptr;
  into["energy"] = nullptr;
  if (!agent.energy) return;
  into["energy_joules"] = joules(*agent.energy);
  into["energy"] = json::object{{"joules", joules(*agent.energy)},
                                {"source", agent.power_source},
                                {"boot_id", core::boot_of(agent.boot_id)},
                                {"since_uptime_s", seconds(agent.energy_since)},
                                {"unknown_intervals", agent.energy_unknown_intervals}};
}

}  // namespace

json::object node_json(const Fleet& fleet, const core::Node& node, const core::NodeWant* want) {
  const auto now = fleet.now();
  const auto power = power_of(fleet, node);
  json::object object{{"name", node.name},
                      {"state", core::to_string(state_of(fleet, node))},
                      {"power", core::to_string(power.state)},
                      {"power_evidence", core::to_string(power.evidence)}};
  object["sleep_mode"] = core::to_string(core::sleep_mode_of(fleet.policy(), node));
  object["bmc"] = bmc_json(fleet, node);
  put_time(object, "since", node.since);
  object["for_s"] = seconds(now - node.since);
  object["transition"] = node.transition;
  object["want"] = want_json(want);
  object["held"] = text_or_null(hold_of(fleet, node));
  object["request"] = request_json(node.request);
  put_kubernetes(object, fleet, node);
  object["work_pods"] = node.work_pods;
  const auto drawn = drawn_of(fleet, node);
  put_drawn(object, drawn);
  object["power_problem"] = text_or_null(drawn.problem);
  put_energy(object, node.agent);
  object["idle_watts"] = watts_or_null(node.inventory.idle);
  object["peak_watts"] = watts_or_null(node.inventory.peak);
  object["agent"] = agent_json(node.agent, now);
  object["wake"] = wake_json(fleet, node);
  object["machine"] = machine_json(node.inventory);
  object["downs_last_day"] = node.downs.size();
  put_time(object, "quarantined_until", node.quarantined_until);
  object["in_flight"] = in_flight_json(node, now);
  object["last_problem"] = text_or_null(node.last_problem);
  return object;
}

json::object nodes_json(const Fleet& fleet) {
  std::unordered_map<std::string_view, const core::NodeWant*> wants;
  for (const auto& want : fleet.plan().nodes) wants.emplace(want.node, &want);
  json::array nodes;
  nodes.reserve(fleet.world().nodes.size());
  for (const auto& [name, node] : fleet.world().nodes) {
    const auto want = wants.find(name);
    nodes.push_back(node_json(fleet, node, want == wants.end() ? nullptr : want->second));
  }
  json::object object;
  put_time(object, "at", fleet.now());
  object["nodes"] = std::move(nodes);
  return object;
}

json::object explanation_json(const Fleet& fleet, const core::Node& node) {
  const auto power = power_of(fleet, node);
  json::object object{{"node", node.name},
                      {"state", core::to_string(state_of(fleet, node))},
                      {"power", core::to_string(power.state)},
                      {"power_evidence", core::to_string(power.evidence)},
                      {"sleep_mode", core::to_string(core::sleep_mode_of(fleet.policy(), node))}};
  put_drawn(object, drawn_of(fleet, node));
  put_time(object, "since", node.since);
  object["for_s"] = seconds(fleet.now() - node.since);
  object["want"] = want_json(want_of(fleet.plan(), node.name));
  object["held"] = text_or_null(hold_of(fleet, node));
  object["request"] = request_json(node.request);
  object["blockers"] = to_json(blockers_of(fleet, node));
  object["in_flight"] = in_flight_json(node, fleet.now());
  put_time(object, "wake_proven_at", node.wake_proven_at);
  object["bmc"] = bmc_json(fleet, node);
  object["own_bmc"] = own_bmc_json(node.inventory.bmc);
  object["last_problem"] = text_or_null(node.last_problem);
  object["what_would_change"] = what_would_change(fleet, node);
  return object;
}

}  // namespace ecokube
