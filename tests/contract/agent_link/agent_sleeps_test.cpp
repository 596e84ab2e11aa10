// Goal: an agent whose machine is suspended by order says goodbye, stays away, and is back as
// another life of the same boot. Method: real processes; a program stands for the machine's sleep.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/contract/agent_link/link_fixture.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
constexpr const char* kBoot = "5f7d0c1e-aaaa-4bbb-8ccc-0123456789ab";

class AgentSleeps : public LinkTest {
 protected:
  AgentSleeps() {
    start_server(server_options());
    agent.emplace(io, dir, server->port());
  }
  /// It sleeps until there is a file "packet".
  void start(const std::string& how_it_ends = "exit 0") {
    dir.write("sleep.sh", "touch " + (dir / "asleep").string() + "\nwhile [ ! -e " +
                              (dir / "packet").string() + " ]; do sleep 0.02; done\n" +
                              how_it_ends + "\n");
    agent->extra_shutdown = "suspend_action = [\"sh\", \"" + (dir / "sleep.sh").string() + "\"]\n";
    agent->start();
    ASSERT_TRUE(wait_for([&] { return !seen<core::AgentHeartbeat>().empty(); })) << agent->log();
  }
  Result<void> suspend(std::int64_t attempt = 1) {
    const auto beats = seen<core::AgentHeartbeat>();
    core::ShutdownNode order{beats.back().sequence, {}, core::SleepMode::suspend};
    const core::Step step{
        {"worker1", core::Verb::shutdown, 1, attempt}, std::move(order), {"Idle", "idle"}, 7};
    return run(io, server->shutdown(step));
  }
  bool is_back(std::size_t connections) {
    return wait_for([&] { return seen<core::AgentConnected>().size() == connections; });
  }
  std::string life() { return seen<core::AgentConnected>().back().inventory.boot_id; }

  std::optional<AgentProcess> agent;
};

TEST_F(AgentSleeps, AndIsBackWithTheSameBootAsAnotherLife) {
  start();
  EXPECT_EQ(life(), kBoot);
  EXPECT_TRUE(seen<core::AgentConnected>().back().inventory.machine.can_suspend);
  EXPECT_FALSE(seen<core::AgentConnected>().back().inventory.machine.can_hibernate);
  ASSERT_TRUE(suspend());
  ASSERT_TRUE(wait_for([&] { return std::filesystem::exists(dir / "asleep"); })) << agent->log();
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentDisconnected>().empty(); }));
  ASSERT_EQ(seen<core::AgentGoodbye>().size(), 1U);
  EXPECT_EQ(seen<core::AgentGoodbye>().back().origin, core::LeaveOrigin::coordinator);
  EXPECT_EQ(seen<core::AgentGoodbye>().back().boot_id, kBoot);
  EXPECT_EQ(seen<core::AgentConnected>().size(), 1U) << "it stays away";
  dir.write("packet", "");
  ASSERT_TRUE(is_back(2)) << agent->log();
  EXPECT_EQ(life(), std::string(kBoot) + "+1");
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().back().boot_id == life(); }));
  EXPECT_FALSE(std::filesystem::exists(agent->action_file())) << "it was not switched off";
  agent->kill();
  agent->start();
  ASSERT_TRUE(is_back(3)) << agent->log();
  EXPECT_EQ(life(), std::string(kBoot) + "+1") << "the machine did not sleep meanwhile";
}

TEST_F(AgentSleeps, AndAgain) {
  dir.write("packet", "");
  start();
  for (std::uint32_t times = 1; times <= 3; ++times) {
    ASSERT_TRUE(suspend(times));
    ASSERT_TRUE(is_back(times + 1)) << agent->log();
    EXPECT_EQ(life(), std::string(kBoot) + "+" + std::to_string(times));
    const auto before = seen<core::AgentHeartbeat>().size();
    ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() > before; }));
  }
}

TEST_F(AgentSleeps, OneThatDoesNotFallAsleepIsBackInItsOldLife) {
  dir.write("packet", "");
  start("exit 3");
  ASSERT_TRUE(suspend());
  ASSERT_TRUE(is_back(2)) << agent->log();
  EXPECT_EQ(life(), kBoot);
  EXPECT_THAT(agent->log(), HasSubstr("suspend failed"));
  EXPECT_THAT(agent->log(), HasSubstr("exit code 3"));
}

TEST_F(AgentSleeps, OneThatCannotRefuses) {
  agent->start();
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentHeartbeat>().empty(); })) << agent->log();
  EXPECT_FALSE(seen<core::AgentConnected>().back().inventory.machine.can_suspend);
  const auto outcome = suspend();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("cannot sleep so"));
  EXPECT_FALSE(std::filesystem::exists(agent->action_file()));
}

}  // namespace
}  // namespace ecokube::test
