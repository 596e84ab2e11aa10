// Tries to break the rules: hostile steps in bent Worlds, and long walks of a fleet.
#include <gtest/gtest.h>

#include <algorithm>

#include "bench.h"
#include "bent_world.h"
#include "mini_fleet.h"
#include "rules.h"

namespace ecokube::core::test {
namespace {

TEST(SafetyWalk, NoHostileStepGetsThroughInABentWorld) {
  const Bench base = all_kinds();
  std::map<Verb, int> passed, refused;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Bender bender(seed);
    Bench bench = base;
    auto steps = hostile_steps(bench.world, bench.policy);
    for (auto bends = bender.draw(4); bends > 0; --bends) bender.bend(bench);
    const auto wakes = wakes_for_a_pod(bench.world, bench.policy);
    steps.insert(steps.end(), wakes.begin(), wakes.end());
    for (const auto& step : steps) {
      const bool passes = check(bench.world, bench.policy, step, bench.now).empty();
      ++(passes ? passed : refused)[step.id.verb];
      if (!passes) continue;
      for (const auto& rule : broken_rules(bench.world, bench.policy, step, bench.now)) {
        FAIL() << "seed " << seed << ": " << step.id.text() << " passed against " << rule;
      }
    }
  }
  for (const auto verb :
       {Verb::mark, Verb::evict, Verb::shutdown, Verb::power_off, Verb::out_of_service, Verb::wake,
        Verb::bind, Verb::record_off, Verb::unmark}) {
    EXPECT_GT(passed[verb], 1000) << to_string(verb);
    EXPECT_GT(refused[verb], 1000) << to_string(verb);
  }
}

/// Where a BMC says off, the machine is off.
void expect_off_when_recorded(const MiniFleet& fleet, const Step& step, std::uint64_t seed) {
  const auto* record = std::get_if<RecordOff>(&step.action);
  if (record == nullptr || record->power != "off (BMC)") return;
  EXPECT_EQ(fleet.machines.at(step.id.subject).phase, Machine::Phase::off) << "seed " << seed;
}

TEST(SafetyWalk, EveryStepOfAFleetInTroubleKeepsTheRules) {
  int steps = 0;
  int evictions = 0;
  int binds = 0;
  int failovers = 0;
  int cuts = 0;
  std::int64_t resumes = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    MiniFleet fleet(seed, 4, true);
    if (seed % 2 == 0) fleet.give_bmcs();
    if (seed % 4 == 0) fleet.hang_on_the_way_down();
    if (seed % 3 == 0) fleet.let_suspend();
    fleet.policy.pools.front().min_on = fleet.draw(0, 1);
    fleet.set_evictions_a_minute(static_cast<int>(fleet.draw(0, 3)));
    fleet.on_step = [&](const Step& step, const World& world, TimePoint now) {
      ++steps;
      for (const auto& rule : broken_rules(world, fleet.policy, step, now)) {
        ADD_FAILURE() << "seed " << seed << ": " << step.id.text() << " against " << rule;
      }
      expect_off_when_recorded(fleet, step, seed);
    };
    for (int round = 0; round < 20; ++round) {
      fleet.run_for(seconds(fleet.draw(1, 180)));
      const auto* scheduler = fleet.draw(0, 1) == 0 ? "" : "ecokube";
      fleet.add_pod(seconds(fleet.draw(1, 200)), fleet.draw(500, 4000), scheduler);
      if (fleet.draw(0, 2) == 0) {
        fleet.ask("w" + std::to_string(fleet.draw(1, 4)), PersonVerb::sleep);
      }
    }
    evictions += fleet.evictions();
    binds += fleet.binds();
    failovers += fleet.failovers();
    cuts += fleet.cuts();
    resumes += fleet.resumes();
    for (const auto& error : fleet.errors()) ADD_FAILURE() << "seed " << seed << ": " << error;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(steps, 1000);
  EXPECT_GT(evictions, 20);
  EXPECT_GT(binds, 200);
  EXPECT_GT(failovers, 20);
  EXPECT_GT(cuts, 20);
  EXPECT_GT(resumes, 20);
}

TEST(SafetyWalk, S19TwoSwappedBmcsPutNothingDownAndFreeNothing) {
  MiniFleet fleet(6, 3, false);
  fleet.give_bmcs();
  fleet.swap_bmcs("w1", "w2");
  fleet.on_step = [](const Step& step, const World&, TimePoint) {
    if (step.id.verb == Verb::soft_taint) return;  // it forbids nothing
    EXPECT_EQ(step.id.subject, "w3") << step.id.text();
  };
  fleet.run_for(minutes(5));
  fleet.cut("w1");
  fleet.run_for(minutes(10));
  EXPECT_TRUE(fleet.machines.at("w2").phase == Machine::Phase::up);
  EXPECT_EQ(fleet.failovers(), 0);
  const auto wants = decide(fleet.world, fleet.policy, fleet.now).nodes;
  const auto& held = wants.at(1).reason;
  EXPECT_TRUE(held.code == "WrongBmc" || held.code == "BmcContradicts") << held.text;
}

TEST(SafetyWalk, S7TheSameDecisionThatWithdrawsAPromisePicksAnother) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.put_to_sleep("w1");
  bench.put_to_sleep("w2");
  bench.see(PodSeen{pending_pod("p")});
  bench.run("w1", Verb::wake);
  bench.pass(bench.policy.wake_deadline - Duration(1));
  EXPECT_FALSE(bench.planned("w2", Verb::wake));
  bench.pass(Duration(1));
  EXPECT_TRUE(bench.planned("w1", Verb::quarantine));
  EXPECT_TRUE(bench.planned("w2", Verb::wake));
}

