#include "coordinator/api/metrics.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/api/fake_fleet.h"

namespace ecokube {
namespace {

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest() { test::fill(fleet_); }
  /// A line of the text as it stands.
  bool has(const std::string& line) {
    std::istringstream text(metrics_text(fleet_, counters_));
    for (std::string one; std::getline(text, one);) {
      if (one == line) return true;
    }
    return false;
  }

  test::FakeFleet fleet_;
  StepCounters counters_;
};

TEST_F(MetricsTest, HasNodesInBaseUnits) {
  EXPECT_TRUE(has(R"(ecokube_node_state{node="worker1",state="Ready"} 1)"));
  EXPECT_TRUE(has(R"(ecokube_node_state{node="worker1",state="PoweredDown"} 0)"));
  EXPECT_TRUE(has(R"(ecokube_node_state{node="worker2",state="PoweredDown"} 1)"));
  EXPECT_TRUE(has(R"(ecokube_node_power_watts{node="worker1",source="rapl"} 14.25)"));
  EXPECT_TRUE(has(R"(ecokube_node_energy_joules_total{node="worker1",source="rapl"} 1200)"));
  EXPECT_TRUE(
      has(R"(ecokube_node_energy_unknown_intervals_total{node="worker1",source="rapl"} 3)"));
  EXPECT_TRUE(has(R"(ecokube_node_boot_time_seconds{node="worker1",quantile="0.5"} 8.2)") ||
              metrics_text(fleet_, counters_).find("quantile=\"0.5\"} 8.19999") !=
                  std::string::npos);
  EXPECT_TRUE(has("ecokube_cluster_view_age_seconds 2"));
  EXPECT_TRUE(has("ecokube_lease_held 1"));
  EXPECT_TRUE(has("# TYPE ecokube_node_energy_joules_total counter"));
  EXPECT_TRUE(has("# TYPE ecokube_node_power_watts gauge"));
  EXPECT_NE(metrics_text(fleet_, counters_).find("ecokube_build_info{version=\""),
            std::string::npos);
}

TEST_F(MetricsTest, NamesThePodsOfTheEstimateApart) {
  auto& world = fleet_.world_value;
  world.pods["uid-a"] = test::pod_named("uid-a", "jobs", "render-1");
  world.pods["uid-b"] = test::pod_named("uid-b", "kube-system", "etcd");
  world.pods["uid-b"].static_uid = "8e2d6e4d";
  world.nodes.at("worker1").agent.pods =
      core::PodsEnergy{"rapl",
                       Energy::joules(50),
                       Energy::joules(70),
                       {{"8e2d6e4d", Energy::joules(1), Energy::joules(2)},
                        {"uid-a", Energy::joules(30), Energy::joules(40)},
                        {"uid-gone", Energy::joules(5), Energy::joules(6)}}};
  const auto text = pod_metrics_text(world);
  for (const auto* line :
       {R"({namespace="jobs",pod="render-1",node="worker1",source="rapl",kind="active"} 30)",
        R"({namespace="jobs",pod="render-1",node="worker1",source="rapl",kind="idle"} 40)",
        R"({namespace="kube-system",pod="etcd",node="worker1",source="rapl",kind="idle"} 2)"}) {
    EXPECT_NE(text.find("ecokube_pod_energy_estimated_joules_total" + std::string(line) + "\n"),
              std::string::npos)
        << text;
  }
  EXPECT_EQ(text.find("uid-gone"), std::string::npos);
  EXPECT_EQ(metrics_text(fleet_, counters_).find("ecokube_pod_"), std::string::npos);
}

TEST_F(MetricsTest, ANodeHasOneFigureOfItsPowerByItsBestSource) {
  fleet_.policy_value.nodes["worker1"].bmc = true;
  auto& bmc = fleet_.world_value.nodes.at("worker1").bmc;
  bmc.power = Power::watts(212);
  bmc.power_source = "dcmi";
  bmc.power_at = test::kNow;
  EXPECT_TRUE(has(R"(ecokube_node_power_watts{node="worker1",source="dcmi"} 212)"));
  EXPECT_FALSE(has(R"(ecokube_node_power_watts{node="worker1",source="rapl"} 14.25)"));
  EXPECT_TRUE(has(R"(ecokube_node_energy_joules_total{node="worker1",source="rapl"} 1200)"));
}

TEST_F(MetricsTest, LeavesOutWhatIsNotKnown) {
  for (auto& [name, node] : fleet_.world_value.nodes) node.agent.power.reset();
  EXPECT_EQ(metrics_text(fleet_, counters_).find("ecokube_node_power_watts"), std::string::npos);
}

TEST_F(MetricsTest, CountsWakesThatWaitByTheirReason) {
  fleet_.plan_value.nodes[1] = {"worker2", true, {"WattsCap", "it waits"}};
  fleet_.plan_value.held = {{"pod team-a/x", {}, {"NamespaceQuota", "it waits"}}};
  const auto text = metrics_text(fleet_, {});
  for (const auto* line : {"ecokube_wakes_waiting{reason=\"WattsCap\"} 1",
                           "{reason=\"NamespaceQuota\"} 1", "{reason=\"InrushLimit\"} 0"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST_F(MetricsTest, CountsStepsAndRules) {
  auto ended = test::event(1, "step_ended", "");
  ended.verb = "wake";
  ended.outcome = "done";
  count(counters_, ended);
  count(counters_, ended);
  auto blocked = test::event(2, "blocked", "");
  blocked.rule = "S1";
  count(counters_, blocked);
  count(counters_, test::event(3, "state", ""));
  EXPECT_TRUE(has(R"(ecokube_steps_total{verb="wake",outcome="done"} 2)"));
  EXPECT_TRUE(has(R"(ecokube_step_blocked_total{rule="S1"} 1)"));
  EXPECT_TRUE(has("ecokube_kubernetes_events_dropped_total 0"));
}

TEST_F(MetricsTest, EscapesLabels) {
  fleet_.world_value.nodes.at("worker1").agent.power_source = "a\"b\\c\nd";
  EXPECT_TRUE(has(R"(ecokube_node_power_watts{node="worker1",source="a\"b\\c\nd"} 14.25)"));
}

}  // namespace
}  // namespace ecokube
