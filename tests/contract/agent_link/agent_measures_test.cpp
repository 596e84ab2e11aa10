// Goal: what an agent measures comes to the coordinator with its source, and to who asks on the
// machine itself. Method: the real agent on a made machine, and its own commands.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/contract/agent_link/link_fixture.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kUid = "0a1b2c3d-1111-4222-8333-444455556666";

class AgentMeasures : public LinkTest {
 protected:
  AgentMeasures() {
    start_server(server_options());
    agent.emplace(io, dir, server->port());
  }
  void package(std::uint64_t joules) {
    const std::string folder = "sys/class/powercap/intel-rapl:0/";
    dir.write(folder + "name", "package-0\n");
    dir.write(folder + "energy_uj", std::to_string(joules * 1'000'000) + "\n");
  }
  /// Busy and idle jiffies of the machine, and the CPU time of its one pod.
  void cpu(std::uint64_t busy, std::uint64_t idle, std::uint64_t pod_us) {
    dir.write("proc/stat",
              "cpu " + std::to_string(busy) + " 0 0 " + std::to_string(idle) + " 0 0 0 0 0 0\n");
    dir.write("sys/fs/cgroup/kubepods/burstable/pod" + std::string(kUid) + "/cpu.stat",
              "usage_usec " + std::to_string(pod_us) + "\nuser_usec 0\n");
  }
  bool wait_for_beat(const std::function<bool(const core::AgentHeartbeat&)>& wanted) {
    return wait_for([&] {
      const auto beats = seen<core::AgentHeartbeat>();
      return !beats.empty() && wanted(beats.back());
    });
  }
  struct Ran {
    int exit_code;
    std::string out;
  };
  /// The agent's program with these words, to its end.
  Ran command(std::vector<std::string> words) {
    ChildOptions options;
    options.argv = std::move(words);
    options.argv.insert(options.argv.begin(), ECOKUBE_AGENT);
    options.output_file = dir / "command.out";
    options.die_with_parent = true;
    std::filesystem::remove(options.output_file);
    const auto child = must(start_child(io.get_executor(), options));
    const auto status = run(io, child->wait(20s));
    return {status.value_or(-1), read_text(options.output_file)};
  }
  Ran status() { return command({"--config", (dir / "agent.toml").string(), "status"}); }

  std::optional<AgentProcess> agent;
};

TEST_F(AgentMeasures, SaysNoneAndWhyAndGoesOn) {
  agent->power = "";
  agent->start();
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() >= 3; })) << agent->log();
  const auto beat = seen<core::AgentHeartbeat>().back();
  EXPECT_EQ(beat.power_source, "none");
  EXPECT_THAT(beat.power_problem, HasSubstr("no energy counters"));
  EXPECT_FALSE(beat.power) << "not 0 W";
  EXPECT_FALSE(beat.energy);
  const auto asked = status();
  EXPECT_EQ(asked.exit_code, 0) << asked.out;
  EXPECT_THAT(asked.out, HasSubstr("power      not known  source none"));
}

TEST_F(AgentMeasures, TellsThePodsShares) {
  agent->power = "pod_interval_s = 1\n";
  package(100);
  cpu(0, 0, 0);
  agent->start();
  ASSERT_TRUE(wait_for_beat([](const auto& beat) { return beat.energy_since > 0s; }));
  package(110);
  ASSERT_TRUE(wait_for_beat([](const auto& beat) { return beat.power_source == "rapl"; }));
  // From here the source is the same: half of the time idle, three quarters of the rest the pod's.
  // Each write is one of many that a slow test may see apart, so only sums are looked at.
  ASSERT_TRUE(wait_for([&] {
    for (const auto& beat : seen<core::AgentHeartbeat>()) {
      if (beat.pods && beat.pods->source == "rapl") return true;
    }
    return false;
  }));
  cpu(1000, 1000, 7'500'000);
  package(150);
  const auto shared = [&] {
    for (const auto& beat : seen<core::AgentHeartbeat>()) {
      if (beat.pods && beat.pods->node_active > Energy::joules(1)) return beat.pods;
    }
    return std::optional<core::PodsEnergy>();
  };
  ASSERT_TRUE(wait_for([&] { return shared().has_value(); })) << agent->log();
  const auto pods = *shared();
  ASSERT_EQ(pods.pods.size(), 1U);
  EXPECT_EQ(pods.pods[0].uid, kUid);
  EXPECT_EQ(pods.pods[0].active.microjoules() * 4, pods.node_active.microjoules() * 3);
}

TEST_F(AgentMeasures, AnswersWhoAsksOnTheMachine) {
  package(100);
  agent->start();
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() >= 2; })) << agent->log();
  const auto asked = status();
  EXPECT_EQ(asked.exit_code, 0) << asked.out;
  EXPECT_THAT(asked.out, HasSubstr("connected to main, last heartbeat 0."));
  EXPECT_THAT(asked.out, HasSubstr("shutdown   would be obeyed"));
  dir.write("hold", "");
  EXPECT_THAT(status().out, HasSubstr("refused: the hold file"));
  stop_server();
  ASSERT_TRUE(wait_for([&] { return status().exit_code == 1; }));
  EXPECT_THAT(status().out, HasSubstr("not connected"));
  agent->kill();
  const auto gone = status();
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_THAT(gone.out, HasSubstr("no agent answers at " + (dir / "agent.sock").string()));
}

TEST_F(AgentMeasures, PowerIsShownWithoutConfiguration) {
  package(100);
  ChildOptions options;
  options.argv = {ECOKUBE_AGENT,  "power", "--watch",      "--json",
                  "--interval-s", "0.05",  "--sysfs-root", (dir / "sys").string()};
  options.output_file = dir / "watch.out";
  options.die_with_parent = true;
  const auto child = must(start_child(io.get_executor(), options));
  std::uint64_t joules = 100;
  boost::json::object last;
  ASSERT_TRUE(wait_for([&] {
    package(++joules);
    const auto text = read_text(options.output_file);
    const auto end = text.rfind('\n');
    if (end == std::string::npos || end == 0) return false;
    const auto begin = text.rfind('\n', end - 1);
    last = boost::json::parse(text.substr(begin + 1, end - begin - 1)).as_object();
    return last.at("watts").is_number();
  }));
  child->signal_group(SIGTERM);
  run(io, child->wait(10s));
  EXPECT_EQ(last.at("source"), "rapl");
  EXPECT_EQ(last.at("zones").at(0).at("zone"), "package-0");
  const auto none = command({"power", "--interval-s", "0.01", "--sysfs-root", dir / "nothing"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.out, HasSubstr("node: not known"));
}

TEST_F(AgentMeasures, CheckSaysWhatIsWrong) {
  agent->power = "";
  agent->start();  // writes the configuration
  const auto config = (dir / "agent.toml").string();
  dir.write("hold", "");
  const auto wrong = command({"--config", config, "check"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.out, HasSubstr("the certificates it names are right"));
  EXPECT_THAT(wrong.out, HasSubstr("problem  the hold file"));
  EXPECT_THAT(wrong.out, HasSubstr("to mend it: "));
  std::filesystem::remove(dir / "hold");
  const auto missing = command({"--config", (dir / "no.toml").string(), "check", "--json"});
  EXPECT_EQ(missing.exit_code, 1);
  const auto findings = boost::json::parse(missing.out).at("findings");
  EXPECT_EQ(findings.at(0).at("about"), "configuration");
  EXPECT_EQ(findings.at(0).at("level"), "problem");
}

}  // namespace
}  // namespace ecokube::test