TEST(SafetyWalk, S9ADryRunExplainsAndTouchesNothing) {
  MiniFleet fleet(3, 3, false);
  fleet.policy.dry_run = true;
  fleet.run_for(minutes(10));
  EXPECT_FALSE(decide(fleet.world, fleet.policy, fleet.now).steps.empty());
  EXPECT_EQ(fleet.steps_started(), 0);
  for (const auto& [name, machine] : fleet.machines) EXPECT_TRUE(fleet.up_and_clean(name));
}

TEST(SafetyWalk, S11WhatIsNotOursStays) {
  MiniFleet fleet(4, 3, true);
  fleet.cordon("w2");
  fleet.taint("w3", {"dedicated", "db", "NoSchedule"});
  fleet.on_step = [](const Step& step, const World&, TimePoint) {
    EXPECT_NE(step.id.subject, "w2") << step.id.text();
  };
  for (int round = 0; round < 20; ++round) {
    fleet.add_pod(minutes(1));
    fleet.run_for(minutes(5));
    if (round % 5 == 4) fleet.kill(false);
  }
  EXPECT_TRUE(fleet.node("w2").unschedulable);
  EXPECT_FALSE(fleet.node("w2").annotations.contains("ecokube.io/cordoned"));
  const auto& taints = fleet.node("w3").taints;
  EXPECT_NE(std::find(taints.begin(), taints.end(), Taint{"dedicated", "db", "NoSchedule"}),
            taints.end());
}

TEST(SafetyWalk, S17DownsOfADayAreBounded) {
  MiniFleet fleet(5, 2, false);
  fleet.policy.downs_per_day_max = 3;
  std::map<NodeName, int> downs;
  fleet.on_step = [&](const Step& step, const World&, TimePoint) {
    if (step.id.verb == Verb::shutdown) ++downs[step.id.subject];
  };
  for (int round = 0; round < 60; ++round) {
    fleet.add_pod(minutes(1));
    fleet.add_pod(minutes(1));
    fleet.run_for(minutes(15));
    if (round % 7 == 6) fleet.kill(true);
  }
  EXPECT_EQ(downs, (std::map<NodeName, int>{{"w1", 3}, {"w2", 3}}));
}

}  // namespace
}  // namespace ecokube::core::test
