// Goal: the whole link with real processes and real TLS: a node is known, goes down when it may,
// and refuses when it may not, also after a restart.
#include <csignal>
#include <fstream>

#include "tests/contract/agent_link/link_fixture.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;

class AgentLinkProcess : public LinkTest {
 protected:
  AgentLinkProcess() {
    start_server(server_options());
    agent.emplace(io, dir, server->port());
  }

  std::uint64_t last_sequence() {
    const auto beats = seen<core::AgentHeartbeat>();
    return beats.empty() ? 0 : beats.back().sequence;
  }
  /// Waits for news of the agent after what is known now.
  bool wait_for_heartbeats(std::size_t more) {
    const auto until = seen<core::AgentHeartbeat>().size() + more;
    return wait_for([&] { return seen<core::AgentHeartbeat>().size() >= until; });
  }
  core::Step step(std::int64_t attempt, std::int64_t fence) {
    return {{"worker1", core::Verb::shutdown, 1, attempt},
            core::ShutdownNode{last_sequence(), {}},
            {"Idle", "nothing runs here"},
            fence};
  }
  Result<void> shut_down(const core::Step& wanted) { return run(io, server->shutdown(wanted)); }
  void expect_refused(const core::Step& wanted, const std::string& why) {
    const auto outcome = shut_down(wanted);
    ASSERT_FALSE(outcome) << why;
    EXPECT_EQ(outcome.error().code, Errc::refused) << outcome.error().message;
    EXPECT_NE(outcome.error().message.find(why), std::string::npos) << outcome.error().message;
    EXPECT_NE(agent->log().find(why), std::string::npos) << "also in the agent's own log";
    EXPECT_FALSE(std::filesystem::exists(agent->action_file()));
    EXPECT_TRUE(wait_for_heartbeats(1)) << "it goes on";
  }

  std::optional<AgentProcess> agent;
};

TEST_F(AgentLinkProcess, HelloHeartbeatsShutdownGoodbyeAction) {
  dir.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  dir.write("sys/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n");
  dir.write("sys/class/powercap/intel-rapl:0/energy_uj", "1000000\n");
  agent->hook("10-first",
              "echo \"$ECOKUBE_COMMAND_ID $ECOKUBE_REASON\" >> " + (dir / "hook-ran").string());
  agent->start();
  ASSERT_TRUE(wait_for_heartbeats(2)) << agent->log();
  const auto connected = seen<core::AgentConnected>();
  ASSERT_EQ(connected.size(), 1U);
  EXPECT_EQ(connected[0].node, "worker1");
  EXPECT_EQ(connected[0].inventory.machine_id, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(connected[0].inventory.wake_address, "127.0.10.11:40009");
  EXPECT_EQ(connected[0].inventory.idle, Power::watts(6));
  dir.write("sys/class/powercap/intel-rapl:0/energy_uj", "3000000\n");
  dir.write("proc/uptime", "101.00 50.00\n");
  ASSERT_TRUE(wait_for([&] {
    const auto last = seen<core::AgentHeartbeat>().back();
    return last.uptime == 101s && last.power_source == "rapl";  // no finer than by the second
  }));
  const auto beat = seen<core::AgentHeartbeat>().back();
  EXPECT_EQ(beat.boot_id, "5f7d0c1e-aaaa-4bbb-8ccc-0123456789ab");
  EXPECT_TRUE(beat.energy.has_value());
  EXPECT_TRUE(beat.vetoes.empty());
  ASSERT_EQ(beat.nics.size(), 1U);
  EXPECT_TRUE(beat.nics[0].wake_armed);
  ASSERT_EQ(beat.nics[0].subnets.size(), 1U);
  EXPECT_EQ(beat.nics[0].subnets[0].text(), "127.0.9.1/24");

  const auto wanted = step(1, 7);
  const auto outcome = shut_down(wanted);
  ASSERT_TRUE(outcome) << outcome.error().message;
  ASSERT_TRUE(wait_for([&] { return std::filesystem::exists(agent->action_file()); }));
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentDisconnected>().empty(); }));
  ASSERT_EQ(seen<core::AgentGoodbye>().size(), 1U);
  EXPECT_EQ(seen<core::AgentGoodbye>()[0].origin, core::LeaveOrigin::coordinator);
  EXPECT_EQ(seen<core::AgentGoodbye>()[0].command_id, wanted.id.text() + "@7");
  EXPECT_EQ(read_text(dir / "hook-ran"), wanted.id.text() + "@7 nothing runs here\n");
  EXPECT_EQ(agent->terminate(), 0);
  EXPECT_EQ(seen<core::AgentGoodbye>().size(), 1U) << "the machine's end is no service stop";
  EXPECT_EQ(seen<core::AgentConnected>().size(), 1U) << "it stays away";
}

