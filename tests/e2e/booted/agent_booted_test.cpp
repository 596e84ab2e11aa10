// Goal: on a booted Debian with its own systemd and logind the agent goes down as told, refuses
// under locks and living pods, and says whose doing its end is. Method: the coordinator's end is in
// this process, the machine is a container with the agent as a service.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "lab/real/debian/booted_debian.h"
#include "tests/contract/agent_link/link_fixture.h"
#include "tests/e2e/booted/packaged_machine.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

// A card that is armed, since the container's own cannot be.
constexpr std::string_view kConfig = R"(node_name = "worker1"
log_level = "debug"
sysfs_root = "/var/lib/card"
cgroup_root = "/sys/fs/cgroup"
[coordinator]
addresses = ["127.0.0.1:{}"]
[tls]
ca = "/etc/ecokube/ca.crt"
certificate = "/etc/ecokube/agent.crt"
key = "/etc/ecokube/agent.key"
)";

/// With certificates of ours: how a node gets its own is another test's.
fs::path make_disk() {
  static const TempDir dir;
  auto disk = make_packaged_disk(dir.path());
  const auto& made = Certificates::get();
  put_certificates(disk, made.ca.certificate, made.worker1);
  boost::asio::io_context io{1};
  lab::BootedDebian machine(io.get_executor(), disk, machine_name());
  must(run(io, machine.boot()));
  must(run(io, machine.run({"chown", "ecokube-agent", "/etc/ecokube/agent.key"})));
  return disk;
}

class BootedAgent : public LinkTest {
 protected:
  BootedAgent() {
    static const auto disk = make_disk();
    start_server(server_options());
    std::ofstream(disk / "etc/ecokube/agent.toml") << fmt::format(kConfig, server->port());
    machine = std::make_unique<lab::BootedDebian>(io.get_executor(), disk, machine_name());
    must(run(io, machine->boot()));
    if (!wait_for([&] { return !seen<core::AgentHeartbeat>().empty(); })) {
      throw std::runtime_error("no heartbeat: " + journal());
    }
  }

  std::string said(std::vector<std::string> argv) {
    return must(run(io, machine->run(std::move(argv))));
  }
  std::string locks() { return said({"systemd-inhibit", "--list", "--no-pager"}); }
  std::string helper_journal() {
    return said({"journalctl", "--no-pager", "--unit=ecokube-nic-arm*", "--unit=ecokube-r*",
                 "--unit=ecokube-bmc*", "--unit=ecokube-kubelet*"});
  }
  /// A helper's client: what perl-base, which every Debian has, can do.
  static std::vector<std::string> asking(const std::string& user, const std::string& socket,
                                         const std::string& question) {
    return {"runuser",
            "-u",
            user,
            "--",
            "perl",
            "-MIO::Socket::UNIX",
            "-e",
            "$s = IO::Socket::UNIX->new(Peer => shift) or die $!; print $s shift, qq(\\n);"
            "$s->flush; print <$s>;",
            socket,
            question};
  }
  void expect_confined(const std::string& unit) {
    const auto exposure = said({"systemd-analyze", "security", "--no-pager", unit});
    const auto at = exposure.find("exposure level for " + unit + ": ");
    ASSERT_NE(at, std::string::npos) << exposure;
    RecordProperty(unit, exposure.substr(at));
    EXPECT_LE(std::stod(exposure.substr(exposure.find(": ", at) + 2)), 1.8) << exposure;
  }
  std::string journal() { return said({"journalctl", "--no-pager", "--unit=ecokube-agent"}); }

  Result<void> shut_down() {
    static std::int64_t attempt = 0;  // all tests are on one disk, and it remembers
    ++attempt;
    const core::Step step{{"worker1", core::Verb::shutdown, 1, attempt},
                          core::ShutdownNode{seen<core::AgentHeartbeat>().back().sequence, {}},
                          {"Idle", "nothing runs here"},
                          7};
    return run(io, server->shutdown(step));
  }
  void expect_refused(const std::string& why) {
    const auto outcome = shut_down();
    ASSERT_FALSE(outcome) << why;
    EXPECT_THAT(outcome.error().message, HasSubstr(why));
    EXPECT_TRUE(machine->runs());
  }
  /// What the one goodbye said.
  core::LeaveOrigin origin() {
    EXPECT_TRUE(wait_for([&] { return !seen<core::AgentDisconnected>().empty(); })) << journal();
    EXPECT_EQ(seen<core::AgentGoodbye>().size(), 1U);
    return seen<core::AgentGoodbye>().empty() ? core::LeaveOrigin::unspecified
                                              : seen<core::AgentGoodbye>().back().origin;
  }
  [[nodiscard]] bool goes_off() { return run(io, machine->ends_within(20s)); }

