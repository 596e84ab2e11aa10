// Goal: what a machine's owner names keeps it on while it lives, and what cannot be looked at
// counts as alive.
#include "node-agent/shutdown/local_work.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

struct LocalWork : testing::Test {
  test::TempDir dir;
  KeepOn keep_on;

  LocalWork() {
    dir.write("cgroup/system.slice/backup.service/cgroup.events", "populated 1\n");
    dir.write("cgroup/system.slice/idle.service/cgroup.events", "populated 0\n");
    dir.write("cgroup/docker/4f5e/cgroup.events", "populated 1\n");
    dir.write("proc/self/mountinfo",
              "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
              "40 21 0:33 / /srv/my\\040share rw shared:9 - nfs4 nas:/export rw\n");
    dir.write("proc/locks", "");
  }
  [[nodiscard]] std::string living() const {
    return local_work(keep_on, dir / "cgroup", dir / "proc");
  }
};

TEST_F(LocalWork, OfNothingNamedIsNone) { EXPECT_EQ(living(), ""); }

TEST_F(LocalWork, IsAUnitWithProcesses) {
  keep_on.units = {"idle.service", "absent.service"};
  EXPECT_EQ(living(), "");
  keep_on.units.emplace_back("back*.service");
  EXPECT_EQ(living(), "unit backup.service is running");
}

TEST_F(LocalWork, IsACgroupByItsPath) {
  keep_on.units = {"/docker/*"};
  EXPECT_EQ(living(), "unit 4f5e is running");
}

TEST_F(LocalWork, IsAMountPoint) {
  keep_on.mounts = {"/srv"};
  EXPECT_EQ(living(), "");
  keep_on.mounts = {"/srv/my share"};
  EXPECT_EQ(living(), "something is mounted at /srv/my share");
}

TEST_F(LocalWork, IsALockThatIsHeld) {
  const auto lock = dir.write("upgrade.lock", "");
  struct stat facts{};
  ASSERT_EQ(::stat(lock.c_str(), &facts), 0);
  keep_on.locks = {dir / "absent.lock", lock};
  dir.write("proc/locks", "1: FLOCK  ADVISORY  WRITE 812 08:01:1 0 EOF\n");
  EXPECT_EQ(living(), "");
  dir.write("proc/locks", fmt::format("1: FLOCK  ADVISORY  WRITE 812 08:01:1 0 EOF\n"
                                      "2: POSIX  ADVISORY  READ 999 00:1f:{} 0 EOF\n",
                                      facts.st_ino));
  EXPECT_EQ(living(), "somebody holds the lock " + lock.string());
}

TEST_F(LocalWork, IsWhatCannotBeSeen) {
  keep_on.units = {"backup.service"};
  EXPECT_NE(local_work(keep_on, dir / "nowhere", dir / "proc"), "");
  keep_on = {.units = {}, .mounts = {"/srv"}, .locks = {}};
  EXPECT_NE(local_work(keep_on, dir / "cgroup", dir / "nowhere"), "");
  keep_on = {.units = {}, .mounts = {}, .locks = {dir.write("lock", "")}};
  EXPECT_NE(local_work(keep_on, dir / "cgroup", dir / "nowhere"), "");
}

}  // namespace
}  // namespace ecokube::agent
