// S15: what was never seen to wake is put down only to be woken at once, one node of a pool at a
// time, and stays on where nobody lets it.
#include "coordinator/core/wake_proof.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

Policy proving() {
  auto policy = worker_policy();
  policy.pools.front().prove_wakes = true;
  return policy;
}

class WakeProof : public testing::Test {
 protected:
  WakeProof() {
    bench.fleet({"w1", "w2", "w3"});
    for (auto& [name, node] : bench.world.nodes) {
      node.wake_proven_at.reset();
      auto kube = *node.kube;
      kube.annotations.erase(std::string(names::kWakeProof));
      bench.see_node(kube);
    }
    bench.pass(minutes(2));
  }
  /// It was given up when it was woken, and somebody has switched it on; returns what its unmark
  /// says of its wake.
  std::string switched_on_after_all(const NodeName& name) {
    auto& node = bench.world.nodes.at(name);
    node.state = Lifecycle::quarantined;
    node.wake_failures = 1;
    bench.hello(name, 2);
    bench.heartbeat(name);
    bench.see_marked(name, true, Readiness::ready, 2);
    const auto unmark = bench.run(name, Verb::unmark);
    bench.see_marked(name, false, Readiness::ready, 2);
    return std::get<UnmarkNode>(unmark.action).wake_proof;
  }
  Bench bench{proving()};
};

TEST_F(WakeProof, OneNodeGoesDownForItAndIsWokenAtOnce) {
  const auto mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  EXPECT_TRUE(std::get<MarkNode>(mark->action).proves_wake);
  for (const auto* other : {"w2", "w3"}) {
    EXPECT_FALSE(bench.planned(other, Verb::mark)) << other;
    EXPECT_EQ(bench.want(other).reason.code, "AnotherProof");
  }
  bench.put_to_sleep("w1");
  EXPECT_EQ(bench.want("w1").reason.code, "ProvesWake");
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
  EXPECT_FALSE(bench.planned("w2", Verb::mark));
}

TEST_F(WakeProof, ThatItIsOneStandsInItsMark) {
  const Intent intent{7, "boot", false, true};
  EXPECT_EQ(parse_intent(format_intent(intent)), intent);
  auto kube = worker("w1");
  kube.ready = Readiness::unknown;
  kube.annotations = {
      {std::string(names::kIntent), format_intent(intent)},
      {std::string(names::kPower), format_off("off (inferred)", bench.now)},
      {std::string(names::kWakeRecipe), "address=127.0.0.255:9 macs=02:00:00:00:00:01"}};
  Bench successor(proving());
  successor.see(ClusterListed{1, {kube, worker("w2")}, {}, {}});
  successor.see(LeaseHeld{2, successor.now + seconds(15)});
  EXPECT_EQ(successor.state("w1"), Lifecycle::powered_down);
  EXPECT_TRUE(successor.planned("w1", Verb::wake));
  EXPECT_EQ(successor.want("w1").reason.code, "ProvesWake");
}

TEST_F(WakeProof, OneThatFailsStopsTheOthers) {
  bench.put_to_sleep("w1");
  auto& w1 = bench.world.nodes.at("w1");
  w1.state = Lifecycle::quarantined;
  w1.quarantined_until = bench.now + minutes(10);
  EXPECT_FALSE(bench.planned("w2", Verb::mark));
  EXPECT_EQ(bench.want("w2").reason.code, "AnotherProof");
}

TEST_F(WakeProof, OneThatFailedAndIsUpAgainWaitsForAPerson) {
  bench.put_to_sleep("w1");
  const auto shown = switched_on_after_all("w1");
  EXPECT_TRUE(is_failed_proof(shown)) << shown;
  EXPECT_FALSE(parse_wake_proof(shown));
  auto kube = *bench.node("w1").kube;
  kube.annotations[std::string(names::kWakeProof)] = shown;
  bench.see_node(kube);
  bench.pass(minutes(2));
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  EXPECT_EQ(bench.want("w1").reason.code, "WakeProofFailed");
  EXPECT_TRUE(bench.planned("w2", Verb::mark)) << "the others may";
  bench.ask("w1", PersonVerb::test_wake);
  EXPECT_FALSE(bench.want("w1").on);
}

TEST_F(WakeProof, OneThatWasGivenUpHasToShowItAgain) {
  bench.world.nodes.at("w1").wake_proven_at = bench.now;
  bench.put_to_sleep("w1");
  EXPECT_TRUE(is_void_proof(switched_on_after_all("w1")));
  EXPECT_FALSE(wake_proven(bench.node("w1"), bench.policy, bench.now));
}

