// How often a boot has come back is read off the clocks, and outlives the agent.
#include "node-agent/shutdown/resumes.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

using agent::Resumes;
using namespace std::chrono_literals;

class SleepingClock final : public agent::SampleClock {
 public:
  agent::Stamp now() override {
    awake_ += 1us;
    return {awake_, awake_ + slept + (reads_++ % 3 == 0 ? scheduled_out : 0ns)};
  }
  void pass(std::chrono::nanoseconds time) { awake_ += time; }
  std::chrono::nanoseconds slept{}, scheduled_out{};

 private:
  std::chrono::nanoseconds awake_ = 1h;
  int reads_ = 0;
};

class ResumesTest : public testing::Test {
 protected:
  Resumes resumes(const std::string& boot = "boot-1") {
    return {dir.path(), boot, clock, dir / "sys"};
  }
  void suspended(int times) {
    dir.write("sys/power/suspend_stats/success", std::to_string(times) + "\n");
  }
  TempDir dir;
  SleepingClock clock;
};

TEST_F(ResumesTest, EachSleepCountsOnce) {
  auto counted = resumes();
  EXPECT_EQ(counted.count(), 0U);
  clock.slept += 30s;
  EXPECT_EQ(counted.count(), 1U);
  EXPECT_EQ(counted.count(), 1U);
  clock.slept += 1s;
  EXPECT_EQ(counted.count(), 2U);
}

TEST_F(ResumesTest, ToBeScheduledOutBetweenTheClocksIsNoSleep) {
  auto counted = resumes();
  clock.scheduled_out = 5s;
  EXPECT_EQ(counted.count(), 0U);
}

TEST_F(ResumesTest, AnAgentThatIsRestartedGoesOnCounting) {
  {
    auto counted = resumes();
    clock.slept += 1min;
    EXPECT_EQ(counted.count(), 1U);
  }
  EXPECT_EQ(resumes().count(), 1U);
  clock.slept += 1min;
  EXPECT_EQ(resumes().count(), 2U) << "it slept while no agent ran";
}

TEST_F(ResumesTest, AnotherBootBeginsAtNone) {
  clock.slept = 1min;
  EXPECT_EQ(resumes().count(), 0U) << "what was before the first look is no matter";
  clock.slept = 2min;
  EXPECT_EQ(resumes().count(), 1U);
  clock.slept = {};
  EXPECT_EQ(resumes("boot-2").count(), 0U);
}

TEST_F(ResumesTest, ASuspendThatTheClocksDoNotShowIsCountedByTheKernel) {
  suspended(3);
  auto counted = resumes();
  EXPECT_EQ(counted.count(), 0U);
  suspended(4);
  EXPECT_EQ(counted.count(), 1U);
  EXPECT_EQ(resumes().count(), 1U);
  suspended(6);
  EXPECT_EQ(resumes().count(), 3U) << "while no agent ran";
}

TEST_F(ResumesTest, OneThatBothShowIsOne) {
  suspended(0);
  auto counted = resumes();
  clock.slept += 1min;
  EXPECT_EQ(counted.count(), 1U) << "we go on before the kernel counts it";
  suspended(1);
  EXPECT_EQ(counted.count(), 1U);
  clock.slept += 1min;
  suspended(2);
  EXPECT_EQ(counted.count(), 2U) << "both at once";
}

TEST_F(ResumesTest, AHibernationIsNoExcuseForALaterSuspend) {
  suspended(0);
  auto counted = resumes();
  clock.slept += 1h;
  EXPECT_EQ(counted.count(), 1U) << "the kernel does not count it";
  clock.pass(1min);
  suspended(1);
  EXPECT_EQ(counted.count(), 2U);
}

TEST_F(ResumesTest, AFileThatMakesNoSenseIsWrittenAnew) {
  dir.write("resumes", "boot-1 many");
  EXPECT_EQ(resumes().count(), 0U);
  clock.slept += 1min;
  EXPECT_EQ(resumes().count(), 1U);
}

TEST_F(ResumesTest, AProgramThatPutItToSleepMaySaySo) {
  auto counted = resumes();
  counted.came_back();
  EXPECT_EQ(counted.count(), 1U);
  EXPECT_EQ(resumes().count(), 1U);
}

}  // namespace
}  // namespace ecokube::test
