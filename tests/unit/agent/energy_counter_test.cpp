// Goal: energy is never negative and never a spike, whatever a counter does. Method: a table of
// pairs of readings, and a made-up machine whose counter wraps and is reset at random.
#include "node-agent/sensors/energy_counter.h"

#include <gtest/gtest.h>

#include <random>

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kRange = 262'143'328'850;  // 2^32 - 1 units of 61.03 uJ
const CounterLimits kLimits{kRange, Power::watts(200)};

struct Case {
  const char* what;
  std::uint64_t before, now;
  milliseconds elapsed;
  std::optional<Energy> expected;
};

TEST(EnergyBetween, TellsWrapFromReset) {
  const Case cases[] = {
      {"a plain rise", 1'000'000, 51'000'000, seconds(1), Energy::joules(50)},
      {"no change", 5, 5, seconds(1), Energy::joules(0)},
      {"a wrap: ten joules before the end, forty after", kRange - 10'000'000, 39'999'939,
       seconds(1), Energy::joules(50)},
      {"a reset at half the range", kRange / 2, 1'000'000, seconds(1), std::nullopt},
      {"a reset to zero shortly after the start", 30'000'000, 0, seconds(1), std::nullopt},
      {"a rise nothing could draw", 0, 1'000'000'000, seconds(1), std::nullopt},
      {"so long that it may have wrapped twice", 0, 1'000'000, seconds(3600), std::nullopt},
      {"a clock that went back", 0, 1'000'000, seconds(-1), std::nullopt},
      {"a reading above the counter's own range", kRange + 500, 100, seconds(1), std::nullopt},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(energy_between(c.before, c.now, c.elapsed, kLimits), c.expected) << c.what;
  }
}

TEST(EnergyBetween, CounterWithoutKnownRangeNeverWraps) {
  EXPECT_EQ(energy_between(100, 50, seconds(1), {0, Power::watts(200)}), std::nullopt);
  EXPECT_EQ(energy_between(50, 100, seconds(1), {0, Power::watts(200)}), Energy::microjoules(50));
}

ReadTime moment(std::chrono::nanoseconds at) { return {{at, at}, {at, at}}; }

TEST(CumulativeEnergy, CountsTheUnknownAndGoesOn) {
  CumulativeEnergy energy;
  energy.read(100'000'000, moment(seconds(1)), kLimits);
  energy.read(150'000'000, moment(seconds(2)), kLimits);
  energy.read(10'000'000, moment(seconds(3)), kLimits);  // reset
  energy.read(60'000'000, moment(seconds(4)), kLimits);
  energy.lost();
  energy.read(70'000'000, moment(seconds(6)), kLimits);
  energy.read(80'000'000, moment(seconds(7)), kLimits);
  EXPECT_EQ(energy.total(), Energy::joules(110));
  EXPECT_EQ(energy.unknown_intervals(), 2U);
}

TEST(CumulativeEnergy, LeavesOutSuspend) {
  const auto at = [](std::chrono::nanoseconds awake, std::chrono::nanoseconds asleep) {
    const Stamp stamp{awake, awake + asleep};
    return ReadTime{stamp, stamp};
  };
  CumulativeEnergy energy;
  energy.read(100'000'000, at(seconds(1), seconds(0)), kLimits);
  energy.read(150'000'000, at(seconds(2), seconds(0)), kLimits);
  energy.read(160'000'000, at(seconds(3), seconds(600)), kLimits);
  energy.read(165'000'000, at(seconds(4), seconds(600)), kLimits);
  EXPECT_EQ(energy.total(), Energy::joules(55));
  EXPECT_EQ(energy.unknown_intervals(), 1U);
}

// A range of 65.5 kJ wraps in 234 s at 280 W, one of 262 kJ in 874 s at 300 W; the bounds are twice
// these powers.
TEST(CumulativeEnergy, DiscardsAnIntervalOverHalfTheTimeOfAWrap) {
  const struct {
    CounterLimits limits;
    seconds half;
  } cases[] = {{{65'532'610'987, Power::watts(560)}, seconds(117)},
               {{262'143'328'850, Power::watts(600)}, seconds(436)}};
  for (const auto& c : cases) {
    CumulativeEnergy energy;
    energy.read(0, moment(seconds(0)), c.limits);
    energy.read(100, moment(c.half - seconds(1)), c.limits);
    EXPECT_EQ(energy.unknown_intervals(), 0U);
    energy.read(200, moment(2 * c.half + seconds(1)), c.limits);
    EXPECT_EQ(energy.unknown_intervals(), 1U) << c.half.count();
  }
}

TEST(CumulativeEnergy, FollowsAMachineThroughWrapsAndResets) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const CounterLimits limits{65'532'610'987, Power::watts(200)};  // a small range: wraps often
    const std::uint64_t states = limits.range_uj + 15;
    std::uint64_t counter = random() % states, known = 0;
    auto at = std::chrono::nanoseconds(seconds(1));
    CumulativeEnergy energy;
    energy.read(counter, moment(at), limits);
    std::uint64_t resets = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto step = milliseconds(1000 + random() % 60'000);
      const auto used = energy_of(Power::watts(static_cast<std::int64_t>(random() % 180)), step);
      at += step;
      const bool reset = random() % 50 == 0 && counter > states / 4 && counter < states / 4 * 3;
      if (reset) {
        counter = random() % 1000;
        ++resets;
      } else {
        counter = (counter + used.microjoules()) % states;
        known += used.microjoules();
      }
      energy.read(counter, moment(at), limits);
    }
    ASSERT_EQ(energy.total().microjoules(), known) << "seed " << seed;
    ASSERT_EQ(energy.unknown_intervals(), resets) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ecokube::agent
