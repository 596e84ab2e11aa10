// Goal: energy is the draw of the state and the work, times time, and the counter wraps and resets
// as a real one does.
#include "lab/machine/power_meter.h"

#include <gtest/gtest.h>

namespace ecokube::lab {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kMeteredFrom = from_ms(1'000'000);
constexpr std::uint64_t kRange = 1'000'000'000;

TEST(PowerMeter, DrawFollowsStateAndWork) {
  const PowerModel model{.cpu_millicores = 1000};
  EXPECT_EQ(draw(model, PowerState::off, 1000), Power::milliwatts(800));
  EXPECT_EQ(draw(model, PowerState::booting, 0), Power::watts(28));
  EXPECT_EQ(draw(model, PowerState::on, 0), Power::watts(8));
  EXPECT_EQ(draw(model, PowerState::on, 500), Power::watts(18));
  EXPECT_EQ(draw(model, PowerState::dying, 1000), Power::watts(28));
  EXPECT_EQ(draw(model, PowerState::on, 5000), Power::watts(28)) << "no more than the peak";
}

TEST(PowerMeter, CountsEnergyAndWork) {
  PowerMeter meter({.cpu_millicores = 1000}, kRange, kMeteredFrom);
  meter.advance(kMeteredFrom + 10s, PowerState::off, 0);
  EXPECT_EQ(meter.total(), Energy::joules(8));
  EXPECT_EQ(meter.counter_uj(), 0U) << "the counter has no power";
  meter.advance(kMeteredFrom + 20s, PowerState::on, 500);
  EXPECT_EQ(meter.total(), Energy::joules(188));
  EXPECT_EQ(meter.counter_uj(), 180'000'000U);
  EXPECT_EQ(meter.core_counter_uj(), 108'000'000U);
  EXPECT_DOUBLE_EQ(meter.busy_seconds(), 5.0);
  meter.advance(kMeteredFrom + 15s, PowerState::on, 500);
  EXPECT_EQ(meter.total(), Energy::joules(188)) << "time that went backwards counts nothing";
}

TEST(PowerMeter, CounterWrapsAndIsResetByABoot) {
  PowerMeter meter({}, 100'000'000, kMeteredFrom);
  meter.advance(kMeteredFrom + 15s, PowerState::on, 0);
  EXPECT_EQ(meter.counter_uj(), 20'000'000U) << "120 J on a counter of 100 J";
  meter.reset_counter();
  EXPECT_EQ(meter.counter_uj(), 0U);
  EXPECT_EQ(meter.total(), Energy::joules(120));
}

}  // namespace
}  // namespace ecokube::lab
