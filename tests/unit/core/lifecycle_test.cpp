// The lifecycle follows evidence: heartbeats, boot ids, goodbyes and what Kubernetes says.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/power.h"

namespace ecokube::core::test {
namespace {

class LifecycleTest : public testing::Test {
 protected:
  LifecycleTest() { bench.fleet({"w1", "w2"}); }

  void need_everything() {
    for (const auto* name : {"p1", "p2"}) bench.see(PodSeen{pending_pod(name, 3000)});
  }

  Bench bench;
};

TEST_F(LifecycleTest, AHeartbeatAndReadyMakeReady) {
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_EQ(power_at(bench.node("w1"), bench.policy, bench.now).state, PowerState::on);
}

TEST_F(LifecycleTest, GoodbyeForOurStepThenSilenceIsOff) {
  const Step shutdown = bench.take_down("w1");
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_down);
  bench.goodbye("w1", LeaveOrigin::coordinator, shutdown.id.text());
  EXPECT_FALSE(bench.planned("w1", Verb::record_off)) << "its link is still open";
  bench.hang_up("w1");
  bench.pass(bench.policy.silence_to_off - Duration(1));
  EXPECT_FALSE(bench.planned("w1", Verb::record_off));
  bench.pass(Duration(1));
  bench.run("w1", Verb::record_off);
  EXPECT_EQ(bench.state("w1"), Lifecycle::powered_down);
  EXPECT_EQ(power_at(bench.node("w1"), bench.policy, bench.now).state, PowerState::off);
}

TEST_F(LifecycleTest, SilenceWithoutGoodbyeIsAFaultAndNotSleep) {
  bench.hang_up("w1");
  bench.silence(bench.policy.heartbeat_age_max);
  bench.heartbeat("w2");
  EXPECT_EQ(bench.state("w1"), Lifecycle::unknown);
  EXPECT_EQ(power_at(bench.node("w1"), bench.policy, bench.now).state, PowerState::unknown);
  EXPECT_EQ(bench.state("w2"), Lifecycle::ready);
}

TEST_F(LifecycleTest, AWakeIsProvenByANewBootIdAndReady) {
  bench.put_to_sleep("w1");
  bench.put_to_sleep("w2");
  need_everything();
  bench.run("w1", Verb::wake);
  bench.pass(seconds(60));
  bench.hello("w1", 1);
  bench.see_marked("w1", true, Readiness::ready, 1);
  EXPECT_FALSE(bench.planned("w1", Verb::unmark)) << "the old boot proves nothing";
  bench.hello("w1", 2);
  EXPECT_FALSE(bench.planned("w1", Verb::unmark)) << "Ready is said by the kubelet of the old boot";
  bench.see_marked("w1", true, Readiness::not_ready, 2);
  EXPECT_FALSE(bench.planned("w1", Verb::unmark));
  bench.see_marked("w1", true, Readiness::ready, 2);
  const Step unmark = bench.run("w1", Verb::unmark);
  EXPECT_NE(std::get<UnmarkNode>(unmark.action).wake_proof, "");
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_EQ(bench.node("w1").boot_times, std::vector<Duration>{seconds(60)});
  EXPECT_EQ(bench.node("w1").wake_proven_at, bench.now);
}

TEST_F(LifecycleTest, PacketsRepeatUntilANewBootOrTheDeadline) {
  bench.put_to_sleep("w1");
  bench.put_to_sleep("w2");
  need_everything();
  bench.run("w1", Verb::wake);
  const TimePoint asked_at = bench.now;
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
  bench.pass(bench.policy.wake_repeat);
  const Step second = bench.run("w1", Verb::wake);
  bench.pass(bench.policy.wake_repeat);
  EXPECT_NE(bench.run("w1", Verb::wake).id, second.id) << "a repeat is no replay";
  EXPECT_EQ(bench.node("w1").up.packets, 3);
  bench.pass(asked_at + bench.policy.wake_deadline - bench.now);
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
  bench.run("w1", Verb::quarantine);
  EXPECT_EQ(bench.state("w1"), Lifecycle::quarantined);
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
  bench.pass(bench.policy.quarantine_base);
  EXPECT_TRUE(bench.planned("w1", Verb::wake)) << "a quarantine ends";
}

TEST_F(LifecycleTest, AWakeMayBeSentToAMachineThatIsStillDying) {
  const Step shutdown = bench.take_down("w1");
  bench.goodbye("w1", LeaveOrigin::coordinator, shutdown.id.text());
  bench.hang_up("w1");
  need_everything();
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_down);
  bench.run("w1", Verb::wake);
  bench.pass(bench.policy.wake_repeat);
  EXPECT_TRUE(bench.planned("w1", Verb::wake)) << "the first packet met a machine that was on";
}

