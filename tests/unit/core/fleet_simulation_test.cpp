// Large fleets in virtual time, some of whose machines fail: every demand is met, the limits hold,
// and no boot is cut.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "bench.h"
#include "mini_fleet.h"
#include "watched_fleet.h"

namespace ecokube::core::test {
namespace {

using Phase = Machine::Phase;

Policy large_policy() {
  Policy policy = fast_policy();
  policy.inrush.all = {{600, 100}, {1200, 200}, 0};
  return policy;
}

void expect_no_errors(const MiniFleet& fleet) {
  for (const auto& error : fleet.errors()) ADD_FAILURE() << error;
}

/// A sanitizer makes the walk over the fleet in each decision many times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kMachines = 200;
constexpr std::int64_t kWakes = 300;
#else
constexpr int kMachines = 1000;
constexpr std::int64_t kWakes = 2500;
#endif

TEST(FleetSimulation, AThousandMachinesOfWhichSomeFailMeetEveryDemand) {
  MiniFleet fleet(1, kMachines, false, large_policy());
  fleet.coalesce = seconds(4);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(30)));
  fleet.faults.wakes_lost = 5;
  fleet.faults.boots_slow = 5;
  for (int i = 0; i < kMachines / 200; ++i) {
    fleet.machines["w" + std::to_string(1 + 200 * i)].dead = true;
  }
  for (int minute = 0; minute < 20; ++minute) {
    for (auto pods = fleet.draw(0, 40); pods > 0; --pods) {
      fleet.add_pod(minutes(fleet.draw(1, 8)), kWholeNode);
    }
    fleet.run_for(minutes(1));
  }
  for (int i = 0; i < kMachines; ++i) fleet.add_pod(minutes(6), kWholeNode);
  EXPECT_TRUE(fleet.run_until([&] { return fleet.all_pods_done(); }, minutes(60)))
      << fleet.pods_left() << " pods are left";
  for (const auto& [name, machine] : fleet.machines) {
    if (!machine.dead) continue;
    EXPECT_EQ(fleet.world.nodes.at(name).state, Lifecycle::quarantined) << name;
  }
  EXPECT_TRUE(fleet.run_until([&] { return fleet.all_down(); }, minutes(30)));
  for (const auto& [name, machine] : fleet.machines) {
    EXPECT_EQ(machine.phase, Phase::off) << name << " is on without a cause";
  }
  EXPECT_GT(fleet.boots(), kMachines);
  EXPECT_LE(fleet.longest_wait(), 3 * fleet.policy.wake_deadline);
  RecordProperty("longest_wait_s", static_cast<int>(fleet.longest_wait().count() / 1000));
  expect_no_errors(fleet);
}

TEST(FleetSimulation, FiveHundredAreWokenNoFasterThanMayBe) {
  constexpr int kMany = 500;
  Policy policy = large_policy();
  policy.inrush.all.starts = {120, 30};
  policy.inrush.all.booting_max = 50;
  Watched watched(2, kMany, false, policy);
  auto& fleet = watched.fleet;
  fleet.coalesce = Duration(200);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(30)));
  for (int i = 0; i < kMany; ++i) fleet.add_pod(minutes(20), kWholeNode);
  const auto all_up = [&] {
    for (const auto& [name, machine] : fleet.machines) {
      if (machine.phase != Phase::up) return false;
    }
    return true;
  };
  const auto asked = fleet.now;
  for (bool killed = false; !all_up() && fleet.now - asked < minutes(40);) {
    fleet.run_for(seconds(1));
    watched.look();
    if (killed || fleet.now - asked < minutes(2)) continue;
    killed = true;
    fleet.kill(false);
  }
  EXPECT_TRUE(all_up());
  EXPECT_EQ(watched.most_booting(), 50) << "as many as may";
  EXPECT_GE(watched.starts(), kMany) << "the next leader wakes anew what was on its way";
  RecordProperty("minutes", static_cast<int>((fleet.now - asked).count() / 60'000));
  watched.expect_limits();
}

/// 100,000 where somebody asks for it: the whole takes minutes.
std::int64_t wakes_to_simulate() {
  const char* given = std::getenv("ECOKUBE_SIMULATED_WAKES");
  return given == nullptr ? kWakes : std::stoll(given);
}

TEST(FleetSimulation, NoBootIsCutHoweverSlow) {
  constexpr int kFew = 60;
  const auto wanted = wakes_to_simulate();
  std::int64_t boots = 0;
  int cuts = 0;
  Duration longest{};
  for (std::uint64_t seed = 1; boots < wanted; ++seed) {
    MiniFleet fleet(seed, kFew, false);
    fleet.policy.inrush.all = {};
    fleet.coalesce = seconds(1);
    fleet.give_bmcs();
    fleet.hang_on_the_way_down();  // so that there are BMCs that may cut at all
    for (int i = 1; i <= 6; ++i) fleet.machines["w" + std::to_string(i)].slowness = 10;
    for (int round = 0; round < 30; ++round) {
      fleet.machines["w" + std::to_string(fleet.draw(7, kFew))].flashes = minutes(30);
      for (auto pods = fleet.draw(1, kFew - 10); pods > 0; --pods) {
        fleet.add_pod(seconds(fleet.draw(20, 90)), kWholeNode);
      }
      fleet.run_for(minutes(5));
    }
    EXPECT_TRUE(fleet.run_until([&] { return fleet.all_pods_done(); }, minutes(30)))
        << "seed " << seed;
    boots += fleet.boots();
    cuts += fleet.cuts();
    longest = std::max(longest, fleet.longest_wait());
    expect_no_errors(fleet);
    if (HasFailure()) return;
  }
  EXPECT_GT(cuts, 0) << "of what hangs on its way down";
  const Policy policy = fast_policy();
  EXPECT_LE(longest, policy.wake_deadline + minutes(3)) << "replaced at the deadline, and booted";
  RecordProperty("boots", static_cast<int>(boots));
  RecordProperty("cuts_on_the_way_down", cuts);
}

}  // namespace
}  // namespace ecokube::core::test
