// Goal: the helpers are asked of this machine's own devices alone, and a sleep has bounds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/raw_wake.h"
#include "node-agent/config.h"

namespace ecokube::agent {
namespace {

Result<Config> read(const std::string& first, const std::string& wake) {
  return parse_config("node_name = \"worker1\"\n" + first +
                          "[coordinator]\naddresses = [\"c1:7443\"]\n[wake]\n" + wake,
                      "agent.toml");
}

TEST(WakeConfig, AsksTheHelpersUnlessToldOtherwise) {
  const auto config = read("", "");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->arm_socket, kArmSocket);
  EXPECT_EQ(config->raw_socket, kRawWakeSocket);
  EXPECT_EQ(config->rtc_socket, kRtcSocket);
  EXPECT_EQ(config->bmc_socket, kBmcSocket);
  EXPECT_EQ(config->kubelet_socket, kKubeletSocket);
  EXPECT_EQ(config->rtc_alarm, std::chrono::days(14));
  const auto another = read("sysfs_root = \"/srv/tree\"\n", "");
  ASSERT_TRUE(another);
  EXPECT_EQ(another->arm_socket, "") << "what they say is of another machine";
  EXPECT_EQ(another->raw_socket, "");
  EXPECT_EQ(another->rtc_socket, "");
  EXPECT_EQ(another->bmc_socket, "");
  EXPECT_EQ(another->kubelet_socket, "");
  EXPECT_EQ(read("", "arm_socket = \"\"\n")->arm_socket, "");
  EXPECT_EQ(read("", "raw_socket = \"/run/other.sock\"\n")->raw_socket, "/run/other.sock");
}

TEST(WakeConfig, NeedsAnArmedNicUnlessTheBmcWakesIt) {
  EXPECT_TRUE(read("", "")->woken_by_network);
  EXPECT_TRUE(read("", "by = \"network\"\n")->woken_by_network);
  EXPECT_FALSE(read("", "by = \"bmc\"\n")->woken_by_network);
  const auto wrong = read("", "by = \"magic\"\n");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, testing::HasSubstr("magic"));
}

TEST(WakeConfig, BoundsTheSleep) {
  EXPECT_EQ(read("", "rtc_alarm_days = 0\n")->rtc_alarm.count(), 0);
  EXPECT_TRUE(read("", "rtc_alarm_days = 60\n"));
  for (const auto* days : {"-1", "61"}) {
    const auto wrong = read("", std::string("rtc_alarm_days = ") + days + "\n");
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, testing::HasSubstr("rtc_alarm_days"));
  }
}

}  // namespace
}  // namespace ecokube::agent