TEST_F(LifecycleTest, APersonsOffIsNotUndoneByDemandButByAPerson) {
  bench.goodbye("w1", LeaveOrigin::person);
  bench.hang_up("w1");
  bench.see_marked("w1", false, Readiness::unknown);
  bench.pass(minutes(5));
  EXPECT_EQ(bench.state("w1"), Lifecycle::maintenance);
  need_everything();
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
  bench.see(PersonAsked{"w1", PersonVerb::wake, "anna", "done", std::nullopt});
  bench.run("w1", Verb::wake);
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_up);
}

TEST_F(LifecycleTest, AnOlderWakeDoesNotUndoAPersonsOff) {
  bench.see(PersonAsked{"w1", PersonVerb::wake, "anna", "", std::nullopt});
  bench.pass(seconds(5));
  bench.goodbye("w1", LeaveOrigin::person);
  bench.hang_up("w1");
  bench.see_marked("w1", false, Readiness::unknown);
  bench.pass(minutes(5));
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
}

TEST_F(LifecycleTest, GoodbyeForAStepOfOurPredecessorIsNoPersonsOff) {
  bench.see_marked("w1", true, Readiness::ready);
  Bench successor;
  ClusterListed listed{bench.revision, {*bench.node("w1").kube, worker("w2")}, {}, {}};
  successor.revision = bench.revision;
  successor.see(listed);
  successor.see(LeaseHeld{2, successor.now + seconds(15)});
  successor.hello("w1");
  EXPECT_EQ(successor.state("w1"), Lifecycle::draining);
  successor.goodbye("w1", LeaveOrigin::coordinator, "w1:shutdown:1:1");
  successor.hang_up("w1");
  EXPECT_EQ(successor.state("w1"), Lifecycle::powering_down);
  successor.pass(successor.policy.silence_to_off);
  successor.run("w1", Verb::record_off);
  EXPECT_EQ(successor.state("w1"), Lifecycle::powered_down);
}

TEST_F(LifecycleTest, ATaintTakenOffByHandEndsTheWayDown) {
  bench.empty("w1");
  const auto shutdown = bench.planned("w1", Verb::shutdown);
  ASSERT_TRUE(shutdown);
  bench.see_marked("w1", false, Readiness::ready);
  EXPECT_TRUE(bench.broken(*shutdown).contains("S1 MarkGone"));
  bench.run("w1", Verb::unmark);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
}

TEST_F(LifecycleTest, AnOrderNamesWhatMayRemainAsTheMachineKnowsIt) {
  bench.pass(*bench.policy.pools.front().unneeded_time);
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  bench.pass(bench.policy.settle);
  auto proxy = bound_pod("proxy", "w1");
  proxy.owner_kind = "DaemonSet";
  auto mirror = bound_pod("static", "w1");
  mirror.mirror = true;
  mirror.static_uid = "hash";
  bench.end(bench.start("w1", Verb::list_pods), Outcome::done, {proxy, mirror});
  const auto shutdown = bench.planned("w1", Verb::shutdown);
  ASSERT_TRUE(shutdown);
  EXPECT_EQ(std::get<ShutdownNode>(shutdown->action).pods_that_may_remain,
            (std::vector<std::string>{proxy.uid, mirror.uid, "hash"}));
}

TEST_F(LifecycleTest, ARefusalGoesBackAndWaitsTwiceAsLongEachTime) {
  Duration before{0};
  for (int round = 0; round < 3; ++round) {
    bench.pass(minutes(30));
    bench.run("w1", Verb::mark);
    bench.see_marked("w1", true, Readiness::ready);
    bench.pass(bench.policy.settle);
    bench.run("w1", Verb::list_pods);
    bench.end(bench.start("w1", Verb::shutdown), Outcome::refused);
    bench.run("w1", Verb::unmark);
    bench.see_marked("w1", false, Readiness::ready);
    EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
    const Duration wait = *bench.node("w1").down_not_before - bench.now;
    EXPECT_GE(wait, 2 * before);
    before = wait;
  }
  EXPECT_EQ(bench.node("w1").refusals, 3);
}

TEST_F(LifecycleTest, AnOrderThatIsNotCarriedOutIsTakenBack) {
  bench.take_down("w1");
  bench.pass(bench.policy.down_deadline - Duration(1));
  EXPECT_FALSE(bench.planned("w1", Verb::unmark));
  bench.pass(Duration(1));
  bench.run("w1", Verb::unmark);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
}

TEST_F(LifecycleTest, ABootThatNeverGetsReadyIsNoCapacityForever) {
  bench.put_to_sleep("w1");
  bench.put_to_sleep("w2");
  bench.hello("w1", 2);  // came up by itself, its kubelet does not
  bench.see(PodSeen{pending_pod("p1", 3000)});
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_up);
  EXPECT_FALSE(bench.planned("w2", Verb::wake));
  bench.pass(bench.policy.wake_deadline);
  EXPECT_TRUE(bench.planned("w2", Verb::wake));
}

/// Woken for a pod, and given up at its deadline.
Step fail_to_wake(Bench& bench) {
  bench.run("w1", Verb::wake);
  bench.pass(bench.policy.wake_deadline);
  return bench.run("w1", Verb::quarantine);
}

