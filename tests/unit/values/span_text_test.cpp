// Goal: a span of time is told in the unit in which a person thinks of it.
#include "common/span_text.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

using std::chrono::hours, std::chrono::minutes;

TEST(SpanText, IsOfTheLargestUnitOfWhichThereAreTwo) {
  EXPECT_EQ(span_text(Duration(0)), "0 s");
  EXPECT_EQ(span_text(minutes(2) - Duration(1)), "119 s");
  EXPECT_EQ(span_text(minutes(2)), "2 min");
  EXPECT_EQ(span_text(hours(2) - Duration(1)), "119 min");
  EXPECT_EQ(span_text(hours(2)), "2 h");
  EXPECT_EQ(span_text(hours(48) - Duration(1)), "47 h");
  EXPECT_EQ(span_text(hours(24 * 14)), "14 days");
}

TEST(SpanText, AnEndIsToComeOrHasCome) {
  const TimePoint end{hours(100)};
  EXPECT_EQ(end_text(end, end - hours(2)), "ends in 2 h");
  EXPECT_EQ(end_text(end, end), "ended 0 s ago");
  EXPECT_EQ(end_text(end, end + hours(72)), "ended 3 days ago");
}

}  // namespace
}  // namespace ecokube
