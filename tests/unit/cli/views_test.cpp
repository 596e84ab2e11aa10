#include "cli/views.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/table.h"

namespace ecokube::cli {
namespace {

boost::json::object parse(std::string_view text) { return boost::json::parse(text).as_object(); }

constexpr std::string_view kNodes = R"({"nodes": [
  {"name": "master", "state": "Ready", "power": "on", "power_watts": 14.25,
   "power_source": "model", "power_estimated": true, "work_pods": 3, "for_s": 45.5, "held": null,
   "want": {"on": true,
            "reason": {"code": "ControlPlane", "text": "it carries the control plane"}}},
  {"name": "worker1", "state": "PoweredDown", "power": "off",
   "power_evidence": "bmc", "power_watts": 6.5,
   "power_source": "rapl", "work_pods": 0, "for_s": 7260, "held": "ann: disk swap", "want": null}
]})";

TEST(NodesView, AlignsColumnsAndUsesPlainWords) {
  EXPECT_EQ(
      nodes_view(parse(kNodes), false),
      "NODE     STATE        POWER      WATTS  SOURCE  PODS  WANT  FOR        WHY\n"
      "master   Ready        on         ~14.2  model      3  on    45 s       it carries the "
      "control plane\n"
      "worker1  PoweredDown  off (BMC)      -  -          0  -     2 h 1 min  held by ann: disk "
      "swap\n");
}

TEST(NodesView, SaysHowASleeperSleeps) {
  auto document = parse(kNodes);
  auto& sleeper = document.at("nodes").as_array().at(1).as_object();
  sleeper["sleep_mode"] = "suspend";
  sleeper["power_evidence"] = "inferred";
  EXPECT_NE(nodes_view(document, false).find("suspended (inferred)"), std::string::npos);
  sleeper["sleep_mode"] = "hibernate";
  EXPECT_NE(nodes_view(document, false).find("hibernated (inferred)"), std::string::npos);
}

TEST(NodesView, ColoursDoNotMoveColumns) {
  auto coloured = nodes_view(parse(kNodes), true);
  EXPECT_NE(coloured.find("\x1b[32mReady\x1b[0m"), std::string::npos);
  for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  EXPECT_EQ(coloured, nodes_view(parse(kNodes), false));
}

TEST(NodesView, SaysWhenThereAreNone) {
  EXPECT_NE(nodes_view(parse(R"({"nodes": []})"), false).find("No node"), std::string::npos);
}

TEST(Table, CountsCharactersNotBytes) {
  EXPECT_EQ(table({{{"A"}, {"B"}}, {{"é"}, {"x"}}, {{"ab"}, {"y"}}}, {}, false),
            "A   B\né   x\nab  y\n");
}

TEST(ExplanationView, ShowsReasonsBlockersAndWhatWouldChange) {
  const auto text = explanation_view(parse(R"({
    "node": "worker1", "state": "Ready", "power": "off", "power_evidence": "inferred", "for_s": 200,
    "want": {"on": false, "reason": {"code": "Idle", "text": "no work and no demand"}},
    "held": null, "request": {"verb": "sleep", "by": "ann", "reason": "", "until": null},
    "blockers": [{"rule": "S15", "code": "WakeNotProven", "text": "no wake of it was ever seen"}],
    "in_flight": [{"verb": "mark", "for_s": 1}], "last_problem": "refused: hold file",
    "what_would_change": "It is put to sleep once its wake is proven."})"),
                                     false);
  EXPECT_EQ(text,
            "worker1 is Ready for 3 min, power off (inferred)\n\n"
            "Wanted    off: no work and no demand (Idle)\n"
            "Asked     sleep by ann\n"
            "Under way mark for 1 s\n"
            "Problem   refused: hold file\n"
            "\n"
            "RULE  IN THE WAY OF SLEEP  WHY\n"
            "S15   WakeNotProven        no wake of it was ever seen\n"
            "\n"
            "It is put to sleep once its wake is proven.\n");
}

TEST(ExplanationView, SaysWhatTheNodeDrawsAndByWhat) {
  const auto text = explanation_view(parse(R"({
    "node": "worker1", "state": "Ready", "power": "on", "power_evidence": "agent", "for_s": 200,
    "power_watts": 212.0, "power_source": "dcmi", "power_estimated": false,
    "what_would_change": "Nothing."})"),
                                     false);
  EXPECT_NE(text.find("\nDraws     212.0 W (dcmi)\n"), std::string::npos) << text;
}

