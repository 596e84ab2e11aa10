// S8: killed between any two steps, the coordinator or its successor finds its way.
#include <gtest/gtest.h>

#include "bench.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

void expect_no_errors(const MiniFleet& fleet) {
  for (const auto& error : fleet.errors()) ADD_FAILURE() << error;
}

/// Idle until all sleep, then work for all of them, then idle again.
void full_cycle(MiniFleet& fleet, const std::string& scheduler = "") {
  EXPECT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(40)))
      << "with no work all end PoweredDown; " << fleet.describe();
  for (std::size_t i = 0; i < fleet.machines.size(); ++i) {
    fleet.add_pod(minutes(2), 3000, scheduler);
  }
  const auto all_up = [&] {
    for (const auto& [name, machine] : fleet.machines) {
      if (!fleet.up_and_clean(name)) return false;
    }
    return true;
  };
  EXPECT_TRUE(fleet.run_until(all_up, minutes(30)))
      << "every needed node comes up Ready and unmarked; " << fleet.describe();
  EXPECT_TRUE(fleet.run_until([&] { return fleet.all_pods_done(); }, minutes(30)))
      << "all work is done; " << fleet.describe();
  EXPECT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(40)))
      << "and all sleep again; " << fleet.describe();
  expect_no_errors(fleet);
}

TEST(Restart, ACycleWithoutOne) {
  MiniFleet fleet(1, 2, false);
  full_cycle(fleet);
  EXPECT_GE(fleet.steps_started(), 2 * (4 + 2 + 4)) << "mark, list, shutdown, record; wake, unmark";
}

TEST(Restart, ACycleOfDeafMachinesGoesByTheirBmcs) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MiniFleet fleet(seed, 2, seed % 2 == 0);
    fleet.give_bmcs();
    fleet.deafen();
    fleet.policy.wake_method_timeout = seconds(20);
    full_cycle(fleet);
  }
}

void expect_cycle_whatever_dies(std::uint64_t seed, const std::string& scheduler, bool bmcs) {
  MiniFleet whole(seed, 2, false);
  if (bmcs) whole.give_bmcs();
  full_cycle(whole, scheduler);
  for (int step = 1; step <= whole.steps_started(); ++step) {
    for (const bool keep_store : {true, false}) {
      for (const auto moment : {KillMoment::before_start, KillMoment::before_act,
                                KillMoment::after_act, KillMoment::after_end}) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step) +
                     (keep_store ? " with" : " without") + " store, moment " +
                     std::to_string(static_cast<int>(moment)));
        MiniFleet fleet(seed, 2, false);
        if (bmcs) fleet.give_bmcs();
        fleet.kill_at({step, moment, keep_store});
        full_cycle(fleet, scheduler);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(Restart, AtEachStepOfACycleWithAndWithoutItsStore) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    expect_cycle_whatever_dies(seed, seed % 2 == 0 ? "ecokube" : "", seed % 4 >= 2);
  }
}

TEST(Restart, RandomWalksWithTroubleAndManyDeaths) {
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MiniFleet fleet(seed, 3, true);
    if (seed % 2 == 0) fleet.give_bmcs();
    for (int round = 0; round < 12; ++round) {
      fleet.run_for(seconds(fleet.draw(1, 120)));
      for (auto pods = fleet.draw(0, 2); pods > 0; --pods) {
        const auto* scheduler = fleet.draw(0, 1) == 0 ? "" : "ecokube";
        fleet.add_pod(seconds(fleet.draw(1, 200)), fleet.draw(500, 4000), scheduler);
      }
      if (fleet.draw(0, 1) == 0) fleet.kill(fleet.draw(0, 1) == 0);
      fleet.run_for(seconds(6));
    }
    EXPECT_TRUE(fleet.run_until([&] { return fleet.all_pods_done(); }, minutes(120)))
        << fleet.describe();
    // Where the mains may fail in the midst of a wake, a machine that is off may be quarantined.
    const bool known = seed % 2 != 0;
    EXPECT_TRUE(fleet.run_until([&] { return known ? fleet.all_asleep() : fleet.all_down(); },
                                minutes(300)))
        << fleet.describe();
    EXPECT_TRUE(fleet.all_can_be_woken()) << fleet.describe();
    expect_no_errors(fleet);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Restart, OneSeedIsOneHistory) {
  const auto history = [] {
    MiniFleet fleet(5, 3, true);
    std::string steps;
    fleet.on_step = [&](const Step& step, const World&, TimePoint at) {
      steps += step.id.text() + "@" + std::to_string(to_ms(at)) + "\n";
    };
    fleet.add_pod(minutes(1));
    fleet.run_for(minutes(20));
    return steps;
  };
  const std::string first = history();
  EXPECT_NE(first, "");
  EXPECT_EQ(first, history());
}

}  // namespace
}  // namespace ecokube::core::test
