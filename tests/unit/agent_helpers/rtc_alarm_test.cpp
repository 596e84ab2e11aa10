// Goal: the clock's alarm is set to the time that was asked for and read back, within bounds, and
// nobody else's alarm is lost.
#include "node-agent/helpers/rtc_alarm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"
#include "tests/unit/agent_helpers/helper_process.h"

namespace ecokube::agent {
namespace {

using testing::HasSubstr;
constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;

struct RtcAlarm : testing::Test {
  test::TempDir dir;

  RtcAlarm() {
    alarm("");
    dir.write("class/rtc/rtc0/since_epoch", std::to_string(kNow) + "\n");
    dir.write("class/rtc/rtc0/device/power/wakeup", "enabled\n");
  }
  void alarm(const std::string& text) { dir.write("class/rtc/rtc0/wakealarm", text); }
  std::string file() { return test::read_text(dir / "class/rtc/rtc0/wakealarm"); }
  RtcAnswer set(std::int64_t at) { return answer_of({at}, dir.path(), kNow); }
};

TEST_F(RtcAlarm, IsSetAndReadBack) {
  const auto at = kNow + 14 * kDay;
  EXPECT_EQ(set(at), (RtcAnswer{true, at, ""}));
  EXPECT_EQ(file(), std::to_string(at) + "\n");
  EXPECT_EQ(answer_of({}, dir.path(), kNow), (RtcAnswer{true, at, ""}));
  dir.write("class/rtc/rtc0/since_epoch", std::to_string(at + 1) + "\n");
  EXPECT_EQ(answer_of({}, dir.path(), at + 1), (RtcAnswer{true, std::nullopt, ""})) << "has rung";
}

TEST_F(RtcAlarm, IsOfTheNext60Days) {
  for (const auto at : {kNow, kNow - kDay, kNow + 60 * kDay + 1, std::int64_t{0}}) {
    EXPECT_THAT(set(at).problem, HasSubstr("next 60 days")) << at;
    EXPECT_EQ(file(), "");
  }
  EXPECT_EQ(set(kNow + 60 * kDay).problem, "");
}

TEST_F(RtcAlarm, LeavesAnEarlierOneOfSomebodyElse) {
  alarm(std::to_string(kNow + kHour) + "\n");
  EXPECT_EQ(set(kNow + kDay), (RtcAnswer{true, kNow + kHour, ""}));
  EXPECT_EQ(file(), std::to_string(kNow + kHour) + "\n");
  alarm(std::to_string(kNow + 3 * kDay) + "\n");
  EXPECT_EQ(set(kNow + kDay).alarm_s, kNow + kDay) << "a later one is brought forward";
  alarm(std::to_string(kNow - kDay) + "\n");
  EXPECT_EQ(set(kNow + kDay).alarm_s, kNow + kDay) << "one that has rung does not count";
}

TEST_F(RtcAlarm, IsRefusedByAClockThatIsWrongOrMayNotWake) {
  dir.write("class/rtc/rtc0/since_epoch", std::to_string(kNow - 14 * kHour) + "\n");
  EXPECT_EQ(set(kNow + kDay).problem, "") << "it shows local time";
  dir.write("class/rtc/rtc0/since_epoch", std::to_string(kNow - 48 * kHour) + "\n");
  EXPECT_THAT(set(kNow + 2 * kDay).problem, HasSubstr("off by 48 hours; run: hwclock --systohc"));
  dir.write("class/rtc/rtc0/device/power/wakeup", "disabled\n");
  EXPECT_THAT(set(kNow + kDay).problem, HasSubstr("may not wake the machine"));
  std::filesystem::remove(dir / "class/rtc/rtc0/wakealarm");
  const auto none = set(kNow + kDay);
  EXPECT_FALSE(none.able);
  EXPECT_THAT(none.problem, HasSubstr("no clock that could wake it"));
}

TEST_F(RtcAlarm, IsNotBelievedUnread) {
  const auto path = dir / "class/rtc/rtc0/wakealarm";
  std::filesystem::remove(path);
  // Takes all and keeps nothing: /dev/null.
  if (::mknod(path.c_str(), S_IFCHR | 0666, ::makedev(1, 3)) != 0) GTEST_SKIP() << "needs root";
  const auto answer = set(kNow + kDay);
  EXPECT_EQ(answer.alarm_s, std::nullopt);
  EXPECT_THAT(answer.problem, HasSubstr("does not keep it"));
}

TEST_F(RtcAlarm, SaysThatTheClockRefuses) {
  const auto path = dir / "class/rtc/rtc0/wakealarm";
  std::filesystem::remove(path);
  std::filesystem::create_symlink(dir / "elsewhere", path);
  dir.write("elsewhere", "");
  EXPECT_THAT(set(kNow + 20 * kDay).problem, HasSubstr("refuses an alarm in 20 days"));
  EXPECT_EQ(test::read_text(dir / "elsewhere"), "");
}

TEST(RtcQuestion, IsStatusOrATime) {
  EXPECT_EQ(parse_rtc_question("status").value(), RtcQuestion{});
  EXPECT_EQ(parse_rtc_question("set 1800000000").value(), RtcQuestion{kNow});
  for (const auto* line : {"", "set", "set ", "set -1", "set +60", "set 1 2", "set 1e9", "get",
                           "set 99999999999999999999", "status "}) {
    EXPECT_FALSE(parse_rtc_question(line)) << line;
  }
}

TEST(RtcAnswer, IsALineAndBack) {
  for (const auto& answer :
       {RtcAnswer{true, kNow, ""}, RtcAnswer{true, std::nullopt, "the clock = wrong"},
        RtcAnswer{false, std::nullopt, "no clock"}}) {
    auto line = to_line(answer);
    EXPECT_EQ(line.back(), '\n');
    line.pop_back();
    EXPECT_EQ(parse_rtc_answer(line).value(), answer) << line;
  }
  for (const auto* line :
       {"", "alarm=", "alarm=soon", "alarm=1 more", "problem=", "alarm=none x"}) {
    EXPECT_FALSE(parse_rtc_answer(line)) << line;
  }
}

TEST(RtcHelper, AnswersRoot) {
  if (::getuid() != 0) GTEST_SKIP() << "only root and the agent may ask";
  test::HelperProcess helper(ECOKUBE_RTC_ALARM);
  helper.write("set 5\n");
  EXPECT_THAT(helper.read(), testing::AnyOf(HasSubstr("problem=this machine has no clock"),
                                            HasSubstr("next 60 days")));
  EXPECT_EQ(helper.end(), 0);
}

}  // namespace
}  // namespace ecokube::agent
