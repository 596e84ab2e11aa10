// What a machine goes down to: its pool's mode where it can, else off; each with its own proof of
// waking, and known to a successor from the Node alone.
#include "coordinator/core/sleep_mode.h"

#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/boot_proof.h"
#include "coordinator/core/life.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/power.h"
#include "coordinator/core/sleep_limit.h"
#include "coordinator/core/wake_chain.h"
#include "coordinator/core/wake_proof.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

Policy suspending() {
  auto policy = worker_policy();
  policy.pools.front().sleep_mode = SleepMode::suspend;
  return policy;
}

class SleepModes : public testing::Test {
 protected:
  SleepModes() {
    bench.fleet({"w1", "w2"});
    for (auto& [name, node] : bench.world.nodes) {
      node.inventory.machine.can_suspend = true;
      node.wake_proven_mode = SleepMode::suspend;
    }
  }
  Node& w1() { return bench.world.nodes.at("w1"); }
  SleepMode ordered() { return std::get<ShutdownNode>(bench.take_down("w1").action).mode; }
  /// Woken from it: back with its memory, or booted.
  Step comes_back(bool with_memory) {
    bench.ask("w1", PersonVerb::wake);
    bench.run("w1", Verb::wake);
    with_memory ? bench.hello_resumed("w1", 1) : bench.hello("w1", 2);
    bench.see_marked("w1", true, Readiness::ready, with_memory ? 1 : 2);
    auto unmark = bench.run("w1", Verb::unmark);
    bench.see_marked("w1", false, Readiness::ready, with_memory ? 1 : 2);
    return unmark;
  }
  Bench bench{suspending()};
};

TEST_F(SleepModes, WhatCanIsSuspended) {
  EXPECT_EQ(sleep_mode_of(bench.policy, w1()), SleepMode::suspend);
  EXPECT_EQ(ordered(), SleepMode::suspend);
  EXPECT_EQ(w1().sleep.mode, SleepMode::suspend);
}

TEST_F(SleepModes, WhatCannotIsSwitchedOff) {
  w1().inventory.machine.can_suspend = false;
  w1().wake_proven_mode = SleepMode::power_off;
  EXPECT_EQ(why_only_off(bench.policy, w1()), "it cannot suspend");
  EXPECT_EQ(ordered(), SleepMode::power_off);
}

TEST_F(SleepModes, NoBmcIsTrustedWithASuspendedMachine) {
  bench.policy.nodes["w1"].bmc = true;
  EXPECT_NE(why_only_off(bench.policy, w1()).find("BMC"), std::string::npos);
  EXPECT_EQ(sleep_mode_of(bench.policy, w1()), SleepMode::power_off);
  bench.policy.pools.front().sleep_mode = SleepMode::hibernate;
  w1().inventory.machine.can_hibernate = true;
  EXPECT_EQ(sleep_mode_of(bench.policy, w1()), SleepMode::hibernate) << "that is off to a BMC";
}

TEST_F(SleepModes, S3AnOrderThatTheMachineCannotCarryOutIsStopped) {
  bench.empty("w1");
  w1().inventory.machine.can_suspend = false;  // a driver was loaded that can't
  const auto shutdown = bench.planned("w1", Verb::shutdown);
  ASSERT_TRUE(shutdown);
  EXPECT_TRUE(bench.broken(*shutdown).contains("S3 CannotSleepSo"));
}

TEST_F(SleepModes, ASuspendedMachineSleepsAndComesBackWithItsBoot) {
  bench.put_to_sleep("w1");
  EXPECT_EQ(w1().sleep.mode, SleepMode::suspend);
  const auto unmark = comes_back(true);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  const auto proof = std::get<UnmarkNode>(unmark.action).wake_proof;
  EXPECT_EQ(parse_wake_proof_mode(proof), SleepMode::suspend) << proof;
  EXPECT_EQ(w1().wake_proven_mode, SleepMode::suspend);
  EXPECT_TRUE(wake_proven(w1(), bench.policy, bench.now));
}

