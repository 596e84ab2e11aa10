// Goal: guessing is slow, and costs us nothing however many guess.
#include "coordinator/enrolment/attempt_limit.h"

#include <gtest/gtest.h>

#include "tests/unit/enrolment/requests.h"

namespace ecokube::enrolment {
namespace {

using test::kNow;

TEST(AttemptLimit, HoldsBackTheAddressThatFailedForAWhile) {
  AttemptLimit limit;
  for (int i = 0; i < AttemptLimit::kFailuresMax; ++i) {
    EXPECT_TRUE(limit.check("10.0.0.1", kNow));
    limit.failed("10.0.0.1", kNow);
  }
  const auto held = limit.check("10.0.0.1", kNow);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, Errc::busy);
  EXPECT_TRUE(limit.check("10.0.0.2", kNow)) << "others are free";
  EXPECT_TRUE(limit.check("10.0.0.1", kNow + AttemptLimit::kWindow));
}

TEST(AttemptLimit, IsBoundedWhateverComes) {
  AttemptLimit limit;
  int allowed = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto address = "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256);
    if (!limit.check(address, kNow)) continue;
    ++allowed;
    limit.failed(address, kNow);
  }
  EXPECT_EQ(allowed, AttemptLimit::kFailuresOfAllMax);
  EXPECT_LE(limit.size(), AttemptLimit::kAddressesMax);
  EXPECT_TRUE(limit.check("10.0.0.1", kNow + AttemptLimit::kWindow));
  EXPECT_EQ(limit.size(), 0U);
}

}  // namespace
}  // namespace ecokube::enrolment
