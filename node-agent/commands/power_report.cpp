#include "node-agent/commands/power_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

namespace ecokube::agent {
namespace {

namespace json = boost::json;

double joules(Energy energy) { return static_cast<double>(energy.microjoules()) / 1e6; }
double watts(Power power) { return static_cast<double>(power.milliwatts()) / 1e3; }

std::string note_of(const ZoneView& view, bool counts) {
  switch (view.state) {
    case ZoneState::measured: break;
    case ZoneState::waiting: return "has not moved yet";
    case ZoneState::still: return "does not move: taken for absent";
    case ZoneState::twin: return "the same energy as " + view.detail;
    case ZoneState::comparing: return "perhaps the same counter as another die's";
    case ZoneState::mirror: return "the same counter as " + view.detail;
    case ZoneState::denied: return "no permission: run as root";
    case ZoneState::broken: return "cannot be read: " + view.detail;
    case ZoneState::gone: return "is gone";
  }
  if (view.zone.role == ZoneRole::part) return "part of its package";
  if (view.zone.role == ZoneRole::unknown) return "unknown name: not summed";
  return counts ? "" : "not summed: the node is measured as a whole";
}

std::string_view meaning_of(PowerSource source) {
  switch (source) {
    case PowerSource::hwmon: return "the machine's own meter";
    case PowerSource::psys: return "the whole platform";
    case PowerSource::rapl: return "CPUs and memory, not the whole machine";
    case PowerSource::model: return "estimated";
    case PowerSource::none: break;
  }
  return "";
}

PowerRow row_of(const ZoneView& view, PowerSource counted) {
  PowerRow row;
  row.zone = view.zone.domain;
  row.id = view.zone.id;
  row.source = view.zone.role == ZoneRole::psys ? PowerSource::psys : PowerSource::rapl;
  const bool summed = view.zone.role == ZoneRole::package || view.zone.role == ZoneRole::dram ||
                      view.zone.role == ZoneRole::psys;
  row.counts = view.state == ZoneState::measured && summed && row.source == counted;
  row.energy = view.energy;
  row.note = note_of(view, row.counts);
  return row;
}

}  // namespace

std::optional<Power> PowerReporter::power_of(const std::string& id, Energy energy,
                                             std::uint64_t unknown_intervals, const Stamp& now) {
  const auto found = last_.find(id);
  std::optional<Power> power;
  if (found != last_.end()) {
    const auto& last = found->second;
    const auto elapsed =
        std::chrono::round<std::chrono::milliseconds>(now.monotonic - last.at.monotonic);
    if (elapsed.count() > 0 && energy >= last.energy &&
        unknown_intervals == last.unknown_intervals) {
      power = mean_power(Energy::microjoules(energy.microjoules() - last.energy.microjoules()),
                         elapsed);
    }
  }
  last_[id] = {energy, unknown_intervals, now};
  return power;
}

PowerReport PowerReporter::report(const PowerMeter& meter, const Stamp& now) {
  PowerReport report;
  const auto node = meter.node();
  report.source = node.source;
  report.energy = node.total;
  report.problem = meter.why_not_measured();
  if (node.source != PowerSource::none) {
    report.power = power_of("node " + std::string(to_string(node.source)), node.total,
                            node.unknown_intervals, now);
  }
  for (const auto& view : meter.zones()) {
    auto row = row_of(view, node.source);
    const auto power = power_of(view.zone.id, view.energy, view.unknown_intervals, now);
    if (view.state == ZoneState::measured) row.power = power;
    report.rows.push_back(std::move(row));
  }
  if (meter.hwmon().found()) {
    PowerRow row;
    row.zone = row.id = "power meter";
    row.source = PowerSource::hwmon;
    row.counts = node.source == PowerSource::hwmon;
    row.energy = meter.hwmon().total();
    if (meter.hwmon().measures()) {
      row.power = meter.hwmon().power();
    } else {
      row.note = "gives no plausible figure";
    }
    report.rows.push_back(std::move(row));
  }
  return report;
}

std::string report_text(const PowerReport& report) {
  std::size_t zone_width = 4, id_width = 2;
  for (const auto& row : report.rows) {
    zone_width = std::max(zone_width, row.zone.size());
    id_width = std::max(id_width, row.id.size());
  }
  std::string text = fmt::format("{:<{}}  {:<{}}  {:>9}  {:>12}\n", "ZONE", zone_width, "ID",
                                 id_width, "WATTS", "JOULES");
  for (const auto& row : report.rows) {
    const auto figure = row.power ? fmt::format("{:.2f}", watts(*row.power)) : std::string("-");
    const auto counted = row.power ? fmt::format("{:.1f}", joules(row.energy)) : std::string("-");
    text += fmt::format("{:<{}}  {:<{}}  {:>9}  {:>12}", row.zone, zone_width, row.id, id_width,
                        figure, counted);
    text += row.note.empty() ? "\n" : "  " + row.note + "\n";
  }
  if (report.power) {
    text += fmt::format("node: {:.2f} W by {} ({})\n", watts(*report.power),
                        to_string(report.source), meaning_of(report.source));
  } else {
    text += "node: not known\n";
  }
  if (!report.problem.empty()) text += report.problem + "\n";
  return text;
}

json::object report_json(const PowerReport& report) {
  const auto number_or_null = [](const std::optional<Power>& power) {
    return power ? json::value(watts(*power)) : json::value(nullptr);
  };
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
  };
  json::array zones;
  for (const auto& row : report.rows) {
    zones.push_back({{"zone", row.zone},
                     {"id", row.id},
                     {"source", to_string(row.source)},
                     {"counts", row.counts},
                     {"watts", number_or_null(row.power)},
                     {"joules", joules(row.energy)},
                     {"note", text_or_null(row.note)}});
  }
  return {{"source", to_string(report.source)},      {"estimated", is_estimate(report.source)},
          {"watts", number_or_null(report.power)},   {"joules", joules(report.energy)},
          {"problem", text_or_null(report.problem)}, {"zones", std::move(zones)}};
}

}  // namespace ecokube::agent
