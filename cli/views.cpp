#include "cli/views.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "cli/table.h"
#include "common/json_find.h"

namespace ecokube::cli {

namespace json = boost::json;

std::string text_at(const json::object& from, std::string_view key) {
  return std::string(find_text(from, {key}));
}

double number_at(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  if (value == nullptr || !value->is_number()) return 0;
  return value->to_number<double>();
}

const json::object& object_at(const json::object& from, std::string_view key) {
  return find_object(from, {key});
}

namespace {

bool has(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && !value->is_null();
}

bool flag_at(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string whole(const json::object& from, std::string_view key) {
  return has(from, key) ? fmt::format("{:.0f}", number_at(from, key)) : "-";
}

Colour colour_of(std::string_view state) {
  if (state == "Ready") return Colour::good;
  if (state == "PoweredDown" || state == "Maintenance") return Colour::quiet;
  if (state == "Unknown" || state == "Quarantined") return Colour::bad;
  return Colour::busy;
}

std::string want_word(const json::object& want) {
  if (want.empty()) return "-";
  return flag_at(want, "on") ? "on" : "off";
}

/// 09:30:00.250 of an RFC 3339 time.
std::string clock_part(const std::string& time) {
  constexpr std::size_t kClockAt = 11;
  constexpr std::size_t kClockLength = 12;
  return time.size() > kClockAt ? time.substr(kClockAt, kClockLength) : time;
}

}  // namespace

std::string time_view(double seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const auto s = static_cast<std::int64_t>(std::max(0.0, seconds));
  if (s < 2 * kMinute) return fmt::format("{} s", s);
  if (s < kHour) return fmt::format("{} min", s / kMinute);
  if (s < kDay) return fmt::format("{} h {} min", s / kHour, s % kHour / kMinute);
  return fmt::format("{} d {} h", s / kDay, s % kDay / kHour);
}

/// "off (BMC)", "suspended (inferred)": with what tells it, where that is not its agent.
std::string power_view(const json::object& document) {
  const auto evidence = text_at(document, "power_evidence");
  std::string power = text_at(document, "power");
  const auto mode = text_at(document, "sleep_mode");
  if (power == "off" && mode == "suspend") power = "suspended";
  if (power == "off" && mode == "hibernate") power = "hibernated";
  if (evidence == "bmc") power += " (BMC)";
  if (evidence == "inferred") power += " (inferred)";
  return power;
}

namespace {

/// "212.0", "~14.2" for an estimate; "-" where it is not known, or of a machine that is not on.
std::string watts_view(const json::object& document) {
  if (!has(document, "power_watts") || text_at(document, "power") != "on") return "-";
  return fmt::format("{}{:.1f}", flag_at(document, "power_estimated") ? "~" : "",
                     number_at(document, "power_watts"));
}

}  // namespace

std::string nodes_view(const json::object& document, bool colours) {
  std::vector<std::vector<Cell>> rows;
  rows.push_back({{"NODE"},
                  {"STATE"},
                  {"POWER"},
                  {"WATTS"},
                  {"SOURCE"},
                  {"PODS"},
                  {"WANT"},
                  {"FOR"},
                  {"WHY"}});
  for (const auto& entry : find_array(document, {"nodes"})) {
    const auto& node = entry.as_object();
    const auto& want = object_at(node, "want");
    const auto state = text_at(node, "state");
    const auto held = text_at(node, "held");
    const auto watts = watts_view(node);
    rows.push_back(
        {{text_at(node, "name"), Colour::none},
         {state, colour_of(state)},
         {power_view(node)},
         {watts},
         {watts == "-" ? watts : text_at(node, "power_source")},
         {whole(node, "work_pods")},
         {want_word(want)},
         {time_view(number_at(node, "for_s"))},
         {held.empty() ? or_dash(text_at(object_at(want, "reason"), "text")) : "held by " + held}});
  }
  if (rows.size() == 1) {
    return "No node is known yet: the cluster has not been listed and no agent has connected.\n";
  }
  return table(rows, {3, 5}, colours);
}

namespace {

std::string counts(const json::object& by) {
  std::string text;
  for (const auto& [word, count] : by) {
    if (count.to_number<std::int64_t>() == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", count.to_number<std::int64_t>(), std::string_view(word));
  }
  return text;
}

std::string cluster_line(const json::object& cluster) {
  if (!flag_at(cluster, "synced")) {
    const auto problem = text_at(cluster, "problem");
    return "out of view" + (problem.empty() ? std::string() : ": " + problem);
  }
  return fmt::format("in view, seen {} ago", time_view(number_at(cluster, "view_age_s")));
}

std::string lease_line(const json::object& document) {
  const auto& lease = object_at(document, "lease");
  if (flag_at(lease, "held")) return "held, fence " + whole(lease, "fence");
  const auto leader = text_at(document, "leader");
  return leader.empty() ? "not held: nothing is put to sleep from here"
                        : "stands by; " + leader + " leads";
}

std::string scalers_view(const json::array& scalers, bool colours) {
  std::vector<std::vector<Cell>> rows;
  rows.push_back({{"SCALER"}, {"TARGET"}, {"LAG"}, {"REPLICAS"}, {"MOST"}, {"PROBLEM"}});
  for (const auto& entry : scalers) {
    const auto& scaler = entry.as_object();
    rows.push_back({{text_at(scaler, "name")},
                    {text_at(scaler, "target")},
                    {whole(scaler, "lag")},
                    {whole(scaler, "replicas")},
                    {whole(scaler, "max_replica_count")},
                    {text_at(scaler, "problem"), Colour::bad}});
  }
  return rows.size() == 1 ? "" : "\n" + table(rows, {2, 3, 4}, colours);
}

std::string plan_view(const json::array& steps, bool colours) {
  std::vector<std::vector<Cell>> rows;
  rows.push_back({{"NEXT STEP"}, {"OF"}, {"WHY"}});
  for (const auto& entry : steps) {
    const auto& step = entry.as_object();
    rows.push_back({{text_at(step, "verb")},
                    {text_at(step, "subject")},
                    {text_at(object_at(step, "reason"), "text")}});
  }
  return rows.size() == 1 ? "" : "\n" + table(rows, {}, colours);
}

}  // namespace

std::string fleet_view(const json::object& document, bool colours) {
  std::string out;
  const auto& nodes = object_at(document, "nodes");
  const auto& pods = object_at(document, "pods");
  add_line(out, "Nodes",
           fmt::format("{} ({}); {} wanted on", whole(nodes, "total"),
                       counts(object_at(nodes, "by_state")), whole(nodes, "wanted_on")));
  add_line(out, "Power",
           fmt::format("{:.1f} W on {} measured nodes; {:.0f} kJ since their agents "
                       "started",
                       number_at(document, "power_watts"), whole(document, "power_known_nodes"),
                       number_at(document, "energy_joules") / 1000.0));
  add_line(out, "Pods",
           fmt::format("{} bound, {} pending, {} of them without room", whole(pods, "bound"),
                       whole(pods, "pending"), whole(pods, "unschedulable")));
  const auto& cluster = object_at(document, "cluster");
  add_line(out, "Cluster",
           paint(cluster_line(cluster), flag_at(cluster, "synced") ? Colour::none : Colour::bad,
                 colours));
  add_line(out, "Lease", lease_line(document));
  if (const auto& freeze = object_at(document, "freeze"); !freeze.empty()) {
    const auto by = text_at(freeze, "by");
    add_line(out, "Frozen",
             paint(fmt::format("{}{}: {}; nothing is switched off, ecoctl unfreeze ends it",
                               text_at(freeze, "verb"), by.empty() ? "" : " by " + by,
                               text_at(freeze, "reason")),
                   Colour::bad, colours));
  }
  if (flag_at(document, "dry_run"))
    add_line(out, "Dry run", "decisions are shown, nothing is done");
  out += scalers_view(find_array(document, {"scalers"}), colours);
  const auto& plan = object_at(document, "plan");
  out += plan_view(find_array(plan, {"steps"}), colours);
  out += held_view(plan, colours);
  return out;
}

std::string asked_all_view(const json::object& document, bool /*colours*/) {
  const auto verb = text_at(document, "verb");
  if (verb == "unfreeze") return "Unfrozen: idle nodes may be switched off again.\n";
  if (verb == "evacuate") return "Frozen, and every node is being woken.\n";
  return "Frozen: nothing is switched off until ecoctl unfreeze.\n";
}

namespace {

/// Where its BMC is, as it says itself.
std::string bmc_line(const json::object& document) {
  const auto& own = object_at(document, "own_bmc");
  auto text = text_at(own, "address");
  const auto source = text_at(own, "address_source");
  if (!text.empty() && !source.empty()) text += " (" + source + ")";
  if (!text.empty() && !has(document, "bmc")) text += ", not configured";
  const auto problem = text_at(own, "problem");
  if (!problem.empty()) text += (text.empty() ? "" : ": ") + problem;
  return text;
}

}  // namespace

std::string explanation_view(const json::object& document, bool colours) {
  const auto state = text_at(document, "state");
  std::string out = fmt::format("{} is {} for {}, power {}\n\n", text_at(document, "node"),
                                paint(state, colour_of(state), colours),
                                time_view(number_at(document, "for_s")), power_view(document));
  const auto& want = object_at(document, "want");
  const auto& reason = object_at(want, "reason");
  add_line(out, "Wanted",
           want.empty() ? "not decided yet"
                        : fmt::format("{}: {} ({})", want_word(want), text_at(reason, "text"),
                                      text_at(reason, "code")));
  if (const auto watts = watts_view(document); watts != "-") {
    add_line(out, "Draws", watts + " W (" + text_at(document, "power_source") + ")");
  }
  if (has(document, "held")) add_line(out, "Held by", text_at(document, "held"));
  if (const auto& request = object_at(document, "request"); !request.empty()) {
    const auto why = text_at(request, "reason");
    const auto until = text_at(request, "until");
    add_line(out, "Asked",
             fmt::format("{} by {}{}{}", text_at(request, "verb"), text_at(request, "by"),
                         why.empty() ? "" : ": " + why, until.empty() ? "" : ", until " + until));
  }
  for (const auto& entry : find_array(document, {"in_flight"})) {
    const auto& step = entry.as_object();
    add_line(out, "Under way",
             fmt::format("{} for {}", text_at(step, "verb"), time_view(number_at(step, "for_s"))));
  }
  if (has(document, "last_problem")) {
    add_line(out, "Problem", paint(text_at(document, "last_problem"), Colour::bad, colours));
  }
  if (const auto bmc = bmc_line(document); !bmc.empty()) add_line(out, "Its BMC", bmc);
  std::vector<std::vector<Cell>> rows{{{"RULE"}, {"IN THE WAY OF SLEEP"}, {"WHY"}}};
  for (const auto& entry : find_array(document, {"blockers"})) {
    const auto& blocker = entry.as_object();
    rows.push_back(
        {{text_at(blocker, "rule")}, {text_at(blocker, "code")}, {text_at(blocker, "text")}});
  }
  if (rows.size() > 1) out += "\n" + table(rows, {}, colours);
  return out + "\n" + text_at(document, "what_would_change") + "\n";
}

std::string event_view(const json::object& event, bool colours) {
  const auto kind = text_at(event, "kind");
  Colour colour = kind == "state" ? Colour::good : Colour::none;
  const auto outcome = text_at(event, "outcome");
  if (kind == "blocked" || outcome == "refused" || outcome == "failed") colour = Colour::busy;
  return fmt::format("{}  {}  {}  {}\n",
                     paint(clock_part(text_at(event, "at")), Colour::quiet, colours),
                     paint(fmt::format("{:<10}", kind), colour, colours),
                     fmt::format("{:<12}", text_at(event, "subject")), text_at(event, "text"));
}

std::string asked_view(const json::object& document, bool colours) {
  return fmt::format("{} {}: {}\n", text_at(document, "verb"), text_at(document, "node"),
                     paint(text_at(document, "what_happens"),
                           flag_at(document, "now") ? Colour::none : Colour::busy, colours));
}

}  // namespace ecokube::cli
