// Goal: a meter's figure is taken for what it is, and its ways of saying "unknown" for nothing.
#include "node-agent/sensors/hwmon_meter.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/sensor_fixture.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Power kMax = Power::watts(2000);

TEST(PlausiblePower, RefusesSentinels) {
  const struct {
    const char* what;
    std::uint64_t microwatts;
    std::optional<Power> expected;
  } cases[] = {
      {"a server", 182'500'000, Power::milliwatts(182'500)},
      {"0 W of a meter that is off", 0, std::nullopt},
      {"0xFFFFFFFF mW in microwatts", 4'294'967'295'000, std::nullopt},
      {"0xFFFFFFFF as it is", 4'294'967'295, std::nullopt},
      {"more than the machine can draw", 2'000'001'000, std::nullopt},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(plausible_power(c.microwatts, Power::watts(2000)), c.expected) << c.what;
    EXPECT_EQ(plausible_power(4'294'967'295, Power::watts(100'000)), std::nullopt)
        << "also where 4.3 kW would be possible";
  }
}

struct HwmonTest : testing::Test {
  test::TempDir root;
  FakeClock clock;
  HwmonMeter meter{root.path(), "power_meter", kMax};

  void watts(std::uint64_t watts) {
    root.write("class/hwmon/hwmon3/power1_average", std::to_string(watts * 1'000'000) + "\n");
  }
  void sample(std::chrono::nanoseconds at) {
    clock.at(at);
    meter.sample(clock);
  }
};

TEST_F(HwmonTest, SumsUpTheMachinesMeterAndNoOther) {
  root.write("class/hwmon/hwmon0/name", "amdgpu\n");
  root.write("class/hwmon/hwmon0/power1_average", "9000000\n");
  root.write("class/hwmon/hwmon3/name", "power_meter\n");
  watts(100);
  sample(seconds(1));
  watts(120);
  sample(seconds(2));
  sample(milliseconds(2100));  // too soon for another read
  sample(seconds(3));
  EXPECT_TRUE(meter.measures());
  EXPECT_EQ(meter.total(), joules(240));
  EXPECT_EQ(meter.power(), Power::watts(120));
}

TEST_F(HwmonTest, OfTwoOfAKindTakesTheLowerNumber) {
  root.write("class/hwmon/hwmon10/name", "power_meter\n");
  root.write("class/hwmon/hwmon10/power1_average", "90000000\n");
  root.write("class/hwmon/hwmon9/name", "power_meter\n");
  root.write("class/hwmon/hwmon9/power1_average", "50000000\n");
  sample(seconds(1));
  EXPECT_EQ(meter.power(), Power::watts(50));
}

TEST_F(HwmonTest, FindsAnOlderDriversFilesLater) {
  sample(seconds(1));
  EXPECT_FALSE(meter.found());
  root.write("class/hwmon/hwmon1/device/name", "power_meter\n");
  root.write("class/hwmon/hwmon1/device/power1_average", "50000000\n");
  sample(seconds(5));
  EXPECT_FALSE(meter.found()) << "it does not look each time";
  sample(seconds(12));
  EXPECT_TRUE(meter.measures());
}

TEST_F(HwmonTest, SaysNothingWhereTheMeterSaysNothing) {
  root.write("class/hwmon/hwmon3/name", "power_meter\n");
  watts(100);
  sample(seconds(1));
  root.write("class/hwmon/hwmon3/power1_average", "4294967295000\n");
  for (int second = 2; second <= 5; ++second) sample(seconds(second));
  EXPECT_TRUE(meter.measures()) << "a short hole is bridged";
  for (int second = 6; second <= 9; ++second) sample(seconds(second));
  EXPECT_FALSE(meter.measures());
  EXPECT_EQ(meter.total(), joules(0));
  watts(100);
  sample(seconds(10));
  sample(seconds(11));
  EXPECT_TRUE(meter.measures());
  EXPECT_EQ(meter.total(), joules(100));
  EXPECT_EQ(meter.unknown_intervals(), 1U);
}

TEST_F(HwmonTest, LeavesOutSuspend) {
  root.write("class/hwmon/hwmon3/name", "power_meter\n");
  watts(100);
  sample(seconds(1));
  clock.suspend(seconds(600));
  sample(seconds(2));
  sample(seconds(3));
  EXPECT_EQ(meter.total(), joules(100));
  EXPECT_EQ(meter.unknown_intervals(), 1U);
}

}  // namespace
}  // namespace ecokube::agent
