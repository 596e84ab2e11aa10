// When a Lease may be taken: within its duration of the last renewal, and never while another acts.
#include "coordinator/kubernetes/lease_claim.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace ecokube::kubernetes {
namespace {

constexpr Duration kLease{10'000};
constexpr TimePoint kNow = from_ms(1'700'000'000'000);

boost::json::object lease(const std::string& holder, std::int64_t revision,
                          std::int64_t duration_s = 10) {
  return boost::json::parse(fmt::format(R"({{"metadata": {{"resourceVersion": "{}",
                                              "annotations": {{"ecokube.io/fence": "7"}}}},
                                            "spec": {{"holderIdentity": "{}",
                                              "leaseDurationSeconds": {}}}}})",
                                        revision, holder, duration_s))
      .as_object();
}

/// Looks at the same thing for as long as it must, and returns how long that was.
Duration waited(LeaseClaim& claim, const boost::json::object* seen) {
  auto now = kNow;
  std::optional<Duration> more;
  for (; !more; now += Duration(1)) more = claim.look(seen, now);
  return now - kNow + *more;
}

TEST(LeaseClaim, TheHolderStopsBeforeAnotherStartsAndThatWithinTheDuration) {
  LeaseClaim claim("b", kLease);
  const auto held = lease("a", 5);
  const auto wait = waited(claim, &held);
  EXPECT_GE(wait, acts_for(kLease) + kLease / 10) << "a tenth for what a request takes";
  EXPECT_LE(wait + looks_every(kLease), kLease * 9 / 10 + Duration(2)) << "seen by a look";
  EXPECT_GE(acts_for(kLease), 3 * renews_every(kLease)) << "two renewals may fail";
}

TEST(LeaseClaim, EachChangeIsWaitedForAnew) {
  LeaseClaim claim("b", kLease);
  const auto first = lease("a", 5);
  const auto second = lease("a", 6);
  EXPECT_FALSE(claim.look(&first, kNow));
  EXPECT_FALSE(claim.look(&second, kNow + waits_for(kLease)));
  EXPECT_EQ(claim.may_be_taken_at(), kNow + 2 * waits_for(kLease));
}

TEST(LeaseClaim, TheHoldersOwnDurationCounts) {
  LeaseClaim claim("b", kLease);
  const auto held = lease("a", 5, 30);
  EXPECT_GT(waited(claim, &held), waits_for(std::chrono::seconds(30)));
}

TEST(LeaseClaim, OneThatIsGoneIsMadeAtOnceAndActedOnLater) {
  LeaseClaim fresh("b", kLease);
  EXPECT_EQ(fresh.look(nullptr, kNow), waits_for(kLease)) << "who held it is not known";
  LeaseClaim standby("b", kLease);
  const auto held = lease("a", 5, 30);
  EXPECT_FALSE(standby.look(&held, kNow));
  constexpr std::chrono::seconds kTheirs{30};
  EXPECT_FALSE(standby.look(nullptr, kNow));
  EXPECT_EQ(standby.look(nullptr, kNow + looks_every(kTheirs)), waits_for(kTheirs));
  EXPECT_EQ(standby.holder(), "a");
  EXPECT_EQ(standby.highest_fence(), 7) << "its fence is not forgotten";
}

// It hears of the deletion as soon as we do, and acts on without a pause.
TEST(LeaseClaim, AKnownHolderIsLeftTheTimeToMakeItAgain) {
  LeaseClaim standby("b", kLease);
  const auto held = lease("a", 5);
  EXPECT_FALSE(standby.look(&held, kNow));
  for (auto now = kNow; now < kNow + 10 * kLease; now += looks_every(kLease)) {
    EXPECT_FALSE(standby.look(nullptr, now)) << "gone";
    EXPECT_EQ(standby.may_be_taken_at(), now + looks_every(kLease));
    const auto again = lease("a", 6 + (now - kNow).count());
    EXPECT_FALSE(standby.look(&again, now + looks_every(kLease) / 2)) << "and there again";
  }
}

TEST(LeaseClaim, OursThatWasDeletedIsActedOnAtOnceWhileItIsOurs) {
  LeaseClaim claim("a", kLease);
  claim.hold(lease("a", 5));
  claim.was_deleted(kNow + Duration(10));
  EXPECT_EQ(claim.look(nullptr, kNow), Duration(0));
  EXPECT_EQ(claim.look(nullptr, kNow + Duration(10)), waits_for(kLease));
}

TEST(LeaseClaim, OursThatRanOutIsTakenAtOnce) {
  LeaseClaim claim("a", kLease);
  const auto ours = lease("a", 5);
  claim.hold(ours);
  EXPECT_EQ(claim.look(&ours, kNow), Duration(0));
}

