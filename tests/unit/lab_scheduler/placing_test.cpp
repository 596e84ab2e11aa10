// Goal: each reason that keeps a pod off a node is honoured and named, and pods are packed.
#include "lab/scheduler/placing.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace ecokube::lab {
namespace {

constexpr std::int64_t kGiB = 1024LL * 1024 * 1024;

struct Cluster {
  std::map<std::string, core::KubeNode> nodes;
  std::map<std::string, SchedulerPod> pods;
  std::map<std::string, NodeName> assumed;

  core::KubeNode& node(const std::string& name, std::int64_t millicores = 1300) {
    auto& node = nodes["/" + name];
    node.name = name;
    node.ready = core::Readiness::ready;
    node.allocatable = {millicores, 2 * kGiB, 20};
    return node;
  }
  SchedulerPod& pod(const std::string& name, std::int64_t millicores,
                    const std::string& on_node = {}) {
    auto& seen = pods["default/" + name];
    seen.pod.ns = "default";
    seen.pod.name = name;
    seen.pod.uid = "uid-" + name;
    seen.pod.revision = 7;
    seen.pod.node = on_node;
    seen.pod.phase = on_node.empty() ? core::PodPhase::pending : core::PodPhase::running;
    seen.pod.requests = {millicores, kGiB / 8, 1};
    return seen;
  }
  [[nodiscard]] std::map<std::string, Placing> place() const {
    std::map<std::string, Placing> result;
    for (auto& placing : place_waiting_pods({&nodes, &pods, &assumed})) {
      result[placing.pod->pod.name] = placing;
    }
    return result;
  }
};

TEST(Placing, PacksOnTheFullestNodeThatHasRoom) {
  Cluster cluster;
  cluster.node("empty");
  cluster.node("used");
  cluster.node("full");
  cluster.pod("a", 500, "used");
  cluster.pod("b", 1200, "full");
  cluster.pod("new", 600);
  EXPECT_EQ(cluster.place().at("new").node, "used");
}

TEST(Placing, CountsItsOwnDecisionsAndBindingsNotSeenYet) {
  Cluster cluster;
  cluster.node("one", 1000);
  cluster.pod("assumed", 400);
  cluster.assumed["uid-assumed"] = "one";
  cluster.pod("older", 400).created = "2026-11-22T10:00:00Z";
  cluster.pod("a-younger", 400).created = "2026-11-22T10:00:01Z";
  const auto placed = cluster.place();
  EXPECT_FALSE(placed.contains("assumed"));
  EXPECT_EQ(placed.at("older").node, "one");
  EXPECT_EQ(placed.at("a-younger").refusal, "0 of 1 nodes can take this pod: 1 short of cpu");
}

TEST(Placing, EndedPodsLeaveTheirRoomAndDyingOnesKeepIt) {
  Cluster cluster;
  cluster.node("one", 1000);
  auto& before = cluster.pod("before", 900, "one");
  cluster.pod("new", 900);
  before.pod.deleting = true;
  EXPECT_EQ(cluster.place().at("new").node, "");
  before.pod.phase = core::PodPhase::succeeded;
  EXPECT_EQ(cluster.place().at("new").node, "one");
}

TEST(Placing, NamesEachObstacle) {
  Cluster cluster;
  cluster.node("cordoned").unschedulable = true;
  cluster.node("down").ready = core::Readiness::unknown;
  cluster.node("going").taints = {{"ecokube.io/powering-down", "", "NoSchedule"}};
  cluster.node("other");
  cluster.node("small", 100).labels = {{"disk", "ssd"}};
  cluster.node("no-slots").labels = {{"disk", "ssd"}};
  cluster.nodes["/no-slots"].allocatable.pods = 0;
  cluster.node("no-memory").labels = {{"disk", "ssd"}};
  cluster.nodes["/no-memory"].allocatable.memory_bytes = 1;
  cluster.pod("new", 600).pod.node_selector = {{"disk", "ssd"}};
  const auto refusal = cluster.place().at("new").refusal;
  for (const auto* why :
       {"0 of 7", "1 cordoned", "1 not ready", "1 with taint ecokube.io/powering-down",
        "1 without the pod's node selector", "1 short of cpu", "1 full of pods",
        "1 short of memory"}) {
    EXPECT_NE(refusal.find(why), std::string::npos) << why << " in: " << refusal;
  }
}

TEST(Placing, TolerationOpensATaintedNodeAndPreferenceIsNoObstacle) {
  Cluster cluster;
  auto& node = cluster.node("master");
  node.taints = {{"role", "master", "NoExecute"}, {"slow", "", "PreferNoSchedule"}};
  auto& pod = cluster.pod("new", 100);
  EXPECT_EQ(cluster.place().at("new").node, "");
  pod.pod.tolerations = {{"role", false, "master", "NoExecute"}};
  EXPECT_EQ(cluster.place().at("new").node, "master");
}

TEST(Placing, ASoftTaintComesLast) {
  Cluster cluster;
  cluster.node("leaving").taints = {{"ecokube.io/candidate", "", "PreferNoSchedule"}};
  cluster.node("staying");
  cluster.pod("a", 500, "leaving");
  auto& pod = cluster.pod("new", 100);
  EXPECT_EQ(cluster.place().at("new").node, "staying") << "though the other is fuller";
  cluster.nodes["/staying"].unschedulable = true;
  EXPECT_EQ(cluster.place().at("new").node, "leaving");
  cluster.nodes["/staying"].unschedulable = false;
  pod.pod.tolerations = {{"ecokube.io/candidate", true, "", ""}};
  EXPECT_EQ(cluster.place().at("new").node, "leaving") << "it does not mind";
}

TEST(Placing, LeavesDyingAndForeignPodsAlone) {
  Cluster cluster;
  cluster.node("one");
  cluster.pod("dying", 100).pod.deleting = true;
  cluster.pod("foreign", 100).ours = false;
  cluster.pod("bound", 100, "one");
  EXPECT_TRUE(cluster.place().empty());
}

TEST(Placing, ReadsAPodAndPatchesOnlyItsOwnCondition) {
  const auto object = boost::json::parse(R"({
    "metadata": {"name": "p", "namespace": "n", "uid": "u", "resourceVersion": "5",
                 "creationTimestamp": "2026-11-22T10:00:00Z"},
    "spec": {"schedulerName": "default-scheduler"},
    "status": {"phase": "Pending", "conditions": [
      {"type": "Other", "status": "True"},
      {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "why"}]}
  })");
  const auto pod = parse_scheduler_pod(object.as_object());
  ASSERT_TRUE(pod) << pod.error().message;
  EXPECT_TRUE(pod->ours);
  EXPECT_EQ(pod->refusal, "why");
  const auto expected = boost::json::parse(R"({
    "metadata": {"uid": "u", "resourceVersion": "5"},
    "status": {"conditions": [
      {"type": "Other", "status": "True"},
      {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "new",
       "lastTransitionTime": "now"}]}
  })");
  EXPECT_EQ(boost::json::value(refusal_patch(*pod, "new", "now")), expected);
}

TEST(Placing, BindsByUid) {
  Cluster cluster;
  const boost::json::value body = binding_of(cluster.pod("p", 1).pod, "one");
  EXPECT_EQ(body.at("metadata").at("uid"), "uid-p");
  EXPECT_EQ(body.at("target").at("name"), "one");
}

}  // namespace
}  // namespace ecokube::lab