TEST_F(LifecycleTest, AQuarantineDoublesAndAPersonEndsItForGood) {
  bench.put_to_sleep("w1");
  KubePod pod = pending_pod("p1");
  pod.node_selector = {{"kubernetes.io/hostname", "w1"}};
  bench.see(PodSeen{pod});
  auto length = bench.policy.quarantine_base;
  for (int failures = 1; failures <= 3; ++failures) {
    const auto given_up = std::get<QuarantineNode>(fail_to_wake(bench).action);
    EXPECT_EQ(given_up.failures, failures);
    EXPECT_EQ(given_up.until, bench.now + length);
    bench.pass(length - Duration(1));
    EXPECT_FALSE(bench.planned("w1", Verb::wake));
    bench.pass(Duration(1));
    length *= 2;
  }
  const auto last = std::get<QuarantineNode>(fail_to_wake(bench).action);
  KubeNode kube = *bench.node("w1").kube;
  kube.annotations[std::string(names::kQuarantine)] = format_quarantine(last);
  bench.see_node(kube);
  bench.ask("w1", PersonVerb::unquarantine);
  const Step lost = bench.start("w1", Verb::quarantine);
  bench.end(lost, Outcome::failed);
  EXPECT_EQ(bench.state("w1"), Lifecycle::quarantined) << "it stands on the Node still";
  bench.pass(seconds(1));
  const Step end = bench.run("w1", Verb::quarantine);
  EXPECT_EQ(end.reason.text, "ended by anna: new disk");
  EXPECT_EQ(format_quarantine(std::get<QuarantineNode>(end.action)), "");
  bench.see(NodeSeen{kube});  // late news
  EXPECT_EQ(bench.state("w1"), Lifecycle::unknown);
  const auto over = std::get<RecordRequest>(bench.run("w1", Verb::record_request).action);
  EXPECT_EQ(over.text, "");
  kube.annotations.erase(std::string(names::kQuarantine));
  bench.see_node(kube);
  bench.pass(bench.policy.heartbeat_age_max + Duration(1));
  EXPECT_EQ(std::get<QuarantineNode>(fail_to_wake(bench).action).failures, 1);
}

TEST_F(LifecycleTest, ABootThatNobodyAskedForAndThatDiesIsWokenWhenItIsNeeded) {
  bench.put_to_sleep("w1");
  bench.put_to_sleep("w2");
  bench.hello("w1", 2);
  bench.hang_up("w1");
  bench.pass(bench.policy.heartbeat_age_max + Duration(1));
  for (const auto* pod : {"p1", "p2"}) bench.see(PodSeen{pending_pod(pod, 3900)});
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
  EXPECT_TRUE(bench.planned("w2", Verb::wake));
}

// It is woken since its pods are bound to it, but its room may be gone: they run elsewhere at once.
TEST_F(LifecycleTest, AMachineThatDiedIsNoCapacityWhileItIsWoken) {
  bench.put_to_sleep("w2");
  bench.see(PodSeen{bound_pod("p1", "w1")});
  bench.hang_up("w1");
  KubeNode dead = worker("w1");
  dead.ready = Readiness::unknown;
  bench.see_node(dead);
  bench.pass(bench.policy.heartbeat_age_max + Duration(1));
  bench.run("w1", Verb::wake);
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_up);
  bench.see(PodDeleted{"uid-p1", ++bench.revision});
  bench.see(PodSeen{pending_pod("p2")});
  EXPECT_TRUE(bench.planned("w2", Verb::wake));
  EXPECT_EQ(bench.want("w2").reason.code, "NeededFor");
}

TEST_F(LifecycleTest, MarkedAndSilentIsWokenToBeKnown) {
  bench.see_marked("w1", true, Readiness::unknown);
  Bench successor;
  successor.revision = bench.revision;
  successor.see(ClusterListed{bench.revision, {*bench.node("w1").kube}, {}, {}});
  successor.see(Recovered{{{"w1", inventory_of("w1"), {}, {}, {}, {}, 3}}, {}});
  successor.pass(successor.policy.heartbeat_age_max);
  EXPECT_FALSE(successor.planned("w1", Verb::wake)) << "agents get time to come back";
  successor.pass(Duration(1));
  EXPECT_TRUE(successor.planned("w1", Verb::wake));
}

TEST_F(LifecycleTest, TheSameWorldGivesTheSamePlan) {
  bench.put_to_sleep("w1");
  bench.see(PodSeen{pending_pod("p1", 3000)});
  bench.see(PodSeen{pending_pod("p2", 3000)});
  for (int tick = 0; tick < 50; ++tick) {
    const World copy = bench.world;
    const Plan plan = bench.plan();
    EXPECT_EQ(decide(copy, bench.policy, bench.now), plan);
    EXPECT_EQ(bench.plan(), plan) << "deciding changes nothing";
    if (!plan.steps.empty()) bench.see(StepStarted{plan.steps.front()});
    bench.pass(seconds(7));
  }
}

}  // namespace
}  // namespace ecokube::core::test
