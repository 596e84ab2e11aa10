// Goal: a machine's file is read whole, and mistakes are named with their keys.
#include "lab/machine/machine_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ecokube::lab {
namespace {

using testing::HasSubstr;

Result<MachineConfig> parse(std::string_view text) {
  auto file = ConfigFile::parse(text, "machine.toml");
  EXPECT_TRUE(file);
  return parse_machine_config(std::move(*file), "/lab/worker1");
}

TEST(MachineConfig, EverythingIsRead) {
  const auto config = parse(R"(
name = "worker1"
boot_s = 0.5
starts_on = false
[wake]
address = "127.0.10.11:40009"
mac = "02:00:00:00:10:11"
[power]
cpu_millicores = 2000
[faults]
ignore_packets = 1
boots_max = 2
boot_slow_factor = 3
[[program]]
name = "agent"
argv = ["ecokube-agent", "--config", "agent.toml"]
output = "agent.log"
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->folder, "/lab/worker1");
  EXPECT_EQ(config->wake, (HostPort{"127.0.10.11", 40009}));
  EXPECT_EQ(config->mac.text(), "02:00:00:00:10:11");
  EXPECT_FALSE(config->starts_on);
  EXPECT_EQ(config->settings.boot, std::chrono::milliseconds(500));
  EXPECT_EQ(config->settings.ignore_packets, 1);
  EXPECT_EQ(config->settings.boots_max, 2);
  EXPECT_EQ(config->settings.boot_slow_factor, 3);
  EXPECT_EQ(config->power.cpu_millicores, 2000);
  EXPECT_EQ(config->power.idle, Power::watts(8));
  ASSERT_EQ(config->programs.size(), 1U);
  EXPECT_EQ(config->programs[0].argv.size(), 3U);
}

TEST(MachineConfig, MistakesAreNamedTogether) {
  const auto config = parse(R"(
name = "Worker 1"
[wake]
address = "127.0.10.11"
mac = "02:00"
[power]
peak_milliwatts = 1
typo = 3
[[program]]
name = "agent"
)");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, Errc::config);
  for (const char* key : {"name", "address", "mac", "peak_milliwatts", "typo", "argv"}) {
    EXPECT_THAT(config.error().message, HasSubstr(key));
  }
}

}  // namespace
}  // namespace ecokube::lab
