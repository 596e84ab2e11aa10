// S6: what a machine counts with under a cap in watts.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/steady.h"
#include "coordinator/core/watts.h"

namespace ecokube::core::test {
namespace {

TEST(Peak, ThePeakIsWhatSomebodySaidElseAtLeastTheDefault) {
  Policy policy = worker_policy();
  Bench bench(policy);
  bench.fleet({"w1"});
  Node& node = bench.world.nodes.at("w1");
  const auto watts = [&] { return peak_of(policy, node).milliwatts() / 1000; };
  EXPECT_EQ(watts(), 500) << "never 0";
  const auto measure = [&](std::int64_t milliwatts) {
    auto beat = bench.beat_of("w1");
    beat.power = Power::milliwatts(milliwatts);
    bench.see(beat);
  };
  measure(123'400);
  EXPECT_EQ(watts(), 500) << "that it drew little so far is no proof of a peak";
  measure(601'000);
  EXPECT_EQ(watts(), 605) << "in steps";
  measure(90'000);
  EXPECT_EQ(watts(), 605);
  node.inventory.peak = Power::watts(250);
  EXPECT_EQ(watts(), 250);
  policy.pools.front().peak = Power::watts(220);
  EXPECT_EQ(watts(), 220);
  policy.nodes["w1"].peak = Power::watts(180);
  EXPECT_EQ(watts(), 180);
}

TEST(Peak, WhatWasMeasuredIsRemembered) {
  Bench bench;
  bench.fleet({"w1"});
  auto beat = bench.beat_of("w1");
  beat.power = Power::watts(700);
  bench.see(beat);
  Bench next;
  next.see(Recovered{{remembered(bench.node("w1"))}, {}});
  EXPECT_EQ(peak_of(next.policy, next.node("w1")), Power::watts(700));
}

TEST(Peak, OneAboveTheDefaultIsNewsWhereACapHangsOnIt) {
  Bench bench;
  bench.fleet({"w1"});
  auto beat = bench.beat_of("w1");
  const auto nothing_new = [&](std::int64_t watts) {
    beat.power = Power::watts(watts);
    return says_nothing_new(bench.world, bench.policy, {bench.now, beat});
  };
  EXPECT_TRUE(nothing_new(700)) << "there is no cap";
  bench.policy.inrush.all.watts_cap = Power::watts(4000);
  EXPECT_FALSE(nothing_new(700));
  EXPECT_TRUE(nothing_new(400));
}

}  // namespace
}  // namespace ecokube::core::test