TEST(LeaseClaim, OneThatIsGivenBackIsFreeAndOneWhoseHolderWasStruckOutIsNot) {
  LeaseClaim claim("b", kLease);
  auto given_back = lease("a", 6);
  give_back(given_back, "");
  EXPECT_EQ(claim.look(&given_back, kNow), Duration(0));
  const auto struck_out = lease("", 7);
  EXPECT_GT(waited(claim, &struck_out), waits_for(kLease));
}

// What a restored etcd brings back is no word of today's holder.
TEST(LeaseClaim, NothingFromAnotherPastIsFree) {
  const auto today = lease("b", 50);
  auto given_back = lease("a", 30);
  give_back(given_back, "");
  for (const auto& restored : {lease("a", 30), given_back}) {
    LeaseClaim claim("a", kLease);
    EXPECT_FALSE(claim.look(&today, kNow));
    EXPECT_FALSE(claim.went_backwards());
    EXPECT_FALSE(claim.look(&restored, kNow));
    EXPECT_TRUE(claim.went_backwards());
    EXPECT_FALSE(claim.went_backwards()) << "once";
    EXPECT_GT(claim.may_be_taken_at(), kNow + acts_for(kLease));
  }
}

// The first answer was so late that it ran out before the wait was over; it is taken again at once.
TEST(LeaseClaim, AWaitOutlivesTheTermItBeganIn) {
  LeaseClaim claim("b", kLease);
  const auto wait = claim.look(nullptr, kNow);
  ASSERT_TRUE(wait);
  const auto from = claim.acts_from(*wait, kNow);
  const auto ours = lease("b", 5);
  claim.hold(ours);
  const auto later = kNow + kLease / 10;
  const auto again = claim.look(&ours, later);
  ASSERT_TRUE(again);
  EXPECT_EQ(claim.acts_from(*again, later), from);
}

// It was deleted under us; whether we made it again before our time was over is not known.
TEST(LeaseClaim, WhatArrivedLateMayHaveComeAfterAnother) {
  LeaseClaim claim("b", kLease);
  claim.hold(lease("b", 5));
  const auto until = kNow + acts_for(kLease);
  claim.was_deleted(until);
  ASSERT_EQ(claim.look(nullptr, kNow), Duration(0));
  claim.try_to_take(Duration(0));
  EXPECT_EQ(claim.acts_from(Duration(0), until - Duration(1)), until - Duration(1));
  const auto ours = lease("b", 9);
  for (const bool answered : {true, false}) {
    auto late = claim;
    const auto wait = answered ? Duration(0) : late.look(&ours, until);
    ASSERT_TRUE(wait);
    EXPECT_EQ(late.acts_from(*wait, until), until + waits_for(kLease)) << answered;
  }
}

TEST(LeaseClaim, OneThatWasDeletedOnceIsOursAsBefore) {
  LeaseClaim claim("b", kLease);
  claim.hold(lease("b", 5));
  claim.was_deleted(kNow + acts_for(kLease));
  ASSERT_EQ(claim.look(nullptr, kNow), Duration(0));
  claim.try_to_take(Duration(0));
  const auto again = lease("b", 9);
  claim.hold(again);
  EXPECT_EQ(claim.look(&again, kNow + kLease), Duration(0)) << "it only ran out here";
}

// It was refused for what had been written since, and then all that was restored away.
TEST(LeaseClaim, WhatWasMovedOnFromAndIsBackIsAnotherPast) {
  LeaseClaim claim("b", kLease);
  const auto held = lease("a", 5);
  EXPECT_GT(waited(claim, &held), waits_for(kLease));
  claim.was_refused();
  EXPECT_FALSE(claim.look(&held, kNow + kLease));
  EXPECT_TRUE(claim.went_backwards());
  EXPECT_GT(claim.may_be_taken_at(), kNow + kLease + acts_for(kLease));
}

TEST(LeaseClaim, WhatWasNotLookedAtForLongIsWaitedForAnew) {
  const auto held = lease("a", 5);
  const auto over = kNow + waits_for(kLease) + Duration(1);
  for (const bool looked : {true, false}) {
    LeaseClaim claim("b", kLease);
    EXPECT_FALSE(claim.look(&held, kNow));
    if (looked) (void)claim.look(&held, kNow + kLease / 2);
    EXPECT_EQ(claim.look(&held, over).has_value(), looked);
  }
}

TEST(LeaseClaim, AWriteOfOursThatSeemedLostIsOurs) {
  LeaseClaim claim("b", kLease);
  const auto held = lease("a", 5);
  EXPECT_GT(waited(claim, &held), waits_for(kLease));
  claim.try_to_take(Duration(1));
  const auto ours = lease("b", 6);
  EXPECT_EQ(claim.look(&ours, kNow + kLease), Duration(1));
}

}  // namespace
}  // namespace ecokube::kubernetes
