// Goal: a node's energy is divided among its pods by the CPU time they used, none twice. Method:
// made cgroup trees of both of the kubelet's drivers, and a node whose energy the test gives.
#include "node-agent/sensors/pod_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "node-agent/sensors/pod_cgroups.h"
#include "tests/unit/agent/sensor_fixture.h"

namespace ecokube::agent {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

constexpr const char* kUid = "0a1b2c3d-1111-4222-8333-444455556666";
constexpr const char* kOther = "ffffffff-1111-4222-8333-444455556666";

TEST(PodCgroups, ReadsTheUidOfBothDrivers) {
  const struct {
    const char* name;
    const char* uid;
  } cases[] = {
      {"kubepods-burstable-pod0a1b2c3d_1111_4222_8333_444455556666.slice", kUid},
      {"kubepods-pod0a1b2c3d_1111_4222_8333_444455556666.slice", kUid},
      {"kubelet-kubepods-besteffort-pod0a1b2c3d_1111_4222_8333_444455556666.slice", kUid},
      {"pod0a1b2c3d-1111-4222-8333-444455556666", kUid},
      {"kubepods-burstable-pod8e2d6e4d62c3a8b33c3e7c1b2a1f0d9c.slice",
       "8e2d6e4d62c3a8b33c3e7c1b2a1f0d9c"},
      {"kubepods-burstable.slice", ""},
      {"burstable", ""},
      {"cri-containerd-0a1b.scope", ""},
      {"podman", ""},
      {"machine-libpod_pod_x.slice", ""},
      {"pod../../etc", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(pod_uid_of(c.name), c.uid) << c.name;
}

TEST(PodCgroups, FindsThePodsOfEachClassOnce) {
  test::TempDir root;
  namespace fs = std::filesystem;
  fs::create_directories(
      root /
      "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podaa_1.slice/cri-x.scope");
  fs::create_directories(root / "kubepods.slice/kubepods-podbb_2.slice");
  fs::create_directories(root / "system.slice/podcc");
  fs::create_directories(root / "kubepods/besteffort/poddd-3/abcdef");
  std::vector<std::string> uids;
  for (const auto& pod : find_pod_cgroups(root.path())) uids.push_back(pod.uid);
  EXPECT_THAT(uids, ElementsAre("aa-1", "bb-2", "dd-3"));
}

struct PodMeterTest : testing::Test {
  test::TempDir root;
  FakeClock clock;
  PodMeterOptions options{root / "cgroup", root / "proc", std::nullopt};
  NodeEnergy node{PowerSource::rapl, joules(0), 0};

  void systemd_pod(const std::string& uid, std::uint64_t used_ms) {
    auto escaped = uid;
    std::replace(escaped.begin(), escaped.end(), '-', '_');
    usage("kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + escaped + ".slice",
          used_ms);
  }
  void cgroupfs_pod(const std::string& uid, std::uint64_t used_ms) {
    usage("kubepods/pod" + uid, used_ms);
  }
  void usage(const std::string& folder, std::uint64_t used_ms) {
    root.write("cgroup/" + folder + "/cpu.stat",
               "usage_usec " + std::to_string(used_ms * 1000) + "\nuser_usec 1\nsystem_usec 2\n");
  }
  /// Busy and idle time of the machine, in jiffies of 10 ms.
  void cpu(std::uint64_t busy, std::uint64_t idle) {
    root.write("proc/stat",
               "cpu  " + std::to_string(busy) + " 0 0 " + std::to_string(idle) + " 0 0 0 0 0 0\n");
  }
  void sample(PodMeter& meter, int second, Energy total) {
    node.total = total;
    clock.at(seconds(second));
    meter.sample(node, clock);
  }
};

TEST_F(PodMeterTest, DividesByCpuTimeAndKeepsIdleApart) {
  PodMeter meter(options);
  systemd_pod(kUid, 5000);
  cgroupfs_pod(kOther, 7000);
  cpu(1000, 1000);
  sample(meter, 0, joules(1000));
  // 40 s of two CPUs: 20 s of 80 s worked, 10 s by one pod, 5 s by the other, 5 s by the system.
  systemd_pod(kUid, 15'000);
  cgroupfs_pod(kOther, 12'000);
  cpu(3000, 7000);
  sample(meter, 40, joules(1800));
  EXPECT_EQ(meter.node(), (SplitEnergy{joules(200), joules(600)}));
  EXPECT_EQ(meter.pods(), (std::vector<PodEnergy>{{kUid, {joules(100), joules(300)}},
                                                  {kOther, {joules(50), joules(150)}}}));
  EXPECT_EQ(meter.source(), PowerSource::rapl);
}

TEST_F(PodMeterTest, TakesTheConfiguredIdlePowerForAWholeMachine) {
  options.idle = Power::watts(10);
  node.source = PowerSource::hwmon;
  PodMeter meter(options);
  cgroupfs_pod(kUid, 0);
  cpu(0, 0);
  sample(meter, 0, joules(0));
  cgroupfs_pod(kUid, 10'000);
  cpu(1000, 1000);
  sample(meter, 20, joules(500));
  EXPECT_EQ(meter.node(), (SplitEnergy{joules(300), joules(200)}));
  EXPECT_EQ(meter.pods(), (std::vector<PodEnergy>{{kUid, {joules(300), joules(200)}}}));
}

TEST_F(PodMeterTest, FollowsPodsThatComeAndGo) {
  PodMeter meter(options);
  cgroupfs_pod(kUid, 90'000);
  cpu(0, 0);
  sample(meter, 0, joules(0));
  // A new one: all it used is of this interval. The first ends, and keeps what it had.
  cgroupfs_pod(kUid, 95'000);
  cpu(500, 0);
  sample(meter, 5, joules(100));
  std::filesystem::remove_all(root / "cgroup/kubepods" / (std::string("pod") + kUid));
  cgroupfs_pod(kOther, 4000);
  cpu(1000, 0);
  sample(meter, 10, joules(200));
  EXPECT_EQ(meter.pods(), (std::vector<PodEnergy>{{kUid, {joules(100), joules(0)}},
                                                  {kOther, {joules(80), joules(0)}}}));
  sample(meter, 10 + 601, joules(200));
  EXPECT_EQ(meter.pods().size(), 1U);
}

TEST_F(PodMeterTest, DividesNothingOverAChangeOfSource) {
  PodMeter meter(options);
  cgroupfs_pod(kUid, 0);
  cpu(0, 0);
  sample(meter, 0, joules(0));
  node.source = PowerSource::psys;
  cgroupfs_pod(kUid, 5000);
  cpu(500, 0);
  sample(meter, 5, joules(900));
  EXPECT_EQ(meter.pods(), (std::vector<PodEnergy>{{kUid, {}}}));
  cgroupfs_pod(kUid, 10'000);
  cpu(1000, 0);
  sample(meter, 10, joules(950));
  EXPECT_EQ(meter.pods(), (std::vector<PodEnergy>{{kUid, {joules(50), joules(0)}}}));
}

// Whatever the pods say of themselves, they are never given more than there was.
TEST_F(PodMeterTest, NeverGivesMoreThanThereIs) {
  PodMeter meter(options);
  cgroupfs_pod(kUid, 0);
  cgroupfs_pod(kOther, 0);
  cpu(0, 0);
  sample(meter, 0, joules(0));
  cgroupfs_pod(kUid, 8000);
  cgroupfs_pod(kOther, 8000);
  cpu(1000, 0);
  sample(meter, 10, joules(100));
  EXPECT_EQ(meter.pods(), (std::vector<PodEnergy>{{kUid, {joules(50), joules(0)}},
                                                  {kOther, {joules(50), joules(0)}}}));
}

}  // namespace
}  // namespace ecokube::agent