TEST_F(AgentLinkProcess, ServiceStopSaysSo) {
  agent->start();
  ASSERT_TRUE(wait_for_heartbeats(1)) << agent->log();
  EXPECT_EQ(agent->terminate(), 0) << agent->log();
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentDisconnected>().empty(); }));
  ASSERT_EQ(seen<core::AgentGoodbye>().size(), 1U);
  EXPECT_EQ(seen<core::AgentGoodbye>()[0].origin, core::LeaveOrigin::service_stop);
}

TEST_F(AgentLinkProcess, RefusesWhatItMustAndRemembersAcrossAKill) {
  agent->start();
  ASSERT_TRUE(wait_for_heartbeats(1)) << agent->log();
  dir.write("hold", "");
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentHeartbeat>().back().vetoes.empty(); }));
  expect_refused(step(1, 10), "hold file");
  std::filesystem::remove(agent->hold_file());
  expect_refused(step(1, 10), "was seen before");
  expect_refused(step(2, 9), "older leader");
  auto stale = step(3, 10);
  std::get<core::ShutdownNode>(stale.action).heartbeat_sequence += 1000;
  expect_refused(stale, "none of this connection's last 10 s");
  agent->arm(false);
  expect_refused(step(4, 10), "armed");
  agent->arm(true);
  agent->hook("20-guard", "exit 3");
  expect_refused(step(5, 10), "hook 20-guard ended with exit code 3");
  agent->hook("20-guard", "sleep 60");
  expect_refused(step(6, 10), "hook 20-guard did not end within 300 ms and was killed");
  dir.write("hooks/20-guard", "");
  std::filesystem::permissions(dir / "hooks/20-guard", std::filesystem::perms::owner_read);
  expect_refused(step(7, 10), "not an executable file");
  std::filesystem::remove(dir / "hooks/20-guard");

  agent->kill();
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentDisconnected>().empty(); }));
  EXPECT_TRUE(seen<core::AgentGoodbye>().empty()) << "a kill is no goodbye";
  agent->start();
  ASSERT_TRUE(wait_for_heartbeats(1)) << agent->log();
  EXPECT_EQ(seen<core::AgentConnected>().back().fence_highest_seen, 10);
  expect_refused(step(8, 9), "older leader");
  expect_refused(step(1, 10), "was seen before");
  const auto outcome = shut_down(step(9, 10));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(wait_for([&] { return std::filesystem::exists(agent->action_file()); }));
  EXPECT_EQ(agent->terminate(), 0);
}

TEST_F(AgentLinkProcess, SaysWhetherTheBootBeforeCameToAProperEnd) {
  const auto boot = [&](const std::string& id) {
    dir.write("proc/sys/kernel/random/boot_id", id + "\n");
    agent->start();
    EXPECT_TRUE(wait_for([&] {
      const auto& connected = seen<core::AgentConnected>();
      return !connected.empty() && connected.back().inventory.boot_id == id;
    })) << agent->log();
    return seen<core::AgentConnected>().back().inventory.boot.after_crash;
  };
  EXPECT_FALSE(boot("boot-1"));
  agent->kill();
  EXPECT_TRUE(boot("boot-2"));
  ASSERT_TRUE(wait_for_heartbeats(1)) << agent->log();
  const auto outcome = shut_down(step(1, 10));
  ASSERT_TRUE(outcome) << outcome.error().message;
  ASSERT_TRUE(wait_for([&] { return std::filesystem::exists(agent->action_file()); }));
  EXPECT_EQ(agent->terminate(), 0);
  EXPECT_FALSE(boot("boot-3"));
}

