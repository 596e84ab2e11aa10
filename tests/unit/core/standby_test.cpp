// S5, S8: a coordinator without the Lease follows what the leader does, writes nothing, and goes on
// from there when the Lease is its own.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"

namespace ecokube::core::test {
namespace {

/// Both see the same cluster and agents; "a" leads with fence 1 and never says so.
class StandbyTest : public testing::Test {
 protected:
  StandbyTest() {
    bench.see(LeaseSeen{"a"});
    ClusterListed listed{bench.revision, {worker("w1"), worker("w2")}, {}, {}};
    bench.see(std::move(listed));
    for (const char* name : {"w1", "w2"}) hello(name);
    bench.pass(*bench.policy.pools.front().unneeded_time);
  }

  void hello(const NodeName& name, int boot = 1) {
    Inventory inventory = inventory_of(name);
    inventory.boot_id = boot_of(name, boot);
    bench.see(AgentConnected{name, ++bench.sessions, inventory, 1});
    bench.heartbeat(name);
  }
  void take_over() {
    bench.see(LeaseSeen{"b"});
    bench.see(LeaseHeld{2, bench.now + seconds(15)});
  }
  void leader_puts_down(const NodeName& name) {
    bench.see_marked(name, true, Readiness::ready);
    bench.pass(bench.policy.settle);
    bench.goodbye(name, LeaveOrigin::coordinator, "of a");
    bench.hang_up(name);
    bench.see_marked(name, true, Readiness::unknown);
    bench.pass(bench.policy.silence_to_off);
  }
  void expect_no_step(const NodeName& of = "w1") const {
    for (const auto& step : bench.plan().steps) {
      if (step.id.subject == of) ADD_FAILURE() << step.id.text();
    }
  }

  Bench bench;
};

TEST_F(StandbyTest, FollowsTheLeaderThroughAWholeCycleAndDoesNothing) {
  expect_no_step();
  expect_no_step("w2");
  bench.see_marked("w1", true, Readiness::ready);
  EXPECT_EQ(bench.state("w1"), Lifecycle::draining);
  bench.pass(minutes(5));
  expect_no_step();
  bench.see_marked("w1", false, Readiness::ready);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready) << "work came: the leader took its mark off";
  leader_puts_down("w1");
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_down);
  bench.see(PodSeen{pending_pod("p", 4000)});
  bench.see(PodSeen{pending_pod("q", 4000)});
  expect_no_step();  // the leader wakes it
  hello("w1", 2);
  bench.see_marked("w1", true, Readiness::ready, 2);
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_up);
  expect_no_step();
  bench.see_marked("w1", false, Readiness::ready, 2);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
}

TEST_F(StandbyTest, WakesWhenNobodyLeadsOrAPersonAsks) {
  leader_puts_down("w1");
  bench.see(PersonAsked{"w1", PersonVerb::wake, "anna", "", std::nullopt});
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
  bench.see(PersonAsked{"w1", PersonVerb::release, "anna", "", std::nullopt});
  for (const char* pod : {"p", "q"}) bench.see(PodSeen{pending_pod(pod, 4000)});
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
  bench.see(LeaseSeen{""});
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
}

TEST_F(StandbyTest, FinishesAWayDownOnceTheAgentKnowsWhoLeads) {
  bench.see_marked("w1", true, Readiness::ready);
  bench.pass(seconds(30));
  take_over();
  expect_no_step();
  bench.heartbeat("w1");
  bench.run("w1", Verb::list_pods);
  const Step shutdown = bench.run("w1", Verb::shutdown);
  EXPECT_EQ(shutdown.fence, 2);
}

TEST_F(StandbyTest, GoesBackOnlyOnceTheAgentKnowsWhoLeads) {
  bench.see_marked("w1", true, Readiness::ready);
  bench.see(PodSeen{bound_pod("p", "w1")});
  bench.pass(minutes(1));
  take_over();
  expect_no_step();
  bench.heartbeat("w1");
  bench.run("w1", Verb::unmark);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
}

TEST_F(StandbyTest, RecordsAndWakesWhatTheOldLeaderLeft) {
  leader_puts_down("w1");
  take_over();
  EXPECT_TRUE(bench.planned("w1", Verb::record_off));
  for (const char* pod : {"p", "q"}) bench.see(PodSeen{pending_pod(pod, 4000)});
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
}

