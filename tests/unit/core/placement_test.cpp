#include "coordinator/core/placement.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace ecokube::core::test {
namespace {

using Names = std::set<NodeName>;

Demand demand(const std::string& what, std::int64_t millicores) {
  return {what, {millicores, 0, 1}, {}, {}};
}

Names needed(const Bench& bench, const std::vector<Demand>& wanted) {
  Names names;
  for (const auto& [name, what] : place(bench.world, bench.policy, wanted, bench.now).needed_for) {
    names.insert(name);
  }
  return names;
}

/// `on` is Ready; `up` comes up; a, b and c sleep.
class PlacementTest : public testing::Test {
 protected:
  PlacementTest() {
    bench.fleet({"on", "up", "a", "b", "c"});
    bench.see(PersonAsked{"on", PersonVerb::wake, "test", "", minutes(60)});
    for (const NodeName name : {"a", "b", "c", "up"}) bench.put_to_sleep(name);
    idle_watts("a", 30);
    idle_watts("b", 10);
    idle_watts("c", 20);
    bench.see(PersonAsked{"up", PersonVerb::wake, "test", "", minutes(60)});
    bench.run("up", Verb::wake);
  }

  void idle_watts(const NodeName& name, std::int64_t watts) {
    bench.world.nodes.at(name).inventory.idle = Power::watts(watts);
  }