TEST_F(AgentLinkProcess, RefusesWhileWorkLivesWhateverACoordinatorSays) {
  const std::string kubepods = "sys/fs/cgroup/kubepods.slice/kubepods-pod";
  dir.write(kubepods + "daemon_1.slice/cgroup.events", "populated 1\n");
  agent->start();
  ASSERT_TRUE(wait_for_heartbeats(1)) << agent->log();
  expect_refused(step(1, 10), "pod daemon-1 runs here");

  const auto service = "sys/fs/cgroup/system.slice/backup.service/cgroup.events";
  dir.write(service, "populated 1\n");
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentHeartbeat>().back().vetoes.empty(); }));
  EXPECT_EQ(seen<core::AgentHeartbeat>().back().vetoes[0], "unit backup.service is running");
  expect_refused(step(2, 10), "unit backup.service is running");
  dir.write(service, "populated 0\n");

  dir.write("limits.toml", "never_off = true\n");
  expect_refused(step(3, 10), "limits.toml");
  std::filesystem::remove(dir / "limits.toml");

  auto knows = step(4, 10);
  std::get<core::ShutdownNode>(knows.action).pods_that_may_remain = {"daemon-1"};
  agent->hook("20-meanwhile", "mkdir -p " + (dir / "sys/fs/cgroup/kubepods/podnew").string() +
                                  "; echo 1 > " +
                                  (dir / "sys/fs/cgroup/kubepods/podnew/cgroup.procs").string());
  expect_refused(knows, "pod new runs here");
  std::filesystem::remove(dir / "hooks/20-meanwhile");
  std::filesystem::remove_all(dir / "sys/fs/cgroup/kubepods");

  knows.id.attempt = 5;
  std::get<core::ShutdownNode>(knows.action).heartbeat_sequence = last_sequence();
  const auto outcome = shut_down(knows);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(wait_for([&] { return std::filesystem::exists(agent->action_file()); }));
  EXPECT_EQ(agent->terminate(), 0);
}

TEST_F(AgentLinkProcess, ComesBackWhenPowerOffFails) {
  agent->action = {"false"};
  agent->start();
  ASSERT_TRUE(wait_for_heartbeats(1)) << agent->log();
  ASSERT_TRUE(shut_down(step(1, 1)));
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentConnected>().size() == 2; })) << agent->log();
  EXPECT_NE(agent->log().find("power-off failed"), std::string::npos);
  ASSERT_TRUE(wait_for_heartbeats(1));
  EXPECT_TRUE(seen<core::AgentHeartbeat>().back().vetoes.empty()) << "and would go down again";
  EXPECT_EQ(agent->terminate(), 0);
}

TEST_F(AgentLinkProcess, AFenceThatCannotBeKeptForbidsPowerOff) {
  dir.write("state/shutdown-guard", "nonsense");
  agent->start();
  ASSERT_TRUE(wait_for_heartbeats(1)) << agent->log();
  EXPECT_EQ(seen<core::AgentHeartbeat>().back().vetoes.size(), 1U);
  expect_refused(step(1, 1), "is damaged");
  EXPECT_EQ(agent->terminate(), 0);
}

TEST_F(AgentLinkProcess, FindsARestartedCoordinator) {
  agent->start();
  ASSERT_TRUE(wait_for_heartbeats(1)) << agent->log();
  restart_server();
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentConnected>().size() == 2; })) << agent->log();
  const auto before = last_sequence();
  ASSERT_TRUE(wait_for_heartbeats(1));
  EXPECT_GT(last_sequence(), before) << "one count per agent process";
  EXPECT_EQ(agent->terminate(), 0);
}

}  // namespace
}  // namespace ecokube::test
