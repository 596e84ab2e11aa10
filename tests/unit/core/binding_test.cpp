// Our own scheduler: what is bound where, in which order, and what is said of the rest.
#include "coordinator/core/binding.h"

#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/placement.h"

namespace ecokube::core::test {
namespace {

std::string subject(const std::string& pod) { return subject_of({"uid-" + pod, "default", pod}); }

class BindingTest : public testing::Test {
 protected:
  BindingTest() { bench.fleet({"w1", "w2", "w3"}); }

  void see_bound(const std::string& name, const NodeName& node, std::int64_t millicores) {
    KubePod pod = bound_pod(name, node);
    pod.requests.cpu_millicores = millicores;
    bench.see(PodSeen{pod});
  }
  /// Where the plan binds it; empty: nowhere.
  NodeName goes_to(const std::string& pod) const {
    const auto step = bench.planned(subject(pod), Verb::bind);
    return step ? std::get<BindPod>(step->action).node : NodeName();
  }
  std::string told(const std::string& pod) const {
    const auto step = bench.planned(subject(pod), Verb::report_unschedulable);
    return step ? std::get<ReportUnschedulable>(step->action).message : std::string();
  }
  Step start(const std::string& pod) { return bench.start(subject(pod), Verb::bind); }
  std::size_t planned(Verb verb) const {
    std::size_t count = 0;
    for (const auto& step : bench.plan().steps) count += step.id.verb == verb ? 1 : 0;
    return count;
  }

  Bench bench;
};

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

TEST_F(BindingTest, ANodeWithoutAnAgentIsKubernetesToJudge) {
  for (const NodeName name : {"w1", "w2", "w3"}) bench.see(NodeDeleted{name, ++bench.revision});
  KubeNode foreign = worker("other");
  foreign.labels.erase("role");
  bench.see_node(foreign);
  bench.see(PodSeen{our_pod("p")});
  EXPECT_EQ(goes_to("p"), "other");
  foreign.ready = Readiness::unknown;
  bench.see_node(foreign);
  EXPECT_EQ(goes_to("p"), "");
}

TEST_F(BindingTest, TaintsSelectorsAndAffinityChooseTheNode) {
  KubeNode tainted = worker("w1");
  tainted.taints.push_back({"dedicated", "db", "NoSchedule"});
  bench.see_node(tainted);
  KubePod plain = our_pod("plain");
  KubePod tolerant = our_pod("tolerant");
  tolerant.tolerations.push_back({"dedicated", false, "db", ""});
  tolerant.node_selector = {{"kubernetes.io/hostname", "w1"}};
  KubePod named = our_pod("named");
  named.node_affinity = {{{}, {{"metadata.name", "In", {"w3"}}}}};
  KubePod labelled = our_pod("labelled");
  labelled.node_affinity = {{{{"role", "NotIn", {"worker"}}}, {}},
                            {{{"kubernetes.io/hostname", "In", {"w2", "w9"}}}, {}}};
  KubePod nowhere = our_pod("nowhere");
  nowhere.node_affinity = {{{}, {}}};
  for (const auto& pod : {plain, tolerant, named, labelled, nowhere}) bench.see(PodSeen{pod});
  EXPECT_NE(goes_to("plain"), "w1");
  EXPECT_EQ(goes_to("tolerant"), "w1");
  EXPECT_EQ(goes_to("named"), "w3");
  EXPECT_EQ(goes_to("labelled"), "w2");
  EXPECT_EQ(goes_to("nowhere"), "") << "an empty term holds nowhere";
  EXPECT_EQ(told("nowhere"),
            "0/3 nodes are available: 1 node(s) had untolerated taint {dedicated: db}, "
            "2 node(s) didn't match Pod's node affinity/selector.");
}

TEST_F(BindingTest, ASoftTaintIsAWishNotAWall) {
  see_bound("a", "w1", 1000);
  KubeNode soft = worker("w1");
  soft.taints.push_back({"slow", "", "PreferNoSchedule"});
  bench.see_node(soft);
  bench.see(PodSeen{our_pod("p")});
  EXPECT_EQ(goes_to("p"), "w2") << "though w1 is fuller";
  see_bound("b", "w2", 4000);
  see_bound("c", "w3", 4000);
  EXPECT_EQ(goes_to("p"), "w1");
}

TEST_F(BindingTest, WhatFitsNowhereWakesANodeAndGoesThereOnceItIsReady) {
  for (const NodeName name : {"w1", "w2", "w3"}) bench.put_to_sleep(name);
  bench.see(PodSeen{our_pod("p")});
  EXPECT_EQ(told("p"), "0/3 nodes are available: 3 node(s) were asleep or being switched.");
  bench.run(subject("p"), Verb::report_unschedulable);
  bench.run("w1", Verb::wake);
  bench.hello("w1", 2);
  bench.see_marked("w1", true, Readiness::ready, 2);
  EXPECT_EQ(goes_to("p"), "") << "our mark is on it still";
  bench.run("w1", Verb::unmark);
  EXPECT_EQ(goes_to("p"), "") << "its cordon is in our view still";
  bench.see_marked("w1", false, Readiness::ready, 2);
  EXPECT_EQ(goes_to("p"), "w1");
  EXPECT_FALSE(bench.planned("w2", Verb::wake));
}

TEST_F(BindingTest, WhatWeCannotJudgeIsToldSoAndWakesNothing) {
  bench.put_to_sleep("w1");
  see_bound("a", "w2", 4000);
  see_bound("b", "w3", 4000);
  KubePod odd = our_pod("odd");
  odd.not_placeable = "the pod has a volume of kind x";
  bench.see(PodSeen{odd});
  EXPECT_EQ(goes_to("odd"), "");
  EXPECT_EQ(told("odd"), "0/3 nodes are available: the pod has a volume of kind x.");
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
}

TEST_F(BindingTest, AReportIsWrittenOnceAndAgainWhenItChanges) {
  bench.see(PodSeen{our_pod("big", 5000)});
  const auto first = bench.run(subject("big"), Verb::report_unschedulable);
  EXPECT_TRUE(std::get<ReportUnschedulable>(first.action).newly);
  EXPECT_EQ(told("big"), "");
  KubePod seen = our_pod("big", 5000);
  seen.unschedulable = true;
  seen.refusal = "0/3 nodes are available: 3 Insufficient cpu.";
  bench.see(PodSeen{seen});
  bench.pass(seconds(9));
  KubeNode cordoned = worker("w1");
  cordoned.unschedulable = true;
  bench.see_node(cordoned);
  EXPECT_EQ(told("big"), "") << "at most each ten seconds";
  bench.pass(seconds(1));
  EXPECT_EQ(told("big"),
            "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.");
  const auto second = bench.run(subject("big"), Verb::report_unschedulable);
  EXPECT_FALSE(std::get<ReportUnschedulable>(second.action).newly);
}

TEST_F(BindingTest, ASuccessorDoesNotRepeatTheReport) {
  KubePod told_before = our_pod("big", 5000);
  told_before.unschedulable = true;
  told_before.refusal = "0/3 nodes are available: 3 Insufficient cpu.";
  bench.see(PodSeen{told_before});
  EXPECT_EQ(told("big"), "");
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
  workload.match_labels = {{"app", "jobs"}};
  workload.requests = {4000, 0, 1};
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