TEST(ExplanationView, ShowsWhereItsBmcIs) {
  const auto shown = [](const std::string& bmcs) {
    const auto text = explanation_view(
        parse(R"({"node": "w1", "state": "Ready", "power": "on", "for_s": 1, "want": null,)" +
              bmcs + R"("blockers": [], "in_flight": [], "what_would_change": "?"})"),
        false);
    const auto at = text.find("Its BMC");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  };
  const std::string own = R"("own_bmc": {"present": true, "address": "10.0.0.12",
                                         "address_source": "dhcp", "problem": null},)";
  EXPECT_EQ(shown(own + R"("bmc": null,)"), "Its BMC   10.0.0.12 (dhcp), not configured");
  EXPECT_EQ(shown(own + R"("bmc": {"reads": "on"},)"), "Its BMC   10.0.0.12 (dhcp)");
  EXPECT_EQ(shown(R"("own_bmc": {"present": true, "address": null, "problem": "no LAN"},)"),
            "Its BMC   no LAN");
  EXPECT_EQ(shown(R"("own_bmc": {"present": false, "address": null, "problem": null},)"), "");
  EXPECT_EQ(shown(R"("own_bmc": null,)"), "");
}

TEST(FleetView, SaysItAtAGlance) {
  const auto text = fleet_view(parse(R"({
    "dry_run": false, "nodes": {"total": 3, "wanted_on": 1,
                                   "by_state": {"PoweredDown": 2, "Ready": 1}},
    "pods": {"bound": 4, "pending": 2, "unschedulable": 1},
    "power_watts": 14.25, "power_known_nodes": 1, "energy_joules": 120500.0,
    "cluster": {"synced": true, "view_age_s": 0.4}, "lease": {"held": true, "fence": 3},
    "scalers": [{"name": "eco-worker", "target": "Deployment/default/eco-worker", "lag": 7,
                 "replicas": 2, "max_replica_count": 10, "problem": null}],
    "plan": {"steps": [{"verb": "wake", "subject": "worker1",
                        "reason": {"code": "NeededFor", "text": "room is needed"}}]}})"),
                               false);
  EXPECT_NE(text.find("Nodes     3 (2 PoweredDown, 1 Ready); 1 wanted on\n"), std::string::npos);
  EXPECT_NE(text.find("Power     14.2 W on 1 measured nodes"), std::string::npos);
  EXPECT_NE(text.find("Pods      4 bound, 2 pending, 1 of them without room\n"), std::string::npos);
  EXPECT_NE(text.find("Cluster   in view, seen 0 s ago\n"), std::string::npos);
  EXPECT_NE(text.find("Lease     held, fence 3\n"), std::string::npos);
  EXPECT_NE(text.find("eco-worker  Deployment/default/eco-worker    7         2    10"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("wake       worker1  room is needed"), std::string::npos) << text;
}

TEST(FleetView, SaysThatTheClusterIsOutOfView) {
  const auto text = fleet_view(
      parse(R"({"cluster": {"synced": false, "problem": "refused"}, "lease": {"held": false}})"),
      false);
  EXPECT_NE(text.find("out of view: refused"), std::string::npos);
  EXPECT_NE(text.find("not held"), std::string::npos);
}

TEST(FleetView, NamesTheLeaderOfAStandby) {
  const auto text = fleet_view(parse(R"({"lease": {"held": false}, "leader": "b_17"})"), false);
  EXPECT_NE(text.find("Lease     stands by; b_17 leads\n"), std::string::npos) << text;
}

TEST(DoctorView, PutsWhatToDoBelowTheFinding) {
  EXPECT_EQ(doctor_view(parse(R"({"level": "warning", "findings": [
              {"level": "warning", "code": "WakeNotProven", "subject": "worker1",
               "text": "no wake of it was ever seen", "what_to_do": "ecoctl test-wake worker1"},
              {"level": "ok", "code": "Leads", "subject": "Lease",
               "text": "this coordinator leads", "what_to_do": null}]})"),
                        false),
            "LEVEL    CODE           OF       FINDING\n"
            "warning  WakeNotProven  worker1  no wake of it was ever seen\n"
            "                                 -> ecoctl test-wake worker1\n"
            "ok       Leads          Lease    this coordinator leads\n");
}

TEST(EventView, IsOneLine) {
  EXPECT_EQ(event_view(parse(R"({"at": "2026-11-22T09:30:00.250Z", "kind": "state",
                                 "subject": "worker1", "text": "Ready -> Draining"})"),
                       false),
            "09:30:00.250  state       worker1       Ready -> Draining\n");
}

TEST(TimeView, UsesTwoUnitsAtMost) {
  EXPECT_EQ(time_view(0.4), "0 s");
  EXPECT_EQ(time_view(119), "119 s");
  EXPECT_EQ(time_view(121), "2 min");
  EXPECT_EQ(time_view(3 * 3600 + 600), "3 h 10 min");
  EXPECT_EQ(time_view(50 * 3600), "2 d 2 h");
}

TEST(Pretty, IsTheSameDocument) {
  const auto document = boost::json::parse(R"({"a": [1, 2.5, {}], "b": {"c": null, "d": "x\"y"}})");
  const auto text = pretty(document);
  EXPECT_EQ(boost::json::parse(text), document);
  EXPECT_NE(text.find("\n  \"b\": {\n    \"c\": null"), std::string::npos) << text;
}

}  // namespace
}  // namespace ecokube::cli
