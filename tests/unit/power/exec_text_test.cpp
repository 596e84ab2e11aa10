#include "coordinator/power/exec_text.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

TEST(ExecText, StatusIsTheLastLine) {
  const ExecStatus on{true, ""};
  EXPECT_EQ(exec_status_in("on\n"), on);
  EXPECT_EQ(exec_status_in("asking...\r\n on \n\n"), on);
  EXPECT_EQ(exec_status_in("on\noff"), (ExecStatus{false, ""}));
  for (const auto* none : {"", "\n", "On\n", "on off\n", "on 1234\n", "on\nbye\n", "off2\n"}) {
    EXPECT_FALSE(exec_status_in(none)) << none;
  }
}

TEST(ExecText, AUuidMayStandBehindIt) {
  const ExecStatus off{false, "a123456789abcdefa123456789000001"};
  EXPECT_EQ(exec_status_in("off A1234567-89ab-cdef-a123-456789000001\n"), off);
  EXPECT_EQ(exec_status_in("off\ta123456789abcdefa123456789000001"), off);
}

TEST(ExecText, WattsAreTheLastLine) {
  EXPECT_EQ(exec_watts_in("asking\n 34.5 \n"), Power::milliwatts(34'500));
  EXPECT_EQ(exec_watts_in("212"), Power::watts(212));
  for (const auto* none : {"0", "-3", "40000", "1e300", "nan", "inf"}) {
    ASSERT_FALSE(exec_watts_in(none)) << none;
    EXPECT_EQ(exec_watts_in(none).error().code, Errc::refused) << none;
  }
  for (const auto* none : {"", "34 W", "212\nbye", "on"}) {
    ASSERT_FALSE(exec_watts_in(none)) << none;
    EXPECT_EQ(exec_watts_in(none).error().code, Errc::protocol) << none;
  }
}

TEST(ExecText, WhatItPrintsCantSpoilOurLogs) {
  const auto error = exec_error(1, "first\n\x1b[31mred\xff\n");
  EXPECT_EQ(error.message, "exit code 1: ?[31mred?");
  EXPECT_EQ(exec_error(9, "").message, "exit code 9");
  EXPECT_LT(exec_error(1, std::string(5000, 'x')).message.size(), 250U);
}

}  // namespace
}  // namespace ecokube
