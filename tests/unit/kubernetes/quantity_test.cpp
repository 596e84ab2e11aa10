#include "coordinator/kubernetes/quantity.h"

#include <gtest/gtest.h>

namespace ecokube::kubernetes {
namespace {

TEST(Quantity, ReadsEveryNotation) {
  EXPECT_EQ(parse_millicores("1300m"), 1300);
  EXPECT_EQ(parse_millicores("2"), 2000);
  EXPECT_EQ(parse_millicores("0.5"), 500);
  EXPECT_EQ(parse_millicores("1.25"), 1250);
  EXPECT_EQ(parse_whole("2Gi"), 2147483648);
  EXPECT_EQ(parse_whole("1.5Gi"), 1610612736);
  EXPECT_EQ(parse_whole("2G"), 2000000000);
  EXPECT_EQ(parse_whole("128974848"), 128974848);
  EXPECT_EQ(parse_whole("1e3"), 1000);
  EXPECT_EQ(parse_whole("1E"), 1'000'000'000'000'000'000);
  EXPECT_EQ(parse_whole("+3k"), 3000);
  EXPECT_EQ(parse_whole("0"), 0);
}

// A request that is rounded down would be placed where it does not fit.
TEST(Quantity, RoundsUp) {
  EXPECT_EQ(parse_millicores("100u"), 1);
  EXPECT_EQ(parse_millicores("1n"), 1);
  EXPECT_EQ(parse_whole("1500m"), 2);
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const auto* text : {"", "m", "-1", "1.2.3", "1 Gi", "1gi", "abc", "1e", "1e99", ".",
                           "99999999999999999999999999", "9999999Ei"}) {
    EXPECT_EQ(parse_whole(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ecokube::kubernetes
