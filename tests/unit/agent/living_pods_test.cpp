// Goal: which pods live is read from the cgroups that kubelet makes, by both drivers and both
// versions of cgroups. Method: trees of plain files.
#include "node-agent/shutdown/living_pods.h"

#include <gtest/gtest.h>

#include "tests/support/must.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

const std::string kUid = "6a7f9c9e-1c1d-4b6e-9d6e-0c6f0a1b2c3d";
const std::string kUidInSlice = "6a7f9c9e_1c1d_4b6e_9d6e_0c6f0a1b2c3d";
const std::string kStatic = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";  // hash of a manifest

TEST(PodOfCgroup, KnowsBothDrivers) {
  const auto uid = std::optional(kUid);
  EXPECT_EQ(pod_of_cgroup("/kubepods/pod" + kUid), uid);
  EXPECT_EQ(pod_of_cgroup("/kubepods/besteffort/pod" + kUid), uid);
  EXPECT_EQ(pod_of_cgroup("/kubepods.slice/kubepods-pod" + kUidInSlice + ".slice"), uid);
  EXPECT_EQ(pod_of_cgroup("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" +
                          kUidInSlice + ".slice"),
            uid);
  EXPECT_EQ(pod_of_cgroup("/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" +
                          kUidInSlice + ".slice"),
            uid)
      << "kubelet --cgroup-root";
  EXPECT_EQ(pod_of_cgroup("/memory/kubepods/burstable/pod" + kStatic), std::optional(kStatic));
}

TEST(PodOfCgroup, TakesNothingElseForAPod) {
  for (const auto* path :
       {"/kubepods", "/kubepods.slice/kubepods-burstable.slice", "/kubepods/burstable",
        "/machine.slice/libpod-pod1.scope", "/system.slice/pod.service", "/kubepods/pod",
        "/kubepods/pod../etc", "", "kubepods"}) {
    EXPECT_EQ(pod_of_cgroup(path), std::nullopt) << path;
  }
}

TEST(LivingPods, AreThoseWithAProcess) {
  test::TempDir dir;
  const std::string burstable = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod";
  dir.write(burstable + kUidInSlice + ".slice/cgroup.events", "populated 1\nfrozen 0\n");
  dir.write(burstable + "dead.slice/cgroup.events", "populated 0\nfrozen 0\n");
  dir.write("system.slice/sshd.service/cgroup.events", "populated 1\n");
  EXPECT_EQ(test::must(living_pods(dir.path())), std::vector{kUid});
}

TEST(LivingPods, OfVersionOneHaveTheirProcessesBelow) {
  test::TempDir dir;
  for (const std::string hierarchy : {"memory", "cpu,cpuacct"}) {
    const auto pod = hierarchy + "/kubepods/pod" + kUid;
    dir.write(pod + "/cgroup.procs", "");
    dir.write(pod + "/c1/cgroup.procs", "4711\n");
    dir.write(hierarchy + "/kubepods/podempty/c1/cgroup.procs", "");
  }
  EXPECT_EQ(test::must(living_pods(dir.path())), std::vector{kUid}) << "named once";
}

TEST(LivingPods, OfAMachineWithoutKubeletAreNone) {
  test::TempDir dir;
  dir.write("init.scope/cgroup.events", "populated 1\n");
  EXPECT_TRUE(test::must(living_pods(dir.path())).empty());
}

TEST(LivingPods, AreNotKnownWithoutATree) {
  test::TempDir dir;
  const auto pods = living_pods(dir / "nowhere");
  ASSERT_FALSE(pods);
  EXPECT_NE(pods.error().message.find("nowhere"), std::string::npos);
}

TEST(LivingPods, AnUnreadablePodIsNoDeadOne) {
  test::TempDir dir;
  dir.write("kubepods/pod" + kUid + "/cgroup.events/is-a-folder", "");
  EXPECT_FALSE(living_pods(dir.path()));
}

}  // namespace
}  // namespace ecokube::agent