  std::unique_ptr<lab::BootedDebian> machine;
};

TEST_F(BootedAgent, IsConfined) {
  const auto status =
      said({"sh", "-c", "cat /proc/$(systemctl show -P MainPID ecokube-agent)/status"});
  EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("CapBnd:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
  expect_confined("ecokube-agent.service");
  expect_confined("ecokube-nic-arm@1.service");
  expect_confined("ecokube-raw-wake@1.service");
  expect_confined("ecokube-rtc-alarm@1.service");
  expect_confined("ecokube-bmc-info@1.service");
  expect_confined("ecokube-kubelet-cert@1.service");
}

// As shipped. Which of the libraries' pages are its own depends on what else runs, so of these only
// what it has written to is looked at.
TEST_F(BootedAgent, TakesNoMoreMemoryThanItMay) {
  const auto beats = [this] { return seen<core::AgentHeartbeat>().back().sequence; };
  constexpr std::uint64_t kSettled = 6;
  ASSERT_TRUE(wait_for([&] { return beats() >= kSettled; })) << journal();
  const auto pages =
      said({"sh", "-c", "cat /proc/$(systemctl show -P MainPID ecokube-agent)/smaps_rollup"});
  const auto kb = [&](const std::string& field) {
    const auto at = pages.find("\n" + field + ":");
    return at == std::string::npos ? -1 : std::stol(pages.substr(at + field.size() + 2));
  };
  EXPECT_GT(kb("Anonymous"), 500) << pages;
  EXPECT_LE(kb("Anonymous"), 2500) << pages;
  EXPECT_LE(kb("Pss"), 6000) << pages;
  EXPECT_LE(kb("Rss"), 11'000) << pages;
}

// The container shares its host's network, where the test has nothing to arm: what has no hardware
// is refused before the kernel is asked.
TEST_F(BootedAgent, TheHelpersAnswerTheAgentAndRootAlone) {
  const auto lo = HasSubstr("problem=lo has no hardware behind it");
  EXPECT_THAT(said(asking("root", "/run/ecokube-nic-arm.sock", "arm lo")), lo) << helper_journal();
  EXPECT_THAT(said(asking("ecokube-agent", "/run/ecokube-nic-arm.sock", "arm lo")), lo);
  EXPECT_THAT(said(asking("ecokube-agent", "/run/ecokube-rtc-alarm.sock", "status")),
              testing::AnyOf(HasSubstr("alarm="), HasSubstr("problem=this machine has no clock")));
  EXPECT_THAT(said(asking("ecokube-agent", "/run/ecokube-bmc-info.sock", "status")),
              testing::StartsWith("bmc="));
  const auto no_ethernet = HasSubstr("problem=lo is no Ethernet interface");
  EXPECT_THAT(
      said(asking("ecokube-agent", "/run/ecokube-raw-wake.sock", "wake lo 02:00:00:00:00:2a")),
      no_ethernet)
      << helper_journal();
  const auto refused =
      run(io, machine->run(asking("nobody", "/run/ecokube-nic-arm.sock", "arm lo")));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("Permission denied"));
}

// A container has no BMC. What is tried is that the helper may start a program as it is confined.
TEST_F(BootedAgent, TheBmcsHelperMayRunIpmitool) {
  const auto asked = [this] {
    return said(asking("ecokube-agent", "/run/ecokube-bmc-info.sock", "status"));
  };
  EXPECT_EQ(asked(), "bmc=none\n") << helper_journal();
  said({"touch", "/dev/ipmi0"});
  EXPECT_THAT(asked(), HasSubstr("ipmitool is not installed")) << helper_journal();
  const auto program = machine->disk() / "usr/bin/ipmitool";
  std::ofstream(program) << "#!/bin/sh\necho 'IP Address : 10.0.0.12'\n";
  fs::permissions(program, fs::perms(0755));
  EXPECT_EQ(asked(), "bmc=there channel=1 address=10.0.0.12\n") << helper_journal();
  fs::remove(program);
}

// Its folder is root's alone, and of the rest of the disk the helper sees nothing.
TEST_F(BootedAgent, TheKubeletsHelperReadsItsFolderAndNoOther) {
  const auto asked = [this] {
    return said(asking("ecokube-agent", "/run/ecokube-kubelet-cert.sock", "until"));
  };
  EXPECT_EQ(asked(), "kubelet=none\n") << helper_journal();
  const auto folder = machine->disk() / "var/lib/kubelet/pki";
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
  fs::copy_file(Certificates::get().worker1.certificate, folder / "made.pem");
  fs::permissions(folder / "made.pem", fs::perms(0600));
  fs::create_symlink("/var/lib/kubelet/pki/made.pem", folder / "kubelet-client-current.pem");
  EXPECT_THAT(asked(), HasSubstr("kubelet=there not_before=")) << helper_journal();
  fs::remove(folder / "kubelet-client-current.pem");
  fs::create_symlink("/etc/ecokube/agent.crt", folder / "kubelet-client-current.pem");
  EXPECT_EQ(asked(), "kubelet=none\n") << "that is elsewhere: " << helper_journal();
  fs::remove_all(machine->disk() / "var/lib/kubelet");
}

TEST_F(BootedAgent, PowersOffByCommandAndSaysSoOnce) {
  EXPECT_TRUE(wait_for([&] { return locks().find("ecokube-agent") != std::string::npos; }))
      << "it delays the shutdowns of others: " << journal();
  ASSERT_TRUE(shut_down()) << journal();
  EXPECT_TRUE(goes_off());
  EXPECT_EQ(origin(), core::LeaveOrigin::coordinator);
}

TEST_F(BootedAgent, RefusesUnderALockOfAnother) {
  const auto lock = must(machine->start({"systemd-inhibit", "--what=shutdown", "--who=apt",
                                         "--why=upgrading", "--mode=block", "sleep", "600"}));
  ASSERT_TRUE(wait_for([&] { return locks().find("apt") != std::string::npos; }));
  expect_refused("'apt'");
}

TEST_F(BootedAgent, RefusesWhileAPodLives) {
  const std::string slice = "kubepods-besteffort-pod6a7f9c9e_1c1d_4b6e_9d6e_0c6f0a1b2c3d.slice";
  said({"systemd-run", "--quiet", "--unit=container", "--slice=" + slice, "sleep", "600"});
  expect_refused("pod 6a7f9c9e-1c1d-4b6e-9d6e-0c6f0a1b2c3d runs here");
  said({"systemctl", "stop", "container"});
  ASSERT_TRUE(shut_down()) << journal();
  EXPECT_TRUE(goes_off());
}

TEST_F(BootedAgent, TellsAPersonsPowerOff) {
  said({"systemctl", "poweroff"});
  EXPECT_EQ(origin(), core::LeaveOrigin::person);
  EXPECT_TRUE(goes_off());
}

TEST_F(BootedAgent, TellsAReboot) {
  said({"systemctl", "reboot"});
  EXPECT_EQ(origin(), core::LeaveOrigin::reboot);
  EXPECT_TRUE(goes_off());
}

TEST_F(BootedAgent, TellsAPowerOffOfTheUps) {
  const auto flag = machine->disk() / "etc/killpower";
  std::ofstream(flag) << "";
  said({"systemctl", "poweroff"});
  EXPECT_EQ(origin(), core::LeaveOrigin::ups);
  EXPECT_TRUE(goes_off());
  fs::remove(flag);
}

TEST_F(BootedAgent, TellsThatOnlyTheServiceStops) {
  said({"systemctl", "stop", "ecokube-agent"});
  EXPECT_EQ(origin(), core::LeaveOrigin::service_stop);
  EXPECT_TRUE(machine->runs());
}

}  // namespace
}  // namespace ecokube::test
