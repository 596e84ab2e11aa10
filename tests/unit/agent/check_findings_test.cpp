// Goal: what keeps a machine from measuring, sleeping or waking is said with what to do about it,
// and a machine in order has no problem.
#include "node-agent/commands/check_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/helper_double.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using testing::HasSubstr;

struct CheckTest : testing::Test {
  test::TempDir dir;
  Config config;
  boost::asio::io_context io{1};  ///< of a helper's double
  std::string answer;             ///< that it gives

  CheckTest() {
    config.roots = {dir / "sys", dir / "proc", dir / "sys/fs/cgroup", dir / "machine-id"};
    config.state_dir = dir / "state";
    config.hold_file = dir / "hold";
    config.hooks_dir = dir / "hooks";
    config.action = {"/bin/sh"};
    config.wake_address = "10.0.0.255:9";
    config.hwmon_chip = "power_meter";
    std::filesystem::create_directories(config.state_dir);
    dir.write("proc/cpuinfo", "flags : fpu vme\n");
    dir.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    nic("eno1", "up", "enabled");
    config.roots.system = dir.path();
    dir.write("sys/class/dmi/id/product_uuid", "c0ffee00-1111-4222-8333-444455556666\n");
  }
  void nic(const std::string& name, const std::string& state, const std::string& wakeup) {
    const auto folder = "sys/class/net/" + name + "/";
    dir.write(folder + "address", "02:00:00:00:00:11\n");
    dir.write(folder + "operstate", state + "\n");
    dir.write(folder + "device/power/wakeup", wakeup + "\n");
  }
  void zone(std::uint64_t microjoules) {
    dir.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
    dir.write("sys/class/powercap/intel-rapl:0/energy_uj", std::to_string(microjoules));
  }
  /// The check has a loop of its own, so the helper is on another thread.
  std::vector<Finding> checked_with(std::vector<Finding> (*check)(const Config&),
                                    const std::string& said) {
    answer = said;
    std::thread thread([&] { io.run(); });
    auto findings = check(config);
    io.stop();
    thread.join();
    io.restart();
    return findings;
  }
};

Finding::Level worst(const std::vector<Finding>& findings) {
  auto level = Finding::Level::ok;
  for (const auto& finding : findings) level = std::max(level, finding.level);
  return level;
}

Finding problem_of(const std::vector<Finding>& findings) {
  for (const auto& finding : findings) {
    if (finding.level == Finding::Level::problem) return finding;
  }
  return {};
}

TEST_F(CheckTest, AMachineInOrderHasNoProblem) {
  EXPECT_EQ(worst(check_sleeping(config)), Finding::Level::ok);
  EXPECT_EQ(worst(check_waking(config)), Finding::Level::ok);
  zone(1);
  std::atomic<bool> stop{false};
  std::thread cpu([&] {
    std::fstream counter(dir / "sys/class/powercap/intel-rapl:0/energy_uj");
    for (std::uint64_t value = 1'000'000; !stop; ++value) {
      counter.seekp(0);
      counter << value << std::flush;  // in place, as the kernel does
      std::this_thread::yield();
    }
  });
  const auto findings = check_measuring(config);
  stop = true;
  cpu.join();
  EXPECT_EQ(worst(findings), Finding::Level::ok);
  EXPECT_THAT(findings.front().what, HasSubstr("measured by rapl"));
}

TEST_F(CheckTest, SaysWhatIsMissingToMeasure) {
  EXPECT_THAT(problem_of(check_measuring(config)).mend, HasSubstr("modprobe intel_rapl_msr"));
  dir.write("proc/cpuinfo", "flags : fpu hypervisor lahf_lm\n");
  EXPECT_THAT(problem_of(check_measuring(config)).what, HasSubstr("virtual machine"));
  EXPECT_THAT(problem_of(check_measuring(config)).mend, HasSubstr("idle_watts"));
  config.idle = Power::watts(5);
  config.peak = Power::watts(50);
  EXPECT_EQ(worst(check_measuring(config)), Finding::Level::warning) << "there is an estimate";
  std::filesystem::remove(dir / "sys/fs/cgroup/cgroup.controllers");
  EXPECT_THAT(check_measuring(config).back().what, HasSubstr("no cgroup version 2"));
}

TEST_F(CheckTest, SaysWhatRefusesAShutdown) {
  dir.write("hold", "");
  EXPECT_THAT(problem_of(check_sleeping(config)).what, HasSubstr("hold file"));
  std::filesystem::remove(dir / "hold");
  dir.write("hooks/10-first", "#!/bin/sh\n");
  EXPECT_THAT(problem_of(check_sleeping(config)).what, HasSubstr("no executable file"));
  std::filesystem::remove(dir / "hooks/10-first");
  config.action = {"no-such-program-anywhere"};
  EXPECT_THAT(problem_of(check_sleeping(config)).what, HasSubstr("is not there"));
}

TEST_F(CheckTest, SaysWhyNothingWouldWakeIt) {
  nic("eno1", "down", "enabled");
  EXPECT_THAT(problem_of(check_waking(config)).what, HasSubstr("has a link"));
  nic("eno1", "up", "disabled");
  EXPECT_THAT(problem_of(check_waking(config)).mend, HasSubstr("ethtool -s eno1 wol g"));
  std::filesystem::remove_all(dir / "sys/class/net");
  EXPECT_THAT(problem_of(check_waking(config)).what, HasSubstr("no network card"));
  config.woken_by_network = false;
  EXPECT_NE(worst(check_waking(config)), Finding::Level::problem) << "its BMC wakes it";
}