TEST_F(WakeProof, WhereThePoolDoesNotDoItAPersonDoes) {
  bench.policy.pools.front().prove_wakes = false;
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  EXPECT_EQ(bench.want("w1").reason.code, "WakeNotProven");
  EXPECT_NE(bench.want("w1").reason.text.find("ecoctl test-wake w1"), std::string::npos);
  bench.ask("w1", PersonVerb::test_wake);
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
}

TEST_F(WakeProof, APersonsSleepIsNoProofAndIsLeftAsleep) {
  bench.ask("w1", PersonVerb::sleep);
  const auto mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  EXPECT_FALSE(std::get<MarkNode>(mark->action).proves_wake);
  bench.put_to_sleep("w1");
  EXPECT_FALSE(bench.want("w1").on);
}

TEST_F(WakeProof, AnOldOneIsShownAgain) {
  auto& w1 = bench.world.nodes.at("w1");
  w1.wake_proven_at = bench.now - bench.policy.wake_proof_age_max;
  auto mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  EXPECT_FALSE(std::get<MarkNode>(mark->action).proves_wake);
  bench.pass(seconds(1));
  mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  EXPECT_TRUE(std::get<MarkNode>(mark->action).proves_wake);
  bench.policy.pools.front().prove_wakes = false;
  EXPECT_EQ(bench.want("w1").reason.code, "WakeNotProven");
}

TEST_F(WakeProof, OneFromBeforeAPowerCutIsShownAgain) {
  auto& w1 = bench.world.nodes.at("w1");
  w1.wake_proven_at = bench.now - minutes(30);
  auto beat = bench.beat_of("w1");
  beat.uptime = minutes(20);
  bench.see(beat);
  EXPECT_TRUE(wake_proven(w1, bench.policy, bench.now)) << "it was rebooted since";
  beat.boot = BootFacts{"", "", true};
  bench.see(beat);
  EXPECT_FALSE(wake_proven(w1, bench.policy, bench.now));
  const auto mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  EXPECT_TRUE(std::get<MarkNode>(mark->action).proves_wake);
  w1.wake_proven_at = bench.now - minutes(10);
  EXPECT_TRUE(wake_proven(w1, bench.policy, bench.now)) << "it was woken into this boot";
}

// With a pool's minimum on, what can't be spared for good is not risked.
TEST_F(WakeProof, OnlyWhatCanBeSpared) {
  bench.policy.pools.front().min_on = 3;
  for (const auto* name : {"w1", "w2", "w3"}) EXPECT_FALSE(bench.planned(name, Verb::mark)) << name;
}

/// Of eight machines that nobody has seen wake.
class WakeProofFleet : public testing::Test {
 protected:
  WakeProofFleet() {
    for (const auto& [name, machine] : fleet.machines) fleet.forget_proof(name);
  }
  MiniFleet fleet{1, 8, false};
};

TEST_F(WakeProofFleet, AllAreProvenOneAfterAnotherAndThenAllSleep) {
  int down_max = 0;
  const auto all_proven = [&] {
    int down = 0;
    int proven = 0;
    for (const auto& [name, node] : fleet.world.nodes) {
      if (wake_proven(node, fleet.policy, fleet.now)) {
        ++proven;
      } else if (fleet.machines.at(name).phase != Machine::Phase::up) {
        ++down;
      }
    }
    down_max = std::max(down_max, down);
    return proven == std::ssize(fleet.machines);
  };
  ASSERT_TRUE(fleet.run_until(all_proven, minutes(60))) << fleet.describe();
  EXPECT_EQ(down_max, 1);
  EXPECT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(10))) << fleet.describe();
  fleet.run_for(minutes(10));
  EXPECT_TRUE(fleet.all_asleep()) << "and are left asleep";
  EXPECT_TRUE(fleet.errors().empty());
}

TEST_F(WakeProofFleet, OfAFleetThatNoPacketWakesOneIsLost) {
  fleet.deafen();
  for (int life = 0; life < 3; ++life) {
    fleet.run_for(minutes(30));
    const auto off =
        std::count_if(fleet.machines.begin(), fleet.machines.end(),
                      [](const auto& entry) { return entry.second.phase == Machine::Phase::off; });
    EXPECT_EQ(off, 1) << "life " << life << fleet.describe();
    fleet.kill(life == 1);
  }
}

}  // namespace
}  // namespace ecokube::core::test
