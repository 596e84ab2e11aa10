// Goal: renewal in good time, never in a hurry, and a warning before it is too late.
#include "node-agent/identity/renewal_plan.h"

#include <gmock/gmock.h>

namespace ecokube::agent {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

constexpr TimePoint kStart = from_ms(1'763'802'600'000);  // 2025-11-22T09:10:00Z
constexpr hours kDay{24};
const Validity kLife{kStart, kStart + kDay * 90};

TEST(RenewalPlan, IsDueAtTwoThirdsOfTheLife) {
  RenewalPlan plan(kLife);
  EXPECT_EQ(plan.due(), kStart + kDay * 60);
  EXPECT_EQ(plan.veto(kStart + kDay * 89), "") << "nothing has failed";
}

TEST(RenewalPlan, RetriesWithAGrowingPauseThatHasABound) {
  RenewalPlan plan(kLife);
  auto now = plan.due();
  for (int i = 0; i < 50; ++i) {
    plan.failed("no answer", now, 0);
    const auto pause = plan.due() - now;
    EXPECT_GE(pause, RenewalPlan::kPauseMin / 2);
    EXPECT_LE(pause, Duration(RenewalPlan::kPauseMax));
    now = plan.due();
  }
}

TEST(RenewalPlan, WarnsInTheLastSixthOnceItHasFailed) {
  RenewalPlan plan(kLife);
  plan.failed("no CA", kStart + kDay * 60, 0);
  EXPECT_EQ(plan.veto(kStart + kDay * 74), "");
  EXPECT_THAT(
      plan.veto(kStart + kDay * 75),
      HasSubstr("certificate ends at 2026-02-20 09:10 UTC and could not be renewed: no CA"));
  plan.renewed({kStart + kDay * 76, kStart + kDay * 166}, kStart + kDay * 76);
  EXPECT_EQ(plan.veto(kStart + kDay * 76), "");
  EXPECT_EQ(plan.due(), kStart + kDay * 136);
}

/// Goal: a coordinator whose clock is wrong, or two that disagree, make no agent go round for ever.
TEST(RenewalPlan, RenewsNotAgainWithinTheHourWhateverIsWanted) {
  RenewalPlan plan(kLife);
  const auto now = kStart + kDay * 60;
  plan.renewed({now - kDay * 80, now + kDay * 10}, now);
  EXPECT_EQ(plan.due(), now + hours(1));
  plan.wanted();
  EXPECT_EQ(plan.due(), now + hours(1));
}

TEST(RenewalPlan, AReasonMakesItDueAtOnce) {
  RenewalPlan plan(kLife);
  plan.wanted();
  EXPECT_LE(plan.due(), kStart);
  plan.failed("busy", kStart + minutes(1), 0);
  EXPECT_GT(plan.due(), kStart + minutes(1));
}

}  // namespace
}  // namespace ecokube::agent
