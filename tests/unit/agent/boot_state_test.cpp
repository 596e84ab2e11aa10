// Goal: whatever changes the next boot changes the fingerprint, and nothing else does.
#include "node-agent/sensors/boot_state.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <set>

#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class BootStateTest : public testing::Test {
 protected:
  BootStateTest() {
    write("boot/vmlinuz-6.1.0-9-amd64", "old kernel");
    write("boot/vmlinuz-6.1.0-13-amd64", "kernel");
    write("boot/initrd.img-6.1.0-13-amd64", "initramfs");
    write("boot/grub/grub.cfg", "menu");
    write("proc/cmdline", "root=/dev/sda1 quiet\n");
    write("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
    write("etc/network/interfaces", "auto eno1\n");
    write("etc/systemd/network/10-eno1.network", "[Match]\n");
    write("sys/class/dmi/id/bios_version", "F.23\n");
  }
  /// With the time of change that all files have.
  void write(const std::string& name, const std::string& text, int at_s = 1'700'000'000) {
    const auto file = dir.write(name, text);
    const timespec when{at_s, 0};
    const timespec times[2] = {when, when};
    ::utimensat(AT_FDCWD, file.c_str(), times, 0);
  }
  [[nodiscard]] std::string print() const { return read_boot_state(roots).fingerprint; }

  test::TempDir dir;
  MachineRoots roots{dir / "sys", dir / "proc", dir / "sys/fs/cgroup", dir / "machine-id",
                     dir.path()};
};

TEST_F(BootStateTest, EachPartOfTheNextBootCounts) {
  std::set<std::string> seen{print()};
  EXPECT_EQ(seen.begin()->size(), 16U);
  const std::function<void()> changes[] = {
      [&] { write("boot/initrd.img-6.1.0-13-amd64", "another initramfs"); },
      [&] { write("boot/initrd.img-6.1.0-13-amd64", "another initramfs", 1'700'000'001); },
      [&] { write("boot/vmlinuz-6.1.0-18-amd64", "newer kernel"); },
      [&] {
        fs::remove(dir / "boot/vmlinuz-6.1.0-18-amd64"), fs::remove(dir / "boot/grub/grub.cfg");
      },
      [&] { write("boot/loader/entries/debian.conf", "options quiet"); },
      [&] { write("proc/cmdline", "root=/dev/sda1\n"); },
      [&] { write("etc/network/interfaces", "auto eno2\n"); },
      [&] { write("etc/systemd/network/10-eno1.network", "[Match]\nName=eno1\n"); },
      [&] { write("etc/systemd/network/20-eno2.network", ""); },
      [&] { write("etc/netplan/50-cloud-init.yaml", "network:\n"); },
      [&] { write("sys/class/dmi/id/bios_version", "F.24\n"); },
  };
  int number = 0;
  for (const auto& change : changes) {
    change();
    EXPECT_TRUE(seen.insert(print()).second) << "change " << number;
    EXPECT_EQ(print(), print());
    ++number;
  }
}

TEST_F(BootStateTest, WhatIsNotBootedNextDoesNotCount) {
  const auto before = print();
  write("boot/vmlinuz-6.1.0-9-amd64", "old kernel, another one");
  write("boot/vmlinuz-6.1.0-18-amd64.old", "put aside");
  write("etc/hosts", "127.0.0.1 localhost\n");
  write("proc/uptime", "9 9\n");
  write("proc/sys/kernel/osrelease", "6.1.0-9-amd64\n");
  write("etc/network/interfaces", "auto eno1\n", 1'700'009'999);
  EXPECT_EQ(print(), before) << "and a network's file written anew is the same one";
}

TEST_F(BootStateTest, TheNewestKernelIsTheNextAndPendingIfAnotherRuns) {
  EXPECT_EQ(read_boot_state(roots).pending, "");
  write("boot/vmlinuz-6.1.0-18-amd64", "newer kernel");
  EXPECT_EQ(read_boot_state(roots).pending,
            "kernel 6.1.0-18-amd64 is installed, 6.1.0-13-amd64 runs");
  write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  EXPECT_EQ(read_boot_state(roots).pending, "");
  write("run/reboot-required", "");
  EXPECT_NE(read_boot_state(roots).pending.find("reboot-required"), std::string::npos);
}

TEST_F(BootStateTest, AMachineThatTellsNothingHasAPrintToo) {
  const MachineRoots nowhere{"/nonexistent/sys", "/nonexistent/proc", "", "", "/nonexistent"};
  EXPECT_EQ(read_boot_state(nowhere).fingerprint.size(), 16U);
  EXPECT_EQ(read_boot_state(nowhere).pending, "");
}

TEST_F(BootStateTest, TheWatchLooksEachHalfMinute) {
  BootWatch watch(roots);
  const auto first = watch.at(seconds(100)).fingerprint;
  write("proc/cmdline", "another\n");
  EXPECT_EQ(watch.at(seconds(129)).fingerprint, first);
  EXPECT_NE(watch.at(seconds(130)).fingerprint, first);
}

}  // namespace
}  // namespace ecokube::agent