  Bench bench;
};

TEST_F(PlacementTest, FillsNodesThatAreOnThenThoseComingUpThenTheCheapestSleepers) {
  EXPECT_EQ(needed(bench, {demand("1", 3000)}), (Names{"on"}));
  EXPECT_EQ(needed(bench, {demand("1", 3000), demand("2", 3000)}), (Names{"on", "up"}));
  std::vector<Demand> three(3, demand("x", 3000));
  EXPECT_EQ(needed(bench, three), (Names{"on", "up", "b"}));
  std::vector<Demand> four(4, demand("x", 3000));
  EXPECT_EQ(needed(bench, four), (Names{"on", "up", "b", "c"}));
}

TEST_F(PlacementTest, PacksSmallOnesTogether) {
  std::vector<Demand> eight(8, demand("x", 1000));
  EXPECT_EQ(needed(bench, eight), (Names{"on", "up"}));
}

TEST_F(PlacementTest, EachResourceIsABound) {
  Demand memory = demand("memory", 1);
  memory.requests.memory_bytes = (std::int64_t{8} << 30) + 1;
  Demand pods = demand("pods", 1);
  pods.requests.pods = 11;
  const auto placement =
      place(bench.world, bench.policy, {memory, pods, demand("cpu", 4001)}, bench.now);
  EXPECT_TRUE(placement.needed_for.empty());
  EXPECT_EQ(placement.unplaced.size(), 3U);
}

TEST_F(PlacementTest, BoundPodsTakeRoomAndFinishedOnesDoNot) {
  KubePod running = bound_pod("running", "on");
  running.requests.cpu_millicores = 3500;
  bench.see(PodSeen{running});
  EXPECT_EQ(needed(bench, {demand("1", 1000)}), (Names{"up"}));
  running.phase = PodPhase::succeeded;
  bench.see(PodSeen{running});
  EXPECT_EQ(needed(bench, {demand("1", 1000)}), (Names{"on"}));
}

TEST_F(PlacementTest, SelectorsChooseTheNode) {
  Demand picky = demand("picky", 100);
  picky.node_selector = {{"kubernetes.io/hostname", "c"}};
  EXPECT_EQ(needed(bench, {picky}), (Names{"c"}));
  picky.node_selector = {{"gpu", "yes"}};
  EXPECT_EQ(place(bench.world, bench.policy, {picky}, bench.now).unplaced,
            (std::vector<std::string>{"picky"}));
}

TEST_F(PlacementTest, TaintsKeepOutWhatDoesNotTolerateThem) {
  KubeNode tainted = worker("on");
  tainted.taints.push_back({"dedicated", "db", "NoSchedule"});
  bench.see_node(tainted);
  Demand plain = demand("plain", 100);
  EXPECT_EQ(needed(bench, {plain}), (Names{"up"}));
  Demand tolerant = plain;
  tolerant.tolerations.push_back({"dedicated", false, "db", "NoSchedule"});
  EXPECT_EQ(needed(bench, {tolerant}), (Names{"on"}));
  tainted.taints.back().effect = "PreferNoSchedule";
  bench.see_node(tainted);
  EXPECT_EQ(needed(bench, {plain}), (Names{"on"}));
}

TEST_F(PlacementTest, ACordonedOrHeldNodeIsNoRoom) {
  KubeNode cordoned = worker("on");
  cordoned.unschedulable = true;
  bench.see_node(cordoned);
  bench.see(PersonAsked{"b", PersonVerb::hold, "anna", "new disk", std::nullopt});
  EXPECT_EQ(needed(bench, {demand("1", 3000), demand("2", 3000)}), (Names{"up", "c"}));
}

TEST_F(PlacementTest, OneDecisionWakesAllThatAreNeeded) {
  for (const auto* name : {"p1", "p2", "p3", "p4", "p5"}) {
    bench.see(PodSeen{pending_pod(name, 3000)});
  }
  for (const NodeName name : {"a", "b", "c"}) {
    EXPECT_TRUE(bench.planned(name, Verb::wake)) << name;
    EXPECT_EQ(bench.want(name).reason.code, "NeededFor");
  }
}

TEST_F(PlacementTest, OnlyUnschedulablePodsAreDemand) {
  KubePod young = pending_pod("young");
  young.unschedulable = false;  // the scheduler has not looked yet
  KubePod leaving = pending_pod("leaving");
  leaving.deleting = true;
  bench.see(PodSeen{young});
  bench.see(PodSeen{leaving});
  EXPECT_TRUE(demand_of(bench.world, bench.policy, {}).empty());
  young.unschedulable = true;
  bench.see(PodSeen{young});
  EXPECT_EQ(demand_of(bench.world, bench.policy, {}).size(), 1U);
}

TEST_F(PlacementTest, ReplicasThatAScalerIsAboutToMakeAreDemandOnce) {
  Scaler scaler;
  scaler.name = "jobs";
  KubeWorkload workload;
  workload.ns = "default";
  workload.selector.match_labels = {{"app", "jobs"}};
  workload.requests = {500, 0, 1};
  KubePod running = bound_pod("j1", "on");
  running.labels = {{"app", "jobs"}};
  KubePod pending = pending_pod("j2");
  pending.labels = {{"app", "jobs"}};
  bench.see(PodSeen{running});
  bench.see(PodSeen{pending});
  const ScalerWant want{&scaler, &workload, true, 3, {}, std::nullopt};
  EXPECT_EQ(demand_of(bench.world, bench.policy, {want}).size(), 2U);
}

TEST_F(PlacementTest, OfAWorkloadWithoutATemplateItsPodsTell) {
  Scaler scaler;
  scaler.name = "things";
  KubeWorkload workload;
  workload.ns = "default";
  workload.selector.match_labels = {{"app", "thing"}};
  const ScalerWant want{&scaler, &workload, true, 3, {}, std::nullopt};
  EXPECT_TRUE(demand_of(bench.world, bench.policy, {want}).empty())
      << "nothing tells what they ask for";
  KubePod pending = pending_pod("t1", 700);
  pending.labels = {{"app", "thing"}};
  bench.see(PodSeen{pending});
  const auto demand = demand_of(bench.world, bench.policy, {want});
  ASSERT_EQ(demand.size(), 3U);
  EXPECT_EQ(demand.front().requests.cpu_millicores, 700);
}

TEST_F(PlacementTest, AJobCanNotHaveMorePodsThanItHasWork) {
  Scaler scaler;
  KubeWorkload job;
  job.ns = "default";
  job.selector.match_labels = {{"job", "j"}};
  job.requests = {500, 0, 1};
  job.pods_max = 2;
  const ScalerWant want{&scaler, &job, true, 8, {}, std::nullopt};
  EXPECT_EQ(demand_of(bench.world, bench.policy, {want}).size(), 2U);
  job.over = "suspended";
  EXPECT_TRUE(demand_of(bench.world, bench.policy, {want}).empty());
}

TEST_F(PlacementTest, APendingPodIsToldWhichNodeIsWokenForIt) {
  const KubePod pod = pending_pod("p", 4000);
  bench.see(PodSeen{pod});
  bench.see(PodSeen{pending_pod("q", 4000)});
  bench.see(PodSeen{pending_pod("r", 4000)});
  const Step wake = bench.start("b", Verb::wake);
  ASSERT_EQ(wake.pods.size(), 1U);
  EXPECT_EQ(wake.pods.front().ns, "default");
  bench.pass(bench.policy.wake_repeat);
  bench.end(wake);
  EXPECT_TRUE(bench.start("b", Verb::wake).pods.empty()) << "once, not with each packet";
}

}  // namespace
}  // namespace ecokube::core::test