TEST_F(CheckTest, SaysWhatTheHelperSaysAndHowToMendIt) {
  config.arm_socket = dir / "helper.sock";
  EXPECT_THAT(check_waking(config).back().mend, HasSubstr("enable --now ecokube-nic-arm.socket"));
  test::HelperDouble helper(io, config.arm_socket, [&](const std::string&) { return answer; });
  const auto checked = [this](const char* said) { return checked_with(check_waking, said); };
  EXPECT_EQ(worst(checked("supports=g wol=g wakeup=enabled")), Finding::Level::ok);
  const auto broken =
      problem_of(checked("supports=g wol=d wakeup=enabled problem=eno1 is broken; switch it on"));
  EXPECT_EQ(broken, (Finding{})) << "the agent arms it";
  const auto unable =
      problem_of(checked("supports=pu wol=d wakeup=none problem=eno1 can't; use another"));
  EXPECT_EQ(unable, problem("eno1 can't", "use another"));
  for (const auto& question : helper.asked()) EXPECT_EQ(question, "status eno1");
}

TEST_F(CheckTest, SaysWhetherTheClockWouldWakeIt) {
  config.rtc_alarm = std::chrono::hours(24);
  EXPECT_THAT(check_waking(config).back().what, HasSubstr("no clock that could wake it"));
  dir.write("sys/class/rtc/rtc0/wakealarm", "");
  config.rtc_socket = dir / "rtc.sock";
  const auto finding = check_waking(config).back();
  EXPECT_EQ(finding.level, Finding::Level::warning) << "no reason to stay on";
  EXPECT_THAT(finding.mend, HasSubstr("systemctl enable --now ecokube-rtc-alarm.socket"));
}

TEST_F(CheckTest, SaysWhereItsBmcIsOrWhatItLacks) {
  EXPECT_EQ(check_bmc(config), std::vector{fine("no management controller (BMC) is seen")});
  dir.write("sys/firmware/dmi/entries/38-0/type", "38\n");
  EXPECT_THAT(check_bmc(config).front().mend, HasSubstr("modprobe ipmi_si ipmi_devintf"));
  std::filesystem::remove_all(dir / "sys/firmware");
  dir.write("sys/bus/acpi/devices/IPI0001:00/hid", "IPI0001\n");
  EXPECT_EQ(worst(check_bmc(config)), Finding::Level::warning);
  dir.write("sys/class/ipmi/ipmi0/dev", "240:0\n");
  EXPECT_EQ(worst(check_bmc(config)), Finding::Level::ok) << "nobody is to be asked";
  config.bmc_socket = dir / "bmc.sock";
  EXPECT_THAT(check_bmc(config).front().mend, HasSubstr("enable --now ecokube-bmc-info.socket"));
  test::HelperDouble helper(io, config.bmc_socket, [&](const std::string&) { return answer; });
  const auto checked = [this](const char* said) { return checked_with(check_bmc, said); };
  EXPECT_EQ(checked("bmc=there address=10.0.0.12 mac=00:25:90:aa:bb:cc source=dhcp vlan=12"),
            std::vector{fine("its BMC is at 10.0.0.12 (dhcp, MAC 00:25:90:aa:bb:cc, VLAN 12), as "
                             "the coordinator is told")});
  EXPECT_EQ(checked("bmc=there problem=it has no address; do this"),
            std::vector{warning("it has no address", "do this")});
  EXPECT_EQ(checked("bmc=none").front().level, Finding::Level::warning);
}

TEST_F(CheckTest, SaysUntilWhenTheKubeletIsLetIn) {
  EXPECT_THAT(check_kubelet(config).front().what, HasSubstr("nobody asks"));
  config.kubelet_socket = dir / "kubelet.sock";
  EXPECT_THAT(check_kubelet(config).front().mend, HasSubstr("ecokube-kubelet-cert.socket"));
  test::HelperDouble helper(io, config.kubelet_socket, [&](const std::string&) { return answer; });
  const auto checked = [this](const char* said) { return checked_with(check_kubelet, said); };
  EXPECT_EQ(checked("kubelet=there not_before=1700000000 not_after=32503680000"),
            std::vector{fine("the kubelet's certificate is valid until 3000-01-01 00:00 UTC")});
  EXPECT_EQ(checked("kubelet=none"), std::vector{fine("no certificate of a kubelet is there")});
  EXPECT_EQ(checked("problem=it is garbage; look there"),
            std::vector{warning("it is garbage", "look there")});
  const auto ended = checked("kubelet=there not_before=1600000000 not_after=1600086400").front();
  EXPECT_EQ(ended.level, Finding::Level::problem);
  EXPECT_THAT(ended.what, HasSubstr("the kubelet's certificate ended "));
}

TEST_F(CheckTest, AnUnknownIdentityAndAPendingBootAreWarnedOf) {
  dir.write("sys/class/dmi/id/product_uuid", "");
  EXPECT_EQ(worst(check_waking(config)), Finding::Level::warning);
  dir.write("sys/class/dmi/id/product_uuid", "c0ffee00-1111-4222-8333-444455556666\n");
  EXPECT_EQ(worst(check_waking(config)), Finding::Level::ok);
  dir.write("run/reboot-required", "");
  EXPECT_EQ(worst(check_waking(config)), Finding::Level::warning);
  config.wake_address.clear();
  std::filesystem::remove(dir / "run/reboot-required");
  EXPECT_EQ(worst(check_waking(config)), Finding::Level::warning) << "its segment is not known";
  config.wake_segments = {{0x0a000307, 24}};
  EXPECT_EQ(worst(check_waking(config)), Finding::Level::ok);
}

}  // namespace
}  // namespace ecokube::agent