TEST_F(SleepModes, OneThatIsBackInItsOldLifeNeverSleptAndIsReadyAgain) {
  bench.put_to_sleep("w1");
  bench.ask("w1", PersonVerb::wake);
  bench.run("w1", Verb::wake);
  bench.hello("w1", 1);  // a packet came while it fell asleep
  bench.see_marked("w1", true, Readiness::ready);
  const auto unmark = bench.run("w1", Verb::unmark);
  EXPECT_EQ(unmark.reason.code, "NeverSlept");
  EXPECT_EQ(std::get<UnmarkNode>(unmark.action).wake_proof, "") << "that shows nothing";
  bench.see_marked("w1", false, Readiness::ready);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
}

TEST_F(SleepModes, WhereNoGoodbyeWasHeardItsOldLifeMayStillBeOnItsWayDown) {
  const auto shutdown = bench.take_down("w1");
  bench.goodbye("w1", LeaveOrigin::coordinator, shutdown.id.text());
  bench.hang_up("w1");
  bench.see_marked("w1", true, Readiness::unknown);
  auto kube = *w1().kube;
  kube.annotations[std::string(names::kWakeRecipe)] =
      "address=127.0.0.255:9 macs=02:00:00:00:00:01";
  Bench successor(suspending());  // which knows the Node alone
  successor.see(ClusterListed{1, {kube}, {}, {}});
  successor.see(LeaseHeld{2, successor.now + seconds(15)});
  successor.pass(successor.policy.heartbeat_age_max + seconds(1));
  successor.run("w1", Verb::wake);
  successor.see(AgentConnected{"w1", 9, inventory_of("w1"), 0});
  kube.ready = Readiness::ready;
  successor.see_node(kube);
  EXPECT_EQ(successor.state("w1"), Lifecycle::powering_up);
  EXPECT_FALSE(successor.planned("w1", Verb::unmark));
}

TEST_F(SleepModes, ToASuccessorItsOldLifeShowsNoWakeFromOffEither) {
  auto kube = worker("w1");
  kube.ready = Readiness::unknown;
  kube.taints.push_back({std::string(names::kTaint), "", "NoSchedule"});
  kube.annotations = {
      {std::string(names::kIntent), format_intent({1, boot_of("w1")})},
      {std::string(names::kWakeRecipe), "address=127.0.0.255:9 macs=02:00:00:00:00:01"}};
  Bench successor(worker_policy());
  successor.see(ClusterListed{1, {kube}, {}, {}});
  successor.see(LeaseHeld{2, successor.now + seconds(15)});
  successor.pass(successor.policy.heartbeat_age_max + seconds(1));
  successor.run("w1", Verb::wake);
  successor.hello("w1", 1);  // it was on all the time
  kube.ready = Readiness::ready;
  successor.see_node(kube);
  const auto unmark = successor.run("w1", Verb::unmark);
  EXPECT_EQ(std::get<UnmarkNode>(unmark.action).wake_proof, "");
}

TEST_F(SleepModes, OneThatLostItsMemoryHasShownNothing) {
  bench.put_to_sleep("w1");
  const auto unmark = comes_back(false);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_TRUE(is_void_proof(std::get<UnmarkNode>(unmark.action).wake_proof));
  auto kube = *w1().kube;
  kube.annotations[std::string(names::kWakeProof)] = std::get<UnmarkNode>(unmark.action).wake_proof;
  bench.see_node(kube);
  EXPECT_FALSE(w1().wake_proven_at) << "it woke neither from suspend nor from off";
}

TEST_F(SleepModes, TheOrderIsWhatTheMarkSaidWhateverAnOldViewOfTheNodeSays) {
  bench.pass(*bench.policy.pools.front().unneeded_time);
  const auto mark = bench.start("w1", Verb::mark);
  bench.see_node(worker("w1"));  // from before the mark, which is on its way
  bench.end(mark);
  bench.policy.pools.front().sleep_mode = SleepMode::power_off;
  EXPECT_EQ(sleep_mode_of(bench.policy, w1()), SleepMode::suspend);
  bench.policy.pools.front().sleep_mode = SleepMode::suspend;
  bench.pass(bench.policy.settle);
  bench.run("w1", Verb::list_pods);
  const auto shutdown = bench.run("w1", Verb::shutdown);
  EXPECT_EQ(std::get<ShutdownNode>(shutdown.action).mode, SleepMode::suspend);
}

