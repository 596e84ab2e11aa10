// Goal: the owner's limits bind, and a file that is wrong, or not the owner's alone, forbids all.
#include "node-agent/shutdown/limits.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/must.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

constexpr std::int64_t kNow = 1'764'000'000;
constexpr int kNoon = 12 * 60;

struct LimitsFile : testing::Test {
  test::TempDir dir;
  Result<Limits> read(const std::string& text) {
    return read_limits(dir.write("limits.toml", text), ::getuid());
  }
};

TEST_F(LimitsFile, ThatIsNotThereLimitsNothing) {
  const auto limits = test::must(read_limits(dir / "limits.toml", ::getuid()));
  EXPECT_EQ(limits, Limits{});
  EXPECT_EQ(limit_reached(limits, {kNow, kNow, kNow}, kNow, kNoon), "");
}

TEST_F(LimitsFile, IsReadWhole) {
  const auto limits =
      test::must(read("never_off = true\noffs_per_day_max = 3\n"
                      "allowed_hours = [\"20:00-06:30\", \"12:00-13:00\"]\n"));
  EXPECT_EQ(limits, (Limits{true, 3, {{20 * 60, 6 * 60 + 30}, {kNoon, 13 * 60}}}));
}

TEST_F(LimitsFile, WithAMistakeIsAnError) {
  for (const auto* text : {"never_of = true\n", "offs_per_day_max = -1\n",
                           "allowed_hours = [\"20:00\"]\n", "allowed_hours = [\"20:00-25:00\"]\n",
                           "allowed_hours = [\"06:00-06:00\"]\n", "never_off"}) {
    EXPECT_FALSE(read(text)) << text;
  }
}

TEST_F(LimitsFile, ThatOthersMayChangeIsAnError) {
  const auto file = dir.write("limits.toml", "");
  ::chmod(file.c_str(), 0664);
  EXPECT_FALSE(read_limits(file, ::getuid())) << "its group may write";
  ::chmod(file.c_str(), 0644);
  EXPECT_TRUE(read_limits(file, ::getuid()));
  EXPECT_FALSE(read_limits(file, ::getuid() + 1)) << "it is another user's";
  ::chmod(dir.path().c_str(), 0777);
  EXPECT_FALSE(read_limits(file, ::getuid())) << "anybody may put another in its place";
}

TEST(Limit, NeverOff) { EXPECT_NE(limit_reached({true, {}, {}}, {}, kNow, kNoon), ""); }

TEST(Limit, OffsPerDay) {
  const Limits limits{false, 2, {}};
  const std::int64_t day = 24 * 3600;
  EXPECT_EQ(limit_reached(limits, {kNow - day, kNow - day + 1}, kNow, kNoon), "");
  EXPECT_NE(limit_reached(limits, {kNow - day + 1, kNow - 5}, kNow, kNoon), "");
  EXPECT_NE(limit_reached(limits, {kNow + 900, kNow + 901}, kNow, kNoon), "") << "clock set back";
  EXPECT_NE(limit_reached({false, 0, {}}, {}, kNow, kNoon), "");
}

TEST(Limit, AllowedHours) {
  const Limits night{false, {}, {{20 * 60, 6 * 60}}};
  for (const int minute : {20 * 60, 23 * 60 + 59, 0, 6 * 60 - 1}) {
    EXPECT_EQ(limit_reached(night, {}, kNow, minute), "") << minute;
  }
  for (const int minute : {6 * 60, kNoon, 20 * 60 - 1}) {
    EXPECT_NE(limit_reached(night, {}, kNow, minute), "") << minute;
  }
}

}  // namespace
}  // namespace ecokube::agent
