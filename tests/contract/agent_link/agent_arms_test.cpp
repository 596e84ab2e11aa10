// Goal: before a power-off, and before anything is run for it, the agent has its NICs armed and
// verified; if that fails it refuses with the NIC's name. Method: the real agent process, and a
// double of ecokube-nic-arm at its socket.
#include <ctime>

#include "tests/contract/agent_link/link_fixture.h"
#include "tests/support/helper_double.h"

namespace ecokube::test {
namespace {

constexpr const char* kArmed = "supports=pumbg wol=g wakeup=enabled";

class AgentArms : public LinkTest {
 protected:
  AgentArms() : helper(io, dir / "helper.sock", [](const std::string&) { return kArmed; }) {
    auto server_side = server_options();
    // A helper that hangs takes its time before the agent refuses.
    server_side.shutdown_reply_timeout = std::chrono::seconds(25);
    start_server(server_side);
    agent.emplace(io, dir, server->port());
    agent->wake = "arm_socket = \"" + (dir / "helper.sock").string() + "\"\nrtc_socket = \"" +
                  (dir / "rtc.sock").string() + "\"\n";
    agent->hook_timeout_s = "10";
    agent->hook("10-ran", "touch " + (dir / "hook-ran").string());
    agent->start();
  }
  bool vetoed(bool wanted) {
    return wait_for([&] {
      const auto beats = seen<core::AgentHeartbeat>();
      return !beats.empty() && beats.back().vetoes.empty() != wanted;
    });
  }
  Result<void> shut_down() {
    static std::int64_t attempt = 0;
    const core::Step step{{"worker1", core::Verb::shutdown, 1, ++attempt},
                          core::ShutdownNode{seen<core::AgentHeartbeat>().back().sequence, {}},
                          {"Idle", "nothing runs here"},
                          7};
    return run(io, server->shutdown(step));
  }
  bool is_there(const char* name) { return std::filesystem::exists(dir / name); }

  HelperDouble helper;
  std::optional<AgentProcess> agent;
};

TEST_F(AgentArms, AtItsStartAndRightBeforeAPowerOff) {
  ASSERT_TRUE(vetoed(false)) << agent->log();
  EXPECT_TRUE(seen<core::AgentHeartbeat>().back().nics.at(0).wake_armed);
  EXPECT_EQ(helper.asked(), std::vector<std::string>{"arm eno1"});
  bool before_hooks = false;
  helper.answers([&](const std::string&) {
    before_hooks = !is_there("hook-ran");
    return kArmed;
  });
  const auto done = shut_down();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(helper.asked().size(), 2U);
  EXPECT_TRUE(before_hooks);
  EXPECT_TRUE(wait_for([&] { return std::filesystem::exists(agent->action_file()); }));
}

TEST_F(AgentArms, RefusesWhenTheNicLostItAndDoesNotTakeItAgain) {
  ASSERT_TRUE(vetoed(false)) << agent->log();
  helper.answers([](const std::string&) {
    return "supports=pumbg wol=d wakeup=enabled problem=eno1 does not keep Wake-on-LAN; do this";
  });
  const auto done = shut_down();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("eno1 does not keep Wake-on-LAN; do this"), std::string::npos)
      << done.error().message;
  EXPECT_FALSE(is_there("hook-ran")) << "nothing is run for a command that is refused";
  EXPECT_FALSE(is_there("powered-off"));
  ASSERT_TRUE(vetoed(true)) << "and the coordinator knows from now on";
  EXPECT_FALSE(seen<core::AgentHeartbeat>().back().nics.at(0).wake_armed);
  helper.answers([](const std::string&) { return kArmed; });
  const auto again = shut_down();
  EXPECT_TRUE(again) << "it is tried anew for each command: " << again.error().message;
}

TEST_F(AgentArms, RefusesWhileTheHelperHangs) {
  ASSERT_TRUE(vetoed(false)) << agent->log();
  helper.answers([](const std::string&) { return std::nullopt; });
  const auto done = shut_down();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("no answer within"), std::string::npos)
      << done.error().message;
  EXPECT_FALSE(is_there("powered-off"));
}

TEST_F(AgentArms, HasTheClockWakeTheMachineToo) {
  dir.write("sys/class/rtc/rtc0/wakealarm", "");
  bool before_power_off = false;
  HelperDouble clock(io, dir / "rtc.sock", [&](const std::string&) {
    before_power_off = is_there("hook-ran") && !is_there("powered-off");
    return "problem=the clock can't";  // which is no reason to stay on
  });
  ASSERT_TRUE(vetoed(false)) << agent->log();
  const auto done = shut_down();
  ASSERT_TRUE(done) << done.error().message << agent->log();
  ASSERT_EQ(clock.asked().size(), 1U);
  ASSERT_EQ(clock.asked()[0].substr(0, 4), "set ");
  EXPECT_TRUE(before_power_off);
  constexpr std::int64_t kDay = 24 * 3600;
  const auto ahead = std::stoll(clock.asked()[0].substr(4)) - std::time(nullptr);
  EXPECT_GT(ahead, 0);
  EXPECT_LE(ahead, 14 * kDay);
  EXPECT_TRUE(wait_for([&] { return std::filesystem::exists(agent->action_file()); }));
}

TEST_F(AgentArms, ArmsNothingForACommandThatIsRefused) {
  ASSERT_TRUE(vetoed(false)) << agent->log();
  dir.write("hold", "");
  ASSERT_TRUE(vetoed(true));
  EXPECT_FALSE(shut_down());
  EXPECT_EQ(helper.asked().size(), 1U);
}

}  // namespace
}  // namespace ecokube::test