TEST_F(SleepModes, ARebootOnTheWayDownIsNoLossOfMemory) {
  bench.pass(*bench.policy.pools.front().unneeded_time);
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  bench.hello("w1", 2);  // by a person
  bench.see_marked("w1", true, Readiness::ready, 2);
  const auto unmark = bench.run("w1", Verb::unmark);
  EXPECT_EQ(std::get<UnmarkNode>(unmark.action).wake_proof, "");
  bench.see_marked("w1", false, Readiness::ready, 2);
  EXPECT_TRUE(w1().wake_proven_at);
}

TEST_F(SleepModes, AStandbyForgetsAWayDownThatItsLeaderGaveUp) {
  bench.see(LeaseLost{"another leads"});
  bench.see_node([&] {
    auto kube = *w1().kube;
    kube.taints.push_back({std::string(names::kTaint), "", "NoSchedule"});
    kube.annotations[std::string(names::kIntent)] =
        format_intent({1, boot_of("w1"), false, false, SleepMode::suspend});
    return kube;
  }());
  EXPECT_EQ(bench.state("w1"), Lifecycle::draining);
  EXPECT_EQ(w1().sleep.mode, SleepMode::suspend);
  bench.see_node(worker("w1"));
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_EQ(w1().sleep.mode, SleepMode::power_off);
}

TEST_F(SleepModes, S15AnotherModeThanItsWakeWasJudgedByIsStopped) {
  bench.empty("w1");
  auto shutdown = bench.planned("w1", Verb::shutdown);
  ASSERT_TRUE(shutdown);
  std::get<ShutdownNode>(shutdown->action).mode = SleepMode::power_off;
  EXPECT_TRUE(bench.broken(*shutdown).contains("S15 OtherMode"));
}

TEST_F(SleepModes, ABmcThatIsGivenToASleeperSaysNothingOfIt) {
  bench.policy.pools.front().hard_off = true;
  const auto shutdown = bench.take_down("w1");
  bench.goodbye("w1", LeaveOrigin::coordinator, shutdown.id.text());
  bench.hang_up("w1");
  bench.see_marked("w1", true, Readiness::unknown);
  bench.policy.nodes["w1"].bmc = true;
  bench.policy.nodes["w1"].methods = {WakeMethod::ipmi};
  for (int i = 0; i < kEqualReadings; ++i) bench.see(BmcSeen{"w1", true, guid_of("w1")});
  EXPECT_FALSE(bench.planned("w1", Verb::power_off));
  bench.pass(bench.policy.silence_to_off);
  bench.run("w1", Verb::record_off);
  EXPECT_EQ(power_text(power_at(w1(), bench.policy, bench.now)), "off (inferred)");
  EXPECT_EQ(wake_methods(w1(), bench.policy).front(), WakeMethod::wol);
  bench.pass(bench.policy.down_deadline);
  EXPECT_FALSE(bench.planned("w1", Verb::power_off));
}

TEST_F(SleepModes, ALostMarkIsPutBackAsItWas) {
  bench.put_to_sleep("w1");
  bench.policy.pools.front().sleep_mode = SleepMode::power_off;
  auto bare = worker("w1");
  bare.ready = Readiness::unknown;
  bench.see_node(bare);
  const auto record = bench.planned("w1", Verb::record_off);
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<RecordOff>(record->action).mark->mode, SleepMode::suspend);
  EXPECT_EQ(std::get<RecordOff>(record->action).mark->boot_id, boot_of("w1"));
}

TEST_F(SleepModes, S13AVetoAgainstSleepAloneKeepsOnOnlyWhatWouldSleep) {
  bench.pass(minutes(2));
  ASSERT_TRUE(bench.planned("w1", Verb::mark));
  auto beat = bench.beat_of("w1");
  beat.sleep_vetoes = {"'player' inhibits sleep"};
  bench.see(beat);
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  EXPECT_EQ(bench.want("w1").reason.code, "AgentVeto");
  bench.policy.pools.front().sleep_mode = SleepMode::power_off;
  w1().wake_proven_mode = SleepMode::power_off;
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
}

