// When BMCs are asked what their machine draws: while it is on, behind all else, and of those that
// can't tell only now and then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>
#include <vector>

#include "coordinator/power/bmcs.h"
#include "tests/contract/bmc/test_bmc.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WattsTest : public testing::Test {
 protected:
  WattsTest() {
    bmc.set_on(true);
    bmc.say_dcmi("212 184 activated");
  }
  std::unique_ptr<BmcControl> watch(milliseconds poll, milliseconds power_interval) {
    BmcOptions options;
    options.bmcs.emplace("w1", bmc.access());
    options.manners.order_spacing = milliseconds(0);
    options.manners.backoff_base = options.manners.backoff_max = std::chrono::hours(1);
    options.poll = poll;
    options.poll_close = milliseconds(20);
    options.power_interval = power_interval;
    auto control = make_bmcs(io.get_executor(), std::move(options));
    control->start([this](core::Fact fact) {
      if (const auto* seen = std::get_if<core::BmcSeen>(&fact)) readings.push_back(*seen);
      if (const auto* failed = std::get_if<core::BmcFailed>(&fact)) failures.push_back(*failed);
      if (const auto* said = std::get_if<core::BmcMeasured>(&fact)) measured.push_back(*said);
    });
    return control;
  }
  bool becomes(const std::function<bool()>& so) { return test::run_until(io, so); }
  /// So many more readings of its power have come.
  bool goes_on_for(std::size_t more) {
    const auto until = readings.size() + more;
    return becomes([&] { return readings.size() >= until; });
  }

  boost::asio::io_context io{1};
  test::IpmiTestBmc bmc{io};
  std::vector<core::BmcSeen> readings;
  std::vector<core::BmcFailed> failures;
  std::vector<core::BmcMeasured> measured;
};

TEST_F(WattsTest, WhatAMachineDrawsIsReadAgainAndAgain) {
  const auto control = watch(milliseconds(50), milliseconds(50));
  ASSERT_TRUE(becomes([&] { return !measured.empty(); }));
  EXPECT_EQ(measured.back().node, "w1");
  EXPECT_EQ(measured.back().power, Power::watts(212));
  EXPECT_EQ(measured.back().source, "dcmi");
  bmc.say_dcmi("300 184 activated");
  EXPECT_TRUE(becomes([&] { return measured.back().power == Power::watts(300); }));
  bmc.say_dcmi("0 0 deactivated");
  EXPECT_TRUE(becomes([&] { return !measured.back().power; }));
  EXPECT_THAT(measured.back().why, HasSubstr("deactivated"));
  bmc.say_dcmi("212 184 activated");
  EXPECT_TRUE(becomes([&] { return measured.back().power.has_value(); })) << "it is asked on";
  EXPECT_THAT(failures, IsEmpty());
  test::run(io, control->stop());
}

TEST_F(WattsTest, OnlyAMachineThatIsOnIsAskedForThem) {
  bmc.set_on(false);
  const auto control = watch(milliseconds(20), milliseconds(20));
  ASSERT_TRUE(goes_on_for(5));
  EXPECT_THAT(measured, IsEmpty());
  bmc.set_on(true);
  EXPECT_TRUE(becomes([&] { return !measured.empty(); }));
  test::run(io, control->stop());
}

TEST_F(WattsTest, OneOnItsWayIsNotAskedForThem) {
  const auto control = watch(milliseconds(50), milliseconds(50));
  control->look_closely({"w1"});
  ASSERT_TRUE(goes_on_for(5));
  EXPECT_THAT(measured, IsEmpty());
  control->look_closely({});
  EXPECT_TRUE(becomes([&] { return !measured.empty(); }));
  test::run(io, control->stop());
}

TEST_F(WattsTest, NeverMeansNever) {
  const auto control = watch(milliseconds(20), milliseconds(0));
  ASSERT_TRUE(goes_on_for(5));
  EXPECT_THAT(measured, IsEmpty());
  test::run(io, control->stop());
}

TEST_F(WattsTest, AnyGapBetweenTwoReadingsIsEnough) {
  const auto control = watch(milliseconds(1), milliseconds(1));
  EXPECT_TRUE(becomes([&] { return measured.size() >= 3 || readings.size() >= 60; }));
  EXPECT_GE(measured.size(), 3U);
  test::run(io, control->stop());
}

TEST_F(WattsTest, OneThatMeasuresNothingIsAskedOnceAnHourAndIsWell) {
  bmc.say_dcmi("");
  const auto control = watch(milliseconds(20), milliseconds(20));
  ASSERT_TRUE(becomes([&] { return !measured.empty(); }));
  ASSERT_TRUE(goes_on_for(8));
  ASSERT_EQ(measured.size(), 1U);
  EXPECT_FALSE(measured.back().power);
  EXPECT_THAT(measured.back().why, HasSubstr("Invalid command"));
  EXPECT_THAT(failures, IsEmpty());
  test::run(io, control->stop());
}

TEST_F(WattsTest, OneThatFailsAtThisAloneIsNotLeftAlone) {
  bmc.say_dcmi("0 0 busy");
  const auto control = watch(milliseconds(700), milliseconds(20));
  ASSERT_TRUE(becomes([&] { return measured.size() >= 3; }));
  EXPECT_THAT(measured.back().why, HasSubstr("Node busy"));
  EXPECT_TRUE(goes_on_for(2));
  EXPECT_THAT(failures, IsEmpty());
  test::run(io, control->stop());
}

boost::asio::awaitable<void> read_watts(BmcLane& lane, std::vector<std::string>& ends) {
  const auto said = co_await lane.read_watts();
  ends.push_back(said ? "watts" : said.error().message);
}

boost::asio::awaitable<void> switch_off(BmcLane& lane, std::vector<std::string>& ends) {
  const auto done = co_await lane.order(BmcVerb::off, std::nullopt, [] { return Result<void>{}; });
  ends.push_back(done ? "off" : done.error().message);
}

TEST_F(WattsTest, AnOrderThatWaitsForItsTimeGoesFirst) {
  BmcManners manners;
  manners.order_spacing = milliseconds(1500);
  const auto shared = std::make_shared<BmcLane::Shared>(io.get_executor(), manners, 1);
  BmcLane lane(io.get_executor(), make_controller(io.get_executor(), bmc.access()), shared);
  std::vector<std::string> ends;
  test::run(io, switch_off(lane, ends));
  bmc.set_on(true);
  boost::asio::co_spawn(io, switch_off(lane, ends), [](std::exception_ptr) {});
  boost::asio::co_spawn(io, read_watts(lane, ends), [](std::exception_ptr) {});
  EXPECT_TRUE(becomes([&] { return ends.size() == 3; }));
  EXPECT_THAT(ends, ElementsAre("off", "off", "watts"));
}

}  // namespace
}  // namespace ecokube
