// S17: without a time of its own, a pool's nodes stay on for as long as they must be off for a boot
// to be saved.
#include "coordinator/core/break_even.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace ecokube::core::test {
namespace {

class BreakEven : public testing::Test {
 protected:
  BreakEven() {
    bench.policy.pools.front().unneeded_time.reset();
    bench.fleet({"w1"});
  }
  Node& node() { return bench.world.nodes.at("w1"); }
  Pool& pool() { return bench.policy.pools.front(); }
  void boots(std::initializer_list<int> times_s) {
    node().boot_times.clear();
    for (const int time : times_s) node().boot_times.emplace_back(seconds(time));
  }
  void draws(std::int64_t idle_mw, std::int64_t peak_mw) {
    node().inventory.idle = Power::milliwatts(idle_mw);
    node().inventory.peak = Power::milliwatts(peak_mw);
  }
  [[nodiscard]] std::int64_t time_s() {
    return unneeded_time(bench.policy, pool(), node()).count() / 1000;
  }
  Bench bench;
};

// Energy from the order to off and from the wake to Ready, over idle less off.
struct EnergyModel {
  const char* name;
  std::int64_t idle_mw, peak_mw;
  int boot_s;
  double exact_s;
};

TEST_F(BreakEven, IsNearWhatTheEnergyOfWholeBootsSays) {
  constexpr EnergyModel kModels[] = {
      {"a node of a cluster, measured", 95'000, 190'738, 152, 211.7},
      {"a server of two sockets", 150'000, 500'000, 240, 355.7},
      {"one that tests itself for long", 150'000, 500'000, 540, 685.7},
      {"a mini-PC", 12'000, 60'000, 40, 97.5}};
  for (const auto& model : kModels) {
    boots({model.boot_s});
    draws(model.idle_mw, model.peak_mw);
    const auto found = break_even(bench.policy, node());
    ASSERT_TRUE(found) << model.name;
    const double found_s = static_cast<double>(found->count()) / 1000;
    EXPECT_GT(found_s, 0.9 * model.exact_s) << model.name;
    EXPECT_LT(found_s, 1.5 * model.exact_s) << model.name << ": it would idle for nothing";
  }
}

TEST_F(BreakEven, TakesTheMedianBootAndAPeakOfThreeTimesIdleWhereNoWattsAreKnown) {
  node().inventory.idle.reset();
  node().inventory.peak = Power::watts(100);
  boots({150, 900, 90});
  EXPECT_EQ(time_s(), 250);
  draws(100'000, 300'000);
  EXPECT_EQ(time_s(), 250) << "that is what was taken for it";
  draws(100'000, 500'000);
  EXPECT_EQ(time_s(), 350);
  bench.policy.nodes["w1"].peak = Power::watts(300);
  EXPECT_EQ(time_s(), 250) << "what a person says goes before what the agent does";
}

TEST_F(BreakEven, APeakBelowIdleAndIdleOfNothingLeadToNoOddTime) {
  boots({150});
  draws(100'000, 1'000);
  EXPECT_EQ(time_s(), 150);
  draws(0, 100'000);
  EXPECT_EQ(time_s(), 250);
}

TEST_F(BreakEven, LastsFromAMinuteToAnHourAndTenMinutesWithoutABoot) {
  EXPECT_FALSE(break_even(bench.policy, node()));
  EXPECT_EQ(time_s(), 600);
  boots({3});
  EXPECT_EQ(time_s(), 60);
  boots({7200});
  EXPECT_EQ(time_s(), 3600);
}

TEST_F(BreakEven, AConfiguredTimeWins) {
  boots({150});
  pool().unneeded_time = seconds(5);
  EXPECT_EQ(time_s(), 5);
}

TEST_F(BreakEven, WhatHadWorkStaysOnForAsLongAndSaysWhy) {
  boots({150});
  draws(100'000, 300'000);
  const auto since = bench.now;
  node().work_ended_at = since;
  bench.pass(seconds(100));
  EXPECT_TRUE(bench.want("w1").on);
  EXPECT_EQ(bench.want("w1").reason.code, "NotUnneededLongEnough");
  EXPECT_EQ(bench.want("w1").reason.text,
            "idle; may be put down in 150 s; what its boot costs is saved in 250 s off");
  EXPECT_TRUE(bench.broken(bench.forced_mark("w1")).contains("S17 NotUnneededLongEnough"));
  node().boot_times.clear();
  EXPECT_EQ(bench.want("w1").reason.text,
            "idle; may be put down in 500 s, since no boot of it was seen that tells what its way "
            "back costs");
  boots({150});
  bench.pass(since + seconds(250) - bench.now - Duration(1));
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  bench.pass(Duration(1));
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
}

}  // namespace
}  // namespace ecokube::core::test