TEST_F(SleepModes, EachModeHasItsOwnLongestSleep) {
  w1().wake_proven_sleep = std::chrono::hours(8);
  auto& w2 = bench.world.nodes.at("w2");
  w2.inventory.machine.can_suspend = false;
  w2.wake_proven_mode = SleepMode::power_off;
  bench.put_to_sleep("w1");
  bench.put_to_sleep("w2");
  const auto until = [&](const Node& node) {
    return *SleepLimits(bench.world, bench.policy, bench.now).until(node) - *node.sleep.since;
  };
  EXPECT_EQ(until(w1()), std::chrono::hours(8));
  EXPECT_EQ(until(w2), bench.policy.first_sleep) << "nobody was off for longer";
}

TEST_F(SleepModes, EachModeHasItsOwnProof) {
  EXPECT_TRUE(wake_proven(w1(), bench.policy, bench.now));
  bench.policy.pools.front().sleep_mode = SleepMode::power_off;
  EXPECT_FALSE(wake_proven(w1(), bench.policy, bench.now));
  bench.pass(minutes(2));
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  const auto why = bench.want("w1").reason;
  EXPECT_EQ(why.code, "WakeNotProven");
  EXPECT_NE(why.text.find("from power-off was ever seen, only from suspend"), std::string::npos)
      << why.text;
}

TEST_F(SleepModes, S18WhatIsSuspendedBootsNothing) {
  w1().inventory.boot.fingerprint = "new";
  EXPECT_FALSE(boot_unproven(bench.policy, w1()));
  bench.put_to_sleep("w1");
  EXPECT_FALSE(in_doubt(bench.policy, w1()));
  comes_back(true);
  EXPECT_EQ(w1().wake_proven_boot, "") << "no boot was seen";
  bench.policy.pools.front().sleep_mode = SleepMode::power_off;
  EXPECT_TRUE(boot_unproven(bench.policy, w1()));
}

TEST_F(SleepModes, OutOfHibernationItHasBootedWhatItRuns) {
  w1().inventory.boot.fingerprint = "b1";
  w1().up.asked_at = bench.now;
  w1().sleep = {SleepMode::hibernate, boot_of("w1"), true, {}, {}};
  w1().agent.boot_id = life_id(boot_of("w1"), 1);
  EXPECT_EQ(what_wake_shows(w1()).mode, SleepMode::hibernate);
  EXPECT_EQ(what_wake_shows(w1()).boot, "b1");
  w1().inventory.boot.pending = "another network";
  EXPECT_EQ(what_wake_shows(w1()).boot, "");
}

TEST_F(SleepModes, ASuccessorKnowsItFromTheNode) {
  bench.put_to_sleep("w1");
  auto kube = *w1().kube;
  kube.annotations[std::string(names::kPower)] = format_off("off (inferred)", bench.now);
  kube.annotations[std::string(names::kWakeRecipe)] =
      "address=127.0.0.255:9 macs=02:00:00:00:00:01";
  Bench successor(suspending());
  successor.see(ClusterListed{1, {kube}, {}, {}});
  successor.see(LeaseHeld{2, successor.now + seconds(15)});
  const auto& known = successor.node("w1");
  EXPECT_EQ(known.state, Lifecycle::powered_down);
  EXPECT_EQ(known.sleep.mode, SleepMode::suspend);
  EXPECT_EQ(known.sleep.life, boot_of("w1"));
  EXPECT_EQ(sleep_mode_of(Policy(), known), SleepMode::suspend) << "whatever its pool says now";
  auto inventory = inventory_of("w1");
  inventory.boot_id = life_id(boot_of("w1"), 1);
  successor.see(AgentConnected{"w1", 9, inventory, 0});
  EXPECT_EQ(what_wake_shows(successor.node("w1")).mode, SleepMode::suspend);
}

TEST(SuspendingFleet, WorksSleepsAndIsWokenAgainAndAgain) {
  MiniFleet fleet(11, 4, false);
  fleet.let_suspend();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(60)))
        << fleet.describe();
    ASSERT_TRUE(fleet.all_can_be_woken()) << fleet.describe();
  }
  EXPECT_EQ(fleet.boots(), 0);
  EXPECT_GE(fleet.resumes(), 12);
  EXPECT_TRUE(fleet.errors().empty());
}

}  // namespace
}  // namespace ecokube::core::test
