#include "node-agent/local/status.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <exception>
#include <string_view>

namespace ecokube::agent {
namespace {

namespace json = boost::json;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}
double joules(Energy energy) { return static_cast<double>(energy.microjoules()) / 1e6; }
double watts(Power power) { return static_cast<double>(power.milliwatts()) / 1e3; }

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::array links_json(const AgentStatus& status) {
  json::array links;
  for (const auto& link : status.links) {
    json::object object{{"address", link.address},
                        {"coordinator", text_or_null(link.coordinator)},
                        {"heartbeat_ago_s", nullptr},
                        {"problem", text_or_null(link.problem)}};
    if (link.heartbeat_at) object["heartbeat_ago_s"] = seconds(status.now - *link.heartbeat_at);
    links.push_back(std::move(object));
  }
  return links;
}

json::array nics_json(const Waking& waking) {
  json::array nics;
  for (const auto& each : waking.nics) {
    nics.push_back(
        {{"name", each.nic.name},
         {"mac", each.nic.mac.text()},
         {"link_up", each.nic.link_up},
         {"wake_supported", each.supported ? json::value(*each.supported) : json::value(nullptr)},
         {"wake_armed", each.nic.wake_armed},
         {"problem", text_or_null(each.problem)}});
  }
  return nics;
}

json::object power_json(const AgentStatus& status) {
  json::array zones;
  for (const auto& reading : status.readings) {
    zones.push_back({{"source", to_string(reading.source)},
                     {"zone", reading.domain},
                     {"joules", joules(reading.energy)},
                     {"counts", reading.counts_for_node}});
  }
  return {{"source", to_string(status.energy.source)},
          {"estimated", is_estimate(status.energy.source)},
          {"watts", status.power ? json::value(watts(*status.power)) : json::value(nullptr)},
          {"joules", joules(status.energy.total)},
          {"unknown_intervals", status.energy.unknown_intervals},
          {"problem", text_or_null(status.power_problem)},
          {"zones", std::move(zones)}};
}

std::string link_text(const json::object& link) {
  const auto& coordinator = link.at("coordinator");
  std::string line = fmt::format("link       {}  ", std::string(link.at("address").as_string()));
  if (coordinator.is_null()) {
    line += "not connected";
    if (const auto& problem = link.at("problem"); problem.is_string()) {
      line += ": " + std::string(problem.as_string());
    }
    return line + "\n";
  }
  line += fmt::format("connected to {}", std::string(coordinator.as_string()));
  if (const auto& ago = link.at("heartbeat_ago_s"); !ago.is_null()) {
    line += fmt::format(", last heartbeat {:.1f} s ago", ago.to_number<double>());
  }
  return line + "\n";
}

std::string wake_text(const json::object& nic) {
  std::string line = fmt::format("wake       {}  ", std::string(nic.at("name").as_string()));
  if (nic.at("wake_armed").as_bool()) {
    const bool verified = nic.at("wake_supported").is_bool();
    line += verified ? "armed for magic packets" : "armed, as device/power/wakeup says";
    if (!nic.at("link_up").as_bool()) line += "; no link";
  } else if (const auto& problem = nic.at("problem"); problem.is_string()) {
    line += "not armed: " + std::string(problem.as_string());
  } else {
    line += "not armed";
  }
  return line + "\n";
}

std::string power_text(const json::object& power) {
  const auto& figure = power.at("watts");
  const std::string source(power.at("source").as_string());
  std::string line = "power      ";
  line += figure.is_null() ? std::string("not known")
                           : fmt::format("{}{:.1f} W", power.at("estimated").as_bool() ? "~" : "",
                                         figure.to_number<double>());
  line += "  source " + source;
  if (power.at("estimated").as_bool()) line += " (estimated)";
  line += "\n";
  if (const auto& problem = power.at("problem"); problem.is_string()) {
    line += "           " + std::string(problem.as_string()) + "\n";
  }
  return line;
}

/// A label's value: quotes, backslashes and line ends escaped.
std::string label(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

void add_head(std::string& text, std::string_view name, std::string_view type,
              std::string_view help) {
  text += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void add_pods(std::string& text, const std::vector<PodEnergy>& pods) {
  if (pods.empty()) return;
  constexpr std::string_view kName = "ecokube_pod_energy_estimated_joules_total";
  add_head(text, kName, "counter", "Estimate: the node's energy by the pod's share of CPU time.");
  for (const auto& pod : pods) {
    text += fmt::format("{}{{uid={},kind=\"active\"}} {:.6f}\n", kName, label(pod.uid),
                        joules(pod.energy.active));
    text += fmt::format("{}{{uid={},kind=\"idle\"}} {:.6f}\n", kName, label(pod.uid),
                        joules(pod.energy.idle));
  }
}

}  // namespace

json::object status_json(const AgentStatus& status) {
  json::array vetoes;
  for (const auto& veto : status.vetoes) vetoes.emplace_back(veto);
  return {{"node", status.node},
          {"version", status.version},
          {"boot_id", status.boot_id},
          {"uptime_s", seconds(status.now)},
          {"links", links_json(status)},
          {"fence", status.fence},
          {"vetoes", std::move(vetoes)},
          {"nics", nics_json(status.waking)},
          {"powering_off", status.powering_off},
          {"power", power_json(status)},
          {"pods", status.pods.size()}};
}

Result<std::string> status_text(const json::object& status) {
  try {
    std::string text =
        fmt::format("node       {}  (agent {})\n", std::string(status.at("node").as_string()),
                    std::string(status.at("version").as_string()));
    for (const auto& link : status.at("links").as_array()) text += link_text(link.as_object());
    const auto fence = status.at("fence").to_number<std::int64_t>();
    text += "fence      " +
            (fence == 0 ? "none seen: no coordinator has led yet" : std::to_string(fence)) + "\n";
    text += power_text(status.at("power").as_object());
    for (const auto& nic : status.at("nics").as_array()) text += wake_text(nic.as_object());
    const auto& vetoes = status.at("vetoes").as_array();
    if (vetoes.empty()) text += "shutdown   would be obeyed\n";
    for (const auto& veto : vetoes) {
      text += "shutdown   refused: " + std::string(veto.as_string()) + "\n";
    }
    if (status.at("powering_off").as_bool()) text += "           the machine is powering off\n";
    return text;
  } catch (const std::exception& error) {
    return fail(Errc::protocol, std::string("the answer is no agent's status: ") + error.what());
  }
}

std::string metrics_text(const AgentStatus& status) {
  std::string text;
  add_head(text, "ecokube_node_energy_joules_total", "counter", "Energy since the agent's start.");
  for (const auto& reading : status.readings) {
    text += fmt::format("ecokube_node_energy_joules_total{{source=\"{}\",zone={}}} {:.6f}\n",
                        to_string(reading.source), label(reading.domain), joules(reading.energy));
  }
  add_head(text, "ecokube_node_energy_unknown_intervals_total", "counter",
           "Sampling intervals left out: a reset, a suspend, a failed read.");
  for (const auto& reading : status.readings) {
    text +=
        fmt::format("ecokube_node_energy_unknown_intervals_total{{source=\"{}\",zone={}}} {}\n",
                    to_string(reading.source), label(reading.domain), reading.unknown_intervals);
  }
  add_head(text, "ecokube_node_power_source", "gauge",
           "1 for the source that counts for the node.");
  text += fmt::format("ecokube_node_power_source{{source=\"{}\",estimated=\"{}\"}} 1\n",
                      to_string(status.energy.source), is_estimate(status.energy.source));
  if (status.power) {
    add_head(text, "ecokube_node_power_watts", "gauge", "Mean power of the last second or more.");
    text += fmt::format("ecokube_node_power_watts{{source=\"{}\"}} {:.3f}\n",
                        to_string(status.energy.source), watts(*status.power));
  }
  add_head(text, "ecokube_agent_connected", "gauge", "1 while a coordinator is connected.");
  for (const auto& link : status.links) {
    text += fmt::format("ecokube_agent_connected{{address={}}} {}\n", label(link.address),
                        link.coordinator.empty() ? 0 : 1);
  }
  add_head(text, "ecokube_agent_vetoes", "gauge", "Why a shutdown would be refused now: how many.");
  text += fmt::format("ecokube_agent_vetoes {}\n", status.vetoes.size());
  add_pods(text, status.pods);
  return text;
}

}  // namespace ecokube::agent
