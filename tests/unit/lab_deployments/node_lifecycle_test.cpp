// Goal: a node is unknown when its Lease stands still on our clock, and its pods go only later.
#include "lab/deployments/node_lifecycle.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace ecokube::lab {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart = from_ms(1'000'000);

struct NodeScene {
  NodeLifecycle lifecycle{seconds(8), seconds(5)};
  LifecycleNodes nodes;
  Renewals renewals;
  DeploymentPods pods;

  NodeScene() {
    node(core::Readiness::ready);
    renewals["worker1"] = "t1";
    auto& pod = pods["default/p"];
    pod.pod.name = "p";
    pod.pod.node = "worker1";
    pod.pod.owner_kind = "ReplicaSet";
  }
  void node(core::Readiness ready) { nodes["/worker1"] = {"worker1", "u1", 4, ready, {}}; }
  std::size_t silent(int second) {
    return lifecycle.look(kStart + seconds(second), nodes, renewals).silent.size();
  }
  std::size_t lost(int second) {
    const auto now = kStart + seconds(second);
    const auto findings = lifecycle.look(now, nodes, renewals);
    return lifecycle.lost_pods(now, nodes, findings.given_up, pods).size();
  }
};

TEST(NodeLifecycle, SilentOnceTheLeaseStoodStillForTheGrace) {
  NodeScene scene;
  EXPECT_EQ(scene.silent(0), 0U);
  scene.renewals["worker1"] = "t2";
  EXPECT_EQ(scene.silent(7), 0U);
  EXPECT_EQ(scene.silent(14), 0U);
  EXPECT_EQ(scene.silent(15), 1U);
  scene.node(core::Readiness::unknown);
  EXPECT_EQ(scene.silent(16), 0U) << "marked once";
}

TEST(NodeLifecycle, OutOfServiceGivesUpAtOnceAndOnlyWhatIsNotReady) {
  NodeScene scene;
  scene.nodes["/worker1"].out_of_service = true;
  EXPECT_EQ(scene.lost(0), 0U);
  scene.node(core::Readiness::unknown);
  EXPECT_EQ(scene.lost(1), 0U);
  scene.nodes["/worker1"].out_of_service = true;
  EXPECT_EQ(scene.lost(2), 1U);
}

TEST(NodeLifecycle, ANodeWithoutLeaseIsSilentAfterTheGrace) {
  NodeScene scene;
  scene.renewals.clear();
  EXPECT_EQ(scene.silent(0), 0U);
  EXPECT_EQ(scene.silent(8), 1U);
}

TEST(NodeLifecycle, ANewNodeOfTheSameNameHasTheWholeGrace) {
  NodeScene scene;
  EXPECT_EQ(scene.silent(0), 0U);
  scene.nodes["/worker1"].uid = "u2";
  EXPECT_EQ(scene.silent(8), 0U);
  EXPECT_EQ(scene.silent(16), 1U);
}

TEST(NodeLifecycle, PodsAreGivenUpOnlyAfterTheNodeStayedAway) {
  NodeScene scene;
  EXPECT_EQ(scene.lost(0), 0U);
  scene.node(core::Readiness::unknown);
  EXPECT_EQ(scene.lost(1), 0U);
  EXPECT_EQ(scene.lost(5), 0U);
  EXPECT_EQ(scene.lost(6), 1U);
  scene.node(core::Readiness::ready);
  EXPECT_EQ(scene.lost(7), 0U);
  scene.node(core::Readiness::not_ready);
  EXPECT_EQ(scene.lost(8), 0U) << "counted anew";
  EXPECT_EQ(scene.lost(13), 1U);
}

TEST(NodeLifecycle, DaemonAndStaticPodsStayOnANodeThatIsAway) {
  NodeScene scene;
  scene.node(core::Readiness::not_ready);
  EXPECT_EQ(scene.lost(0), 0U);
  scene.pods["default/p"].pod.owner_kind = "DaemonSet";
  EXPECT_EQ(scene.lost(10), 0U);
  scene.pods["default/p"].pod.owner_kind.clear();
  scene.pods["default/p"].pod.mirror = true;
  EXPECT_EQ(scene.lost(11), 0U);
  scene.pods["default/p"].pod.mirror = false;
  EXPECT_EQ(scene.lost(12), 1U);
}

TEST(NodeLifecycle, PodsOfANodeThatDoesNotExistGoAfterAWhile) {
  NodeScene scene;
  scene.nodes.clear();
  EXPECT_EQ(scene.lost(0), 0U);
  EXPECT_EQ(scene.lost(4), 0U);
  EXPECT_EQ(scene.lost(5), 1U);
}

TEST(NodeLifecycle, TheMarkKeepsTheOtherConditions) {
  LifecycleNode node{"worker1", "u1", 4, core::Readiness::ready, {}};
  node.conditions = boost::json::parse(R"([
    {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": "h"},
    {"type": "DiskPressure", "status": "False"}])")
                        .as_array();
  const boost::json::value patch = silence_patch(node, "now");
  EXPECT_EQ(patch.at("metadata").at("resourceVersion"), "4");
  const auto& conditions = patch.at("status").at("conditions").as_array();
  ASSERT_EQ(conditions.size(), 2U);
  EXPECT_EQ(conditions[0].at("type"), "DiskPressure");
  EXPECT_EQ(conditions[1].at("status"), "Unknown");
  EXPECT_EQ(conditions[1].at("reason"), "NodeStatusUnknown");
  EXPECT_EQ(conditions[1].at("lastHeartbeatTime"), "h");
}

}  // namespace
}  // namespace ecokube::lab
