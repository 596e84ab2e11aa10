// Goal: the best source there is counts, alone, and is named. Method: a machine with all of them,
// which loses one after the other.
#include "node-agent/sensors/power_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/agent/sensor_fixture.h"

namespace ecokube::agent {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

struct PowerMeterTest : testing::Test {
  PowercapTree tree;
  FakeClock clock;
  PowerMeterOptions options{tree.root.path(), tree.root.path(), Power::watts(10), Power::watts(50)};
  int second = 0;

  void all_sources() {
    tree.zone("intel-rapl:0", "package-0", 100);
    tree.zone("intel-rapl:1", "psys", 100);
    tree.root.write("class/hwmon/hwmon0/name", "power_meter\n");
    tree.root.write("class/hwmon/hwmon0/power1_average", "60000000\n");
    tree.root.write("stat", "cpu  100 0 100 800 0 0 0 0 0 0\n");
  }
  /// A second goes by: the package draws 10 W, psys 20 W.
  void tick(PowerMeter& meter) {
    ++second;
    const auto now = static_cast<std::uint64_t>(second);
    if (package) tree.energy("intel-rapl:0", 100 + 10 * now);
    if (psys) tree.energy("intel-rapl:1", 100 + 20 * now);
    clock.at(seconds(second));
    meter.sample();
  }
  static std::vector<PowerSource> counted(const PowerMeter& meter) {
    std::vector<PowerSource> sources;
    for (const auto& reading : meter.readings()) {
      if (reading.counts_for_node) sources.push_back(reading.source);
    }
    return sources;
  }

  bool package = true, psys = true;
};

TEST_F(PowerMeterTest, GoesDownTheDeclaredOrder) {
  all_sources();
  PowerMeter meter(options, clock);
  const auto expect = [&](PowerSource source) {
    EXPECT_EQ(meter.node().source, source) << to_string(source);
    EXPECT_EQ(counted(meter), std::vector{source});
  };
  for (int i = 0; i < 3; ++i) tick(meter);
  expect(PowerSource::hwmon);
  EXPECT_EQ(meter.node().total, joules(120));
  tree.root.write("class/hwmon/hwmon0/power1_average", "0\n");
  for (int i = 0; i < 7; ++i) tick(meter);
  expect(PowerSource::psys);
  psys = false;  // it stops to move
  for (int i = 0; i < 7; ++i) tick(meter);
  expect(PowerSource::rapl);
  package = false;
  for (int i = 0; i < 7; ++i) tick(meter);
  expect(PowerSource::model);
  tree.root.write("class/hwmon/hwmon0/power1_average", "60000000\n");
  tick(meter);
  expect(PowerSource::hwmon);
}

TEST_F(PowerMeterTest, TheModelFollowsTheLoad) {
  tree.root.write("stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3\n");
  package = psys = false;
  PowerMeter meter(options, clock);
  tick(meter);
  tree.root.write("stat", "cpu  150 0 100 850 0 0 0 0 0 0\n");  // half loaded
  second = 10;
  tick(meter);
  EXPECT_TRUE(is_estimate(meter.node().source));
  EXPECT_EQ(meter.node().total, joules(300));
  EXPECT_THAT(meter.why_not_measured(), HasSubstr("no energy counters"));
  clock.suspend(seconds(60));
  tick(meter);
  EXPECT_EQ(meter.node().total, joules(300));
  EXPECT_EQ(meter.node().unknown_intervals, 1U);
}

TEST_F(PowerMeterTest, SaysNoneRatherThanZero) {
  options.idle = options.peak = std::nullopt;
  package = psys = false;
  PowerMeter meter(options, clock);
  for (int i = 0; i < 3; ++i) tick(meter);
  EXPECT_EQ(meter.node().source, PowerSource::none);
  EXPECT_TRUE(meter.readings().empty());
}

// A made-up server as the kernel shows it: two packages with DRAM, the mmio twin, a psys.
TEST_F(PowerMeterTest, ReadsAWholeServer) {
  const std::filesystem::path machine = ECOKUBE_FIXTURES "/sysfs/two-socket-server";
  std::filesystem::copy(machine, tree.root.path(), std::filesystem::copy_options::recursive);
  options.idle = options.peak = std::nullopt;
  PowerMeter meter(options, clock);
  clock.at(seconds(1));
  meter.sample();
  tree.microjoules("intel-rapl:0", 61'871'032'178);
  tree.microjoules("intel-rapl:0:0", 9'001'000'000);
  tree.microjoules("intel-rapl:1", 40'000'000);  // wrapped
  tree.microjoules("intel-rapl:1:0", 8'002'000'000);
  clock.at(seconds(2));
  meter.sample();
  EXPECT_EQ(meter.node().source, PowerSource::rapl);
  EXPECT_EQ(meter.node().total.microjoules(), 100'000'000U + 1'000'000U + 50'000'000U + 2'000'000U);
}

}  // namespace
}  // namespace ecokube::agent
