// Goal: `ecokube-agent power` shows each zone with its power, or why it has none.
#include "node-agent/commands/power_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/unit/agent/sensor_fixture.h"

namespace ecokube::agent {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

struct PowerReportTest : testing::Test {
  PowercapTree tree;
  FakeClock clock;
  PowerReporter reporter;

  PowerReport after_two_seconds() {
    PowerMeterOptions options;
    options.sysfs_root = tree.root.path();
    PowerMeter meter(options, clock);
    PowerReport report;
    for (int second = 1; second <= 3; ++second) {
      tree.microjoules("intel-rapl:0", 12'340'000ULL * static_cast<std::uint64_t>(second));
      tree.energy("intel-rapl:0:0", 8 * static_cast<std::uint64_t>(second));
      clock.at(seconds(second));
      meter.sample();
      report = reporter.report(meter, clock.now());
    }
    return report;
  }
};

TEST_F(PowerReportTest, ShowsZonesWattsAndReasons) {
  tree.zone("intel-rapl:0", "package-0", 1);
  tree.zone("intel-rapl:0:0", "core", 1);
  tree.zone("intel-rapl:0:1", "dram", 1);
  tree.zone("intel-rapl-mmio:0", "package-0", 1);
  const auto text = report_text(after_two_seconds());
  EXPECT_THAT(text, HasSubstr("package-0       intel-rapl:0           12.34          24.7\n"));
  EXPECT_THAT(text, HasSubstr("8.00          16.0  part of its package\n"));
  EXPECT_THAT(text, HasSubstr("-  has not moved yet\n"));
  EXPECT_THAT(text, HasSubstr("-  the same energy as intel-rapl:0\n"));
  EXPECT_THAT(text, HasSubstr("node: 12.34 W by rapl (CPUs and memory, not the whole machine)\n"));
}

TEST_F(PowerReportTest, SaysInJsonWhatIsNotKnown) {
  tree.zone("intel-rapl:0", "package-0", 1);
  tree.zone("intel-rapl:0:0", "core", 1);
  tree.zone("intel-rapl-mmio:0", "package-0", 1);
  const auto document = report_json(after_two_seconds());
  EXPECT_EQ(document.at("source"), "rapl");
  EXPECT_EQ(document.at("watts"), 12.34);
  const auto& zones = document.at("zones").as_array();
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[0].at("counts"), true);
  EXPECT_EQ(zones[1].at("counts"), false);
  EXPECT_TRUE(zones[2].at("watts").is_null());
}

TEST_F(PowerReportTest, GivesNoFigureWhereNothingMeasures) {
  const auto report = after_two_seconds();
  EXPECT_FALSE(report.power);
  EXPECT_THAT(report_text(report), HasSubstr("node: not known\nthe machine shows no energy"));
  EXPECT_TRUE(report_json(report).at("watts").is_null());
}

}  // namespace
}  // namespace ecokube::agent
