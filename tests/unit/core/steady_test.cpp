// Goal: what the core says no decision hangs on does not change one, in any fleet in trouble; and a
// fleet at rest says little else.
#include "coordinator/core/steady.h"

#include <gtest/gtest.h>

#include <functional>

#include "bench.h"
#include "coordinator/core/apply.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

/// Without the time at which it is looked at again, and the heartbeat that an order names.
Plan decided(const World& world, const Policy& policy, TimePoint now) {
  auto plan = decide(world, policy, now);
  plan.reconsider_at.reset();
  for (auto& step : plan.steps) {
    if (auto* shutdown = std::get_if<ShutdownNode>(&step.action)) *shutdown = ShutdownNode{};
  }
  return plan;
}

TEST(Steady, ChangesNoDecisionWhateverHappensToTheFleet) {
  int asked = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    MiniFleet fleet(seed, 4, true);
    if (seed % 2 == 0) fleet.give_bmcs();
    fleet.on_nothing_new = [&](const Observation& observation) {
      if (++asked % 3 != 0 || testing::Test::HasFailure()) return;
      auto after = fleet.world;
      apply(after, observation);
      const auto& name = std::get<AgentHeartbeat>(observation.fact).node;
      if (after.nodes.at(name).state != fleet.world.nodes.at(name).state) return;  // is news
      EXPECT_EQ(decided(fleet.world, fleet.policy, fleet.now),
                decided(after, fleet.policy, fleet.now))
          << "seed " << seed << " " << name << "\n"
          << fleet.describe();
    };
    for (int i = 0; i < 6; ++i) {
      fleet.add_pod(seconds(60));
      fleet.run_for(minutes(3));
    }
  }
  EXPECT_GT(asked, 3000) << "else little was tried";
}

struct SteadyTest : testing::Test {
  Bench bench;

  SteadyTest() {
    bench.fleet({"w1", "w2"});
    bench.heartbeat("w1");
    bench.heartbeat("w2");
  }
  bool nothing_new(const std::function<void(AgentHeartbeat&)>& change) {
    auto beat = bench.beat_of("w1");
    change(beat);
    return says_nothing_new(bench.world, bench.policy, {bench.now, beat});
  }
};

TEST_F(SteadyTest, AHeartbeatThatTellsOfPowerAloneIsNoNews) {
  EXPECT_TRUE(nothing_new([](AgentHeartbeat&) {}));
  EXPECT_TRUE(nothing_new([](AgentHeartbeat& beat) { beat.power = Power::milliwatts(7); }));
}

TEST_F(SteadyTest, WhatADecisionHangsOnIsNews) {
  EXPECT_FALSE(nothing_new([](AgentHeartbeat& beat) { beat.vetoes = {"held"}; }));
  EXPECT_FALSE(nothing_new([](AgentHeartbeat& beat) { beat.boot_id = "another"; }));
  EXPECT_FALSE(nothing_new([](AgentHeartbeat& beat) { ++beat.fence_highest_seen; }));
  EXPECT_FALSE(nothing_new([](AgentHeartbeat& beat) { beat.nics.clear(); }));
  EXPECT_FALSE(nothing_new([](AgentHeartbeat& beat) { beat.boot = BootFacts{"another", ""}; }));
  EXPECT_FALSE(nothing_new([](AgentHeartbeat& beat) {
    beat.machine = MachineFacts{};
    beat.machine->smbios_uuid = "another";
  }));
  EXPECT_FALSE(
      nothing_new([](AgentHeartbeat& beat) { beat.kubelet_certificate = KubeletCertificate{}; }));
  EXPECT_FALSE(nothing_new([](AgentHeartbeat& beat) { ++beat.session; }));
  EXPECT_FALSE(nothing_new([](AgentHeartbeat& beat) { beat.node = "w3"; }));
}

TEST_F(SteadyTest, TheFirstHeartbeatAndOneThatContradictsAreNews) {
  bench.silence(bench.policy.heartbeat_age_max + Duration(1));
  EXPECT_FALSE(nothing_new([](AgentHeartbeat&) {}));
  bench.heartbeat("w1");
  EXPECT_TRUE(nothing_new([](AgentHeartbeat&) {}));
  bench.world.nodes.at("w1").bmc.on = false;
  EXPECT_FALSE(nothing_new([](AgentHeartbeat&) {})) << "it takes that reading back";
  bench.world.nodes.at("w1").bmc.on.reset();
  bench.world.nodes.at("w1").agent.sequence = 0;
  EXPECT_FALSE(nothing_new([](AgentHeartbeat&) {}));
}

}  // namespace
}  // namespace ecokube::core::test
