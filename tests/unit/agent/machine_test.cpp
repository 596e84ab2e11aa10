// Goal: what the agent says of its machine is what the files say, and broken files say nothing.
#include "node-agent/sensors/machine.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "node-agent/sensors/cpu_times.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;

struct Tree {
  test::TempDir dir;
  MachineRoots roots{dir / "sys", dir / "proc", dir / "sys/fs/cgroup", dir / "machine-id"};

  void nic(const std::string& name, const std::string& mac, const std::string& state,
           const std::string& wakeup) {
    const auto folder = "sys/class/net/" + name + "/";
    dir.write(folder + "address", mac + "\n");
    dir.write(folder + "operstate", state + "\n");
    if (!wakeup.empty()) dir.write(folder + "device/power/wakeup", wakeup + "\n");
  }
};

TEST(Machine, ReadsBootIdAndUptime) {
  Tree tree;
  tree.dir.write("proc/sys/kernel/random/boot_id", "3c1f6f4e-0000-4a4b-9c57-8d6a5f0f1a2b\n");
  tree.dir.write("proc/uptime", "1234.5 99.00\n");
  tree.dir.write("machine-id", "0123456789abcdef0123456789abcdef\n");
  EXPECT_EQ(read_boot_id(tree.roots).value(), "3c1f6f4e-0000-4a4b-9c57-8d6a5f0f1a2b");
  EXPECT_EQ(read_uptime(tree.roots).value(), milliseconds(1'234'500));
  EXPECT_EQ(read_machine_id(tree.roots).value(), "0123456789abcdef0123456789abcdef");
}

TEST(Machine, SaysWhichFileIsMissingOrBroken) {
  Tree tree;
  const auto missing = read_boot_id(tree.roots);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("sys/kernel/random/boot_id"), std::string::npos);
  tree.dir.write("proc/sys/kernel/random/boot_id", "\n");
  EXPECT_FALSE(read_boot_id(tree.roots));
  tree.dir.write("proc/sys/kernel/random/boot_id", "a b\n");
  EXPECT_FALSE(read_boot_id(tree.roots));
  for (const auto* text : {"", "abc", "-5.00", "12.x", "."}) {
    tree.dir.write("proc/uptime", text);
    EXPECT_FALSE(read_uptime(tree.roots)) << text;
  }
}

TEST(Machine, ListsHardwareNicsArmedOnesFirst) {
  Tree tree;
  tree.nic("lo", "00:00:00:00:00:00", "unknown", "enabled");
  tree.nic("eno1", "02:00:00:00:00:01", "down", "disabled");
  tree.nic("eno2", "02:00:00:00:00:02", "up", "enabled");
  tree.nic("veth12", "02:00:00:00:00:03", "up", "");
  tree.nic("ib0", "80:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01", "up", "enabled");
  const auto nics = read_nics(tree.roots);
  EXPECT_EQ(nics, (std::vector<Nic>{{"eno2", MacAddress({2, 0, 0, 0, 0, 2}), true, true},
                                    {"eno1", MacAddress({2, 0, 0, 0, 0, 1}), false, false}}));
  EXPECT_TRUE(any_wake_armed(nics));
  EXPECT_FALSE(any_wake_armed({}));
}

TEST(Machine, ReadsCapacity) {
  Tree tree;
  EXPECT_EQ(read_cpu_millicores(tree.roots), 0);
  EXPECT_EQ(read_memory_bytes(tree.roots), 0);
  tree.dir.write("sys/devices/system/cpu/online", "0-3,6\n");
  tree.dir.write("proc/meminfo", "MemTotal:  2048 kB\nMemFree: 1 kB\n");
  EXPECT_EQ(read_cpu_millicores(tree.roots), 5000);
  EXPECT_EQ(read_memory_bytes(tree.roots), 2048 * 1024);
}

TEST(CpuTimes, RefusesWhatIsNoStat) {
  EXPECT_FALSE(parse_cpu_times(""));
  EXPECT_FALSE(parse_cpu_times("cpu0 1 2 3 4 5 6 7 8"));
  EXPECT_FALSE(parse_cpu_times("cpu 1 2 3"));
  const auto times = parse_cpu_times("cpu 1 2 3 40 5 6 7 8 9 10\nintr 5");
  ASSERT_TRUE(times);
  EXPECT_EQ(times->busy, 27U);
  EXPECT_EQ(times->idle, 45U);
}

}  // namespace
}  // namespace ecokube::agent
