#include "common/backoff.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "common/units.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToTheCapAndTakesAtMostHalfOff) {
  for (unsigned attempt = 1; attempt < 80; ++attempt) {
    const auto longest = next_delay(attempt, 0, milliseconds(100), milliseconds(5000));
    EXPECT_EQ(longest, milliseconds(attempt > 6 ? 5000 : 100 << (attempt - 1))) << attempt;
    for (const std::uint64_t random : {1ULL, 77ULL, ~0ULL}) {
      const auto delay = next_delay(attempt, random, milliseconds(100), milliseconds(5000));
      EXPECT_LE(delay, longest);
      EXPECT_GE(delay, longest / 2);
    }
  }
}

TEST(Units, EnergyIsExactOverAYear) {
  const auto year = std::chrono::hours(24 * 365);
  EXPECT_EQ(energy_of(Power::watts(250), year).microjoules(), 250ULL * 31'536'000 * 1'000'000);
  EXPECT_EQ(mean_power(Energy::joules(15'000), std::chrono::seconds(60)), Power::watts(250));
  EXPECT_EQ(energy_of(Power::watts(-3), year), Energy::microjoules(0));
}

}  // namespace
}  // namespace ecokube
