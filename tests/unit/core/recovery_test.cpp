// What a new process knows of the old one: by its store, or by the marks on the Node objects.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"

namespace ecokube::core::test {
namespace {

class RecoveryTest : public testing::Test {
 protected:
  RecoveryTest() {
    before.fleet({"w1", "w2"});
    before.pass(*before.policy.pools.front().unneeded_time);
  }

  /// The cluster as the old process saw it last, and what its store remembered of w1.
  void restart() {
    after.revision = before.revision;
    after.now = before.now + seconds(5);
    const Node& w1 = before.node("w1");
    const RememberedNode remembered{"w1",     w1.inventory,     w1.boot_times, w1.wake_proven_at,
                                    w1.downs, w1.agent.goodbye, w1.transition};
    RememberedNode w2;
    w2.name = "w2";
    w2.transition = 2;
    after.see(Recovered{{remembered, w2}, {{"w2", Verb::mark, 9, 1}}});
    after.see(ClusterListed{before.revision, {*w1.kube, *before.node("w2").kube}, {}, {}});
    after.see(LeaseHeld{2, after.now + seconds(15)});
  }

  Bench before, after;
};

TEST_F(RecoveryTest, ARememberedSleeperIsLeftAsleep) {
  before.put_to_sleep("w1");
  restart();
  for (int tick = 0; tick < 30; ++tick) {
    after.pass(seconds(5));
    EXPECT_FALSE(after.planned("w1", Verb::wake));
    if (after.planned("w1", Verb::record_off)) after.run("w1", Verb::record_off);
  }
  EXPECT_EQ(after.state("w1"), Lifecycle::powered_down);
}

TEST_F(RecoveryTest, ARememberedSleeperIsWokenAtOnceWhenItIsNeeded) {
  before.put_to_sleep("w1");
  restart();
  after.see(PodSeen{pending_pod("p")});
  EXPECT_TRUE(after.planned("w1", Verb::wake));
}

TEST_F(RecoveryTest, ANodeThatDidNotComeStaysInQuarantine) {
  before.put_to_sleep("w1");
  for (const char* pod : {"p", "q"}) before.see(PodSeen{pending_pod(pod, 4000)});
  before.run("w1", Verb::wake);
  before.pass(before.policy.wake_deadline);
  const Step given_up = before.run("w1", Verb::quarantine);
  KubeNode marked = *before.node("w1").kube;
  marked.annotations[std::string(names::kQuarantine)] =
      format_quarantine(std::get<QuarantineNode>(given_up.action));
  before.see_node(marked);
  restart();
  EXPECT_EQ(after.state("w1"), Lifecycle::quarantined) << "its goodbye is in the store";
  after.hello("w2");
  for (const char* pod : {"p", "q"}) after.see(PodSeen{pending_pod(pod, 4000)});
  EXPECT_FALSE(after.planned("w1", Verb::wake));
  after.pass(after.policy.silence_to_off);
  EXPECT_FALSE(after.planned("w1", Verb::record_off));

  after.see(PersonAsked{"w1", PersonVerb::wake, "anna", "mended", std::nullopt});
  EXPECT_TRUE(after.planned("w1", Verb::wake));
  after.see_node(*after.node("w1").kube);
  EXPECT_TRUE(after.planned("w1", Verb::wake)) << "the annotation is not read again";
  after.run("w1", Verb::wake);
  after.pass(after.policy.wake_deadline);
  EXPECT_EQ(std::get<QuarantineNode>(after.planned("w1", Verb::quarantine)->action).failures, 2);
}

TEST_F(RecoveryTest, NoStepIdIsUsedTwice) {
  const Step old = before.run("w1", Verb::mark);
  before.see_marked("w1", true, Readiness::ready);
  restart();
  EXPECT_GT(after.node("w1").transition, old.id.transition);
  EXPECT_GT(after.node("w2").transition, 9) << "begun, and its end is not known";
}

TEST_F(RecoveryTest, ATaintOfOursOnAReadyNodeIsRemoved) {
  KubeNode kube = *before.node("w1").kube;
  kube.taints.push_back({std::string(names::kTaint), "", "NoSchedule"});
  before.see_node(kube);
  EXPECT_EQ(before.state("w1"), Lifecycle::ready);
  EXPECT_EQ(before.run("w1", Verb::unmark).reason.code, "LeftOver");
}

TEST_F(RecoveryTest, WorkThatOnlyTheListKnowsSendsTheNodeBack) {
  before.run("w1", Verb::mark);
  before.see_marked("w1", true, Readiness::ready);
  before.pass(before.policy.settle);
  before.end(before.start("w1", Verb::list_pods), Outcome::done, {bound_pod("p", "w1")});
  EXPECT_FALSE(before.planned("w1", Verb::shutdown));
  EXPECT_TRUE(before.planned("w1", Verb::unmark));
}

TEST_F(RecoveryTest, WhatMayBeDyingByAnOldOrderIsNotUnmarked) {
  before.run("w1", Verb::mark);
  before.see_marked("w1", true, Readiness::ready);
  restart();
  after.see(AgentConnected{"w1", 1, inventory_of("w1"), 1});
  after.see(PodSeen{pending_pod("p")});
  EXPECT_EQ(after.state("w1"), Lifecycle::draining);
  EXPECT_EQ(after.want("w1").reason.code, "NeededFor");
  EXPECT_FALSE(after.planned("w1", Verb::unmark)) << "it may obey the old leader";
  const Step early{{"w1", Verb::unmark, after.node("w1").transition, 1}, UnmarkNode{}, {}, 2};
  EXPECT_TRUE(after.broken(early).contains("S1 OldOrder"));
  after.heartbeat("w1");  // it has seen our fence
  EXPECT_TRUE(after.planned("w1", Verb::unmark));
}

TEST_F(RecoveryTest, TheListWaitsUntilTheMarkHasSettled) {
  before.run("w1", Verb::mark);
  before.see_marked("w1", true, Readiness::ready);
  before.pass(before.policy.settle - Duration(1));
  EXPECT_FALSE(before.planned("w1", Verb::list_pods));
  before.pass(Duration(1));
  EXPECT_TRUE(before.planned("w1", Verb::list_pods));
}

TEST(Recovery, ABootThatTheLastProcessSawIsNoOldOne) {
  Bench before;
  before.fleet({"w1"});
  before.put_to_sleep("w1");
  auto kube = *before.node("w1").kube;
  kube.annotations[std::string(names::kPower)] = "off (inferred)";
  Bench successor;
  successor.see(ClusterListed{kube.revision, {kube}, {}, {}});
  successor.revision = kube.revision;
  auto inventory = inventory_of("w1");
  inventory.boot_id = boot_of("w1", 2);  // it had said hello, and then the process was killed
  successor.see(Recovered{{{"w1", inventory, {}, {}, {}, {}, 9}}, {}});
  successor.see(NodeSeen{kube});
  successor.see(LeaseHeld{2, successor.now + seconds(15)});
  ASSERT_EQ(successor.state("w1"), Lifecycle::powered_down);
  successor.see(PodSeen{pending_pod("p1")});
  successor.run("w1", Verb::wake);
  successor.hello("w1", 2);
  successor.see_marked("w1", true, Readiness::ready, 2);
  const Step unmark = successor.run("w1", Verb::unmark);
  EXPECT_EQ(std::get<UnmarkNode>(unmark.action).wake_proof, "") << "this wake was not seen";
  EXPECT_EQ(successor.state("w1"), Lifecycle::ready);
}

}  // namespace
}  // namespace ecokube::core::test
