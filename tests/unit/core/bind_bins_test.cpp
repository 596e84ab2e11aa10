// Our own scheduler: which nodes are open to a pod, and what is said of one that fits nowhere.
#include "bind_bench.h"

namespace ecokube::core::test {
namespace {

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
  soft.taints.push_back({std::string(names::kCandidate), "", "PreferNoSchedule"});
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

}  // namespace
}  // namespace ecokube::core::test
