// Goal: no sleep outlasts what was configured nor the certificate (S26), and a clock that can't is
// no reason for anything else.
#include "node-agent/wake/rtc_waking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/helper_double.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using namespace std::chrono_literals;
using test::HelperDouble;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::hours kDay{24};
const TimePoint kNow(std::chrono::seconds(1'800'000'000));

TEST(RtcAlarmTime, IsTheEarlierOfTheLongestSleepAndTheCertificatesEnd) {
  const auto ends = [](std::chrono::hours in, std::chrono::hours life = 398 * kDay) {
    return std::vector{Validity{kNow + in - life, kNow + in}};
  };
  EXPECT_EQ(rtc_alarm_time(kNow, 14 * kDay, ends(100 * kDay)), kNow + 14 * kDay);
  EXPECT_EQ(rtc_alarm_time(kNow, 14 * kDay, ends(10 * kDay)), kNow + 9 * kDay) << "a day before";
  EXPECT_EQ(rtc_alarm_time(kNow, 14 * kDay, ends(6h, 6h)), kNow + 5h) << "of a short one less";
  EXPECT_EQ(rtc_alarm_time(kNow, 14 * kDay, ends(1h)), kNow + 10min);
  EXPECT_EQ(rtc_alarm_time(kNow, 14 * kDay, ends(-1h)), kNow + 10min);
}

TEST(RtcAlarmTime, IsEarlyEnoughForEachCertificate) {
  const Validity own{kNow, kNow + 100 * kDay};
  const Validity kubelet{kNow - 6h, kNow + 18h};
  EXPECT_EQ(rtc_alarm_time(kNow, 14 * kDay, {own, kubelet}), kNow + 14h);
  EXPECT_EQ(rtc_alarm_time(kNow, 14 * kDay, {kubelet, own}), kNow + 14h);
  EXPECT_EQ(rtc_alarm_time(kNow, 14 * kDay, {}), kNow + 14 * kDay);
}

struct RtcWakingTest : testing::Test {
  test::TempDir dir;
  boost::asio::io_context io{1};
  RtcWakingOptions options;

  RtcWakingTest() {
    dir.write("class/rtc/rtc0/wakealarm", "");
    options.sysfs = dir.path();
    options.socket = dir / "rtc.sock";
    options.longest = 14 * kDay;
    options.now = [] { return kNow; };
    options.certificates = [] { return std::vector{Validity{kNow - kDay, kNow + 100 * kDay}}; };
    options.limit = 10s;
  }
  void set() {
    RtcWaking clock(io.get_executor(), options);
    test::run(io, clock.set());
  }
};

TEST_F(RtcWakingTest, SetsTheAlarm) {
  HelperDouble helper(io, options.socket, [](const std::string&) { return "alarm=1801209600"; });
  EXPECT_TRUE(RtcWaking(io.get_executor(), options).able());
  set();
  EXPECT_THAT(helper.asked(), ElementsAre("set 1801209600"));
}

TEST_F(RtcWakingTest, EndsWhateverTheHelperDoes) {
  set();  // it is not there
  HelperDouble helper(io, options.socket, [](const std::string&) { return std::nullopt; });
  options.limit = 500ms;
  set();
  options.limit = 10s;
  helper.answers([](const std::string&) { return "nonsense"; });
  set();
  helper.answers([](const std::string&) { return "problem=no"; });
  set();
  EXPECT_EQ(helper.asked().size(), 3U);
}

TEST_F(RtcWakingTest, AsksNothingWhereItIsNotWantedOrCant) {
  HelperDouble helper(io, options.socket, [](const std::string&) { return "alarm=none"; });
  options.longest = 0h;
  set();
  options.longest = kDay;
  std::filesystem::remove(dir / "class/rtc/rtc0/wakealarm");
  EXPECT_FALSE(RtcWaking(io.get_executor(), options).able());
  set();
  EXPECT_THAT(helper.asked(), IsEmpty());
}

}  // namespace
}  // namespace ecokube::agent