TEST_F(StandbyTest, WhatTheLeaderRecordedAsOffIsOff) {
  leader_puts_down("w1");
  KubeNode kube = *bench.node("w1").kube;
  kube.annotations[std::string(names::kPower)] = "off (inferred)";
  const Inventory inventory = inventory_of("w1");
  kube.annotations[std::string(names::kWakeRecipe)] =
      format_wake_recipe({inventory.wake_address, {inventory.nics.front().mac}});
  bench.see_node(kube);
  EXPECT_EQ(bench.state("w1"), Lifecycle::powered_down);

  bench.see_marked("w2", true, Readiness::ready);
  bench.hang_up("w2");  // our link to it broke before its goodbye
  kube = *bench.node("w2").kube;
  kube.ready = Readiness::unknown;
  kube.annotations[std::string(names::kPower)] = "off (inferred)";
  bench.see_node(kube);
  EXPECT_EQ(bench.state("w2"), Lifecycle::powered_down);

  Bench fresh;  // with no database
  fresh.see(ClusterListed{bench.revision, {*bench.node("w1").kube, worker("w2")}, {}, {}});
  fresh.see(LeaseHeld{2, fresh.now + seconds(15)});
  fresh.pass(minutes(5));
  EXPECT_EQ(fresh.state("w1"), Lifecycle::powered_down);
  EXPECT_FALSE(fresh.planned("w1", Verb::wake)) << "it sleeps on";
  for (const char* pod : {"p", "q"}) fresh.see(PodSeen{pending_pod(pod, 4000)});
  EXPECT_TRUE(fresh.planned("w1", Verb::wake)) << "by the recipe on the Node";
}

TEST_F(StandbyTest, TheQuarantineOfTheLeaderHolds) {
  leader_puts_down("w1");
  KubeNode kube = *bench.node("w1").kube;
  const QuarantineNode quarantine{bench.now + minutes(20), 1};
  kube.annotations[std::string(names::kQuarantine)] = format_quarantine(quarantine);
  bench.see_node(kube);
  take_over();
  for (const char* pod : {"p", "q"}) bench.see(PodSeen{pending_pod(pod, 4000)});
  EXPECT_EQ(bench.state("w1"), Lifecycle::quarantined);
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
}

TEST_F(StandbyTest, ALeaderThatLosesTheLeaseLeavesItsWayDownToTheNext) {
  take_over();
  bench.heartbeat("w1");
  bench.take_down("w1");
  ASSERT_EQ(bench.state("w1"), Lifecycle::powering_down);
  bench.see(LeaseLost{"cut off"});
  bench.see(LeaseHeld{4, bench.now + seconds(15)});
  expect_no_step();
  bench.heartbeat("w1");
  EXPECT_TRUE(bench.planned("w1", Verb::list_pods)) << "it begins with a new list";
  bench.see(LeaseLost{"cut off"});
  bench.see(LeaseSeen{"c"});
  bench.pass(minutes(10));
  expect_no_step();
  bench.see_marked("w1", false, Readiness::ready);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready) << "the next one took it back";
}

// The agent gives up what it had begun for the old fence: that is no refusal of the node's.
TEST_F(StandbyTest, AnOrderThatIsGivenUpForTheNextFenceIsNoRefusal) {
  take_over();
  bench.heartbeat("w1");
  const Step shutdown = bench.take_down("w1");
  bench.see(LeaseLost{"the Lease object was deleted"});
  bench.see(LeaseHeld{4, bench.now + seconds(15)});
  bench.end(shutdown, Outcome::refused);
  bench.heartbeat("w1");
  EXPECT_FALSE(bench.planned("w1", Verb::unmark));
  EXPECT_TRUE(bench.planned("w1", Verb::list_pods));
}

TEST_F(StandbyTest, OneWhomTheAgentsKnowToBeDeposedPutsNothingDown) {
  take_over();
  bench.pass(*bench.policy.pools.front().unneeded_time);
  const auto mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  AgentHeartbeat beat;
  beat.node = "w2";
  beat.session = bench.node("w2").agent.session;
  beat.sequence = 1000;
  beat.boot_id = boot_of("w2");
  beat.fence_highest_seen = 3;
  bench.see(beat);
  EXPECT_TRUE(bench.broken(*mark).contains("S5 OldFence"));
}

}  // namespace
}  // namespace ecokube::core::test
