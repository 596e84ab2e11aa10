// Our own scheduler: what is bound, in which order, and what is known of it meanwhile.
#include "bind_bench.h"
#include "coordinator/core/placement.h"

namespace ecokube::core::test {
namespace {

TEST_F(BindingTest, PacksOntoTheFullestThatHasRoom) {
  see_bound("a", "w2", 1000);
  see_bound("b", "w3", 3500);
  for (const auto* name : {"p1", "p2", "p3", "p4"}) bench.see(PodSeen{our_pod(name)});
  EXPECT_EQ(goes_to("p1"), "w2");
  EXPECT_EQ(goes_to("p2"), "w2");
  EXPECT_EQ(goes_to("p3"), "w2");
  EXPECT_EQ(goes_to("p4"), "w1") << "w2 is full by then and w3 has too little room";
}

TEST_F(BindingTest, OnlyPodsThatAskForUs) {
  KubePod theirs = our_pod("theirs");
  theirs.scheduler.clear();
  KubePod gated = our_pod("gated");
  gated.gated = true;
  KubePod leaving = our_pod("leaving");
  leaving.deleting = true;
  for (const auto& pod : {theirs, gated, leaving}) bench.see(PodSeen{pod});
  EXPECT_EQ(planned(Verb::bind), 0U);
  EXPECT_EQ(planned(Verb::report_unschedulable), 0U);
  bench.see(PodSeen{our_pod("ours")});
  EXPECT_EQ(planned(Verb::bind), 1U);
  bench.policy.scheduler_name = "another";
  EXPECT_EQ(planned(Verb::bind), 0U);
  bench.policy.scheduler_name.clear();
  EXPECT_EQ(planned(Verb::bind), 0U);
}

TEST_F(BindingTest, HigherPriorityFirstThenTheOldest) {
  see_bound("a", "w2", 4000);
  see_bound("b", "w3", 4000);
  KubePod young = our_pod("young", 2000);
  young.created = from_ms(3000);
  KubePod old = our_pod("old", 2000);
  old.created = from_ms(2000);
  KubePod high = our_pod("xhigh", 2000);
  high.created = from_ms(4000);
  high.priority = 7;
  for (const auto& pod : {young, old, high}) bench.see(PodSeen{pod});
  EXPECT_EQ(goes_to("xhigh"), "w1");
  EXPECT_EQ(goes_to("old"), "w1");
  EXPECT_EQ(goes_to("young"), "");
}

TEST_F(BindingTest, CountsAtOnceAndUntilTheViewSaysSo) {
  bench.see(PodSeen{our_pod("p", 3000)});
  const Step bind = start("p");
  EXPECT_EQ(bench.node("w1").work_pods, 1);
  bench.see(PodSeen{our_pod("q", 3000)});
  EXPECT_EQ(goes_to("q"), "w2");
  bench.see(PodSeen{our_pod("p", 3000)});  // an older view of it changes nothing
  EXPECT_EQ(bench.node("w1").work_pods, 1);
  bench.end(bind);
  EXPECT_EQ(goes_to("q"), "w2");
  EXPECT_EQ(goes_to("p"), "");
  KubePod bound = our_pod("p", 3000);
  bound.node = "w1";
  bench.see(PodSeen{bound});
  EXPECT_TRUE(bench.world.placings.empty());
  EXPECT_EQ(bench.node("w1").work_pods, 1);
}

TEST_F(BindingTest, WhatTheServerRefusesIsLookedAtAgain) {
  bench.see(PodSeen{our_pod("p")});
  bench.end(start("p"), Outcome::refused);
  EXPECT_EQ(bench.node("w1").work_pods, 0);
  EXPECT_EQ(goes_to("p"), "") << "not in a hot loop";
  bench.pass(Duration(200));
  EXPECT_EQ(goes_to("p"), "w1");
  KubePod theirs = our_pod("p");
  theirs.node = "w3";  // somebody else was first
  bench.see(PodSeen{theirs});
  EXPECT_EQ(goes_to("p"), "");
  EXPECT_EQ(bench.node("w3").work_pods, 1);
}

TEST_F(BindingTest, ALostAnswerIsAskedForAgainOnTheSameNodeOnly) {
  bench.see(PodSeen{our_pod("p")});
  bench.end(start("p"), Outcome::failed);
  see_bound("a", "w2", 3000);  // would be fuller
  bench.pass(Duration(200));
  EXPECT_EQ(goes_to("p"), "w1");
  const Step again = start("p");
  EXPECT_EQ(again.id.attempt, 2);
  bench.end(again, Outcome::refused);  // it had been bound by the first
  bench.pass(seconds(29));
  EXPECT_EQ(goes_to("p"), "") << "the watch will tell";
  EXPECT_EQ(bench.node("w1").work_pods, 1);
  bench.pass(seconds(1));
  EXPECT_EQ(goes_to("p"), "w2") << "it does not, so it was another's no";
}

TEST_F(BindingTest, AnAssumptionThatNeverComesTrueEnds) {
  bench.see(PodSeen{our_pod("p")});
  bench.end(start("p"));
  bench.pass(seconds(29));
  EXPECT_EQ(goes_to("p"), "");
  EXPECT_EQ(bench.node("w1").work_pods, 1);
  bench.pass(seconds(1));
  EXPECT_EQ(bench.node("w1").work_pods, 0);
  EXPECT_EQ(goes_to("p"), "w1");
}

TEST_F(BindingTest, ARestoredClusterForgetsBinds) {
  bench.see(PodSeen{our_pod("p")});
  bench.end(start("p"));
  std::vector<KubeNode> nodes{worker("w1"), worker("w2"), worker("w3")};
  bench.see(ClusterListed{bench.revision - 50, nodes, {our_pod("p")}, {}});
  EXPECT_EQ(bench.node("w1").work_pods, 0);
  EXPECT_EQ(goes_to("p"), "") << "the view fell a moment ago (S2)";
  bench.see(PodDeleted{"uid-p", bench.revision});
  EXPECT_TRUE(bench.world.placings.empty());
}

TEST_F(BindingTest, ANodeIsNotMarkedWhileABindIsOpen) {
  bench.pass(minutes(1));
  const auto mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  bench.see(PodSeen{our_pod("p")});
  EXPECT_EQ(goes_to("p"), "w1");
  EXPECT_FALSE(bench.planned("w1", Verb::mark)) << "not in the same turn either";
  const Step bind = start("p");
  EXPECT_TRUE(bench.broken(*mark).contains("S1 Binding"));
  bench.end(bind, Outcome::failed);
  EXPECT_TRUE(bench.broken(*mark).contains("S1 Binding")) << "it may have come through";
}

TEST_F(BindingTest, NeverOntoANodeThatIsOnItsWayDown) {
  bench.policy.cover_node_loss = false;
  see_bound("a", "w2", 4000);
  see_bound("b", "w3", 4000);
  bench.pass(minutes(1));
  bench.start("w1", Verb::mark);
  bench.see(PodSeen{our_pod("p")});
  EXPECT_EQ(goes_to("p"), "");
  EXPECT_EQ(
      told("p"),
      "0/3 nodes are available: 1 node(s) were asleep or being switched, 2 Insufficient cpu.");
  EXPECT_EQ(bench.want("w1").reason.code, "NeededFor") << "so it goes back";
}

TEST_F(BindingTest, NotWithoutTheLeaseOrByAnOldView) {
  bench.see(PodSeen{our_pod("p")});
  EXPECT_EQ(goes_to("p"), "w1");
  bench.silence(seconds(14));
  EXPECT_EQ(goes_to("p"), "w1");
  bench.silence(seconds(2));
  EXPECT_EQ(goes_to("p"), "") << "the Lease is over";
  bench.see(LeaseHeld{1, bench.now + minutes(5)});
  bench.heartbeat("w1");
  EXPECT_EQ(goes_to("p"), "w1");
  bench.silence(seconds(15));
  EXPECT_EQ(goes_to("p"), "") << "the view is too old";
  EXPECT_EQ(told("p"), "");
}

TEST_F(BindingTest, OneTurnSendsABoundedNumber) {
  KubeNode large = worker("w1");
  large.allocatable = {1'000'000, std::int64_t{1} << 40, 1000};
  bench.see_node(large);
  for (int i = 0; i < 100; ++i) bench.see(PodSeen{our_pod("p" + std::to_string(i), 1)});
  EXPECT_EQ(planned(Verb::bind), 64U);
  for (const auto& step : bench.plan().steps) {
    if (step.id.verb == Verb::bind) bench.see(StepStarted{step});
  }
  EXPECT_EQ(planned(Verb::bind), 0U);
}

TEST_F(BindingTest, PodsOfAScalersTargetAreDemandOnce) {
  Scaler scaler;
  scaler.name = "jobs";
  KubeWorkload workload;
  workload.ns = "default";
  workload.selector.match_labels = {{"app", "jobs"}};
  workload.requests = Resources{4000, 0, 1};
  KubePod pod = our_pod("j", 4000);
  pod.labels = {{"app", "jobs"}};
  bench.see(PodSeen{pod});
  const ScalerWant want{&scaler, &workload, true, 1, {}, std::nullopt};
  const auto binds = plan_binds(bench.world, bench.policy, bench.now);
  ASSERT_EQ(binds.placed.size(), 1U);
  EXPECT_TRUE(demand_of(bench.world, bench.policy, {want}, binds.placed).empty());
  EXPECT_EQ(demand_of(bench.world, bench.policy, {want}).size(), 1U);
}

}  // namespace
}  // namespace ecokube::core::test
