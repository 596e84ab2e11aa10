// Goal: the agent says of a NIC that it would wake the machine only where that was verified, or
// where there is no helper, sysfs says so; and whatever the helper does, it is no hanging.
#include "node-agent/wake/nic_arming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/helper_double.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using namespace std::chrono_literals;
using test::HelperDouble;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kArmed = "supports=pumbg wol=g wakeup=enabled";

struct NicArmingTest : testing::Test {
  test::TempDir dir;
  boost::asio::io_context io{1};
  NicArmingOptions options;

  NicArmingTest() {
    options.roots = {dir / "sys", dir / "proc", dir / "cgroup", dir / "machine-id"};
    options.socket = dir / "helper.sock";
    options.each = 10s;
    options.total = 10s;
    nic("eno1", "up", "enabled");
  }
  void nic(const std::string& name, const std::string& state, const std::string& wakeup) {
    const auto folder = "sys/class/net/" + name + "/";
    dir.write(folder + "address", "02:00:00:00:00:1" + name.substr(3) + "\n");
    dir.write(folder + "operstate", state + "\n");
    dir.write(folder + "device/power/wakeup", wakeup + "\n");
  }
  /// What is known after one look.
  Waking looked() {
    NicArming arming(io.get_executor(), options);
    test::run(io, arming.arm());
    return arming.look();
  }
  Waking looked(const std::string& answer) {
    HelperDouble helper(io, options.socket, [&](const std::string&) { return answer; });
    auto waking = looked();
    std::filesystem::remove(options.socket);
    return waking;
  }
};

TEST_F(NicArmingTest, ArmsWhatHasALinkAndLooksAtTheRest) {
  nic("eno2", "down", "disabled");
  HelperDouble helper(io, options.socket, [](const std::string& question) {
    return question == "arm eno1" ? kArmed : "supports=g wol=d wakeup=disabled problem=it is off";
  });
  const auto waking = looked();
  EXPECT_THAT(helper.asked(), ElementsAre("arm eno1", "status eno2"));
  EXPECT_TRUE(waking.verified);
  EXPECT_EQ(waking.problem, "");
  ASSERT_EQ(waking.nics.size(), 2U);
  EXPECT_TRUE(waking.nics[0].nic.wake_armed);
  EXPECT_EQ(waking.nics[0].supported, true);
  EXPECT_FALSE(waking.nics[1].nic.wake_armed);
  EXPECT_EQ(waking.nics[1].problem, "it is off");
}

TEST_F(NicArmingTest, ArmsAllWhereNoneHasALink) {
  nic("eno1", "down", "enabled");
  nic("eno2", "unknown", "enabled");
  HelperDouble helper(io, options.socket, [](const std::string&) { return kArmed; });
  (void)looked();
  EXPECT_THAT(helper.asked(), ElementsAre("arm eno1", "arm eno2"));
}

TEST_F(NicArmingTest, OnlyLooksWhenToldSo) {
  options.only_look = true;
  HelperDouble helper(io, options.socket, [](const std::string&) { return kArmed; });
  (void)looked();
  EXPECT_THAT(helper.asked(), ElementsAre("status eno1"));
}

TEST_F(NicArmingTest, WithoutAHelperSysfsIsBelieved) {
  auto waking = looked();
  EXPECT_FALSE(waking.verified);
  EXPECT_EQ(waking.problem, "");
  EXPECT_EQ(waking.nics[0].supported, std::nullopt);
  nic("eno1", "up", "disabled");
  EXPECT_THAT(looked().problem, HasSubstr("ethtool -s eno1 wol g"));
  options.socket.clear();
  EXPECT_THAT(looked().problem, HasSubstr("eno1 is not armed"));
}

TEST_F(NicArmingTest, NoneIsNeededWhereSomethingElseWakesTheMachine) {
  options.needed = false;
  nic("eno1", "up", "disabled");
  const auto waking = looked("supports=d wol=d wakeup=disabled problem=it can't");
  EXPECT_EQ(waking.problem, "");
  EXPECT_FALSE(waking.nics[0].nic.wake_armed) << "the coordinator is told as it is";
}

TEST_F(NicArmingTest, NamesTheNicAndWhatToDo) {
  const auto waking =
      looked("supports=pumbg wol=d wakeup=enabled problem=eno1 does not keep Wake-on-LAN; do this");
  EXPECT_FALSE(waking.nics[0].nic.wake_armed) << "whatever the switch in sysfs says";
  EXPECT_EQ(waking.nics[0].supported, true);
  EXPECT_EQ(waking.problem,
            "no NIC of this machine is armed for wake-on-lan, it could not be woken again: eno1 "
            "does not keep Wake-on-LAN; do this");
  std::filesystem::remove_all(dir / "sys/class/net");
  EXPECT_THAT(looked(kArmed).problem, HasSubstr("it has no hardware NIC"));
}

TEST_F(NicArmingTest, TakesNothingElseForAnAnswer) {
  for (const std::string& answer : {std::string(), std::string("yes"), std::string(900, 'x'),
                                    std::string("supports=g wol=g wakeup=enabled\nmore")}) {
    const auto waking = looked(answer);
    EXPECT_FALSE(waking.nics[0].nic.wake_armed) << answer;
    EXPECT_EQ(waking.nics[0].supported, std::nullopt);
    EXPECT_THAT(waking.problem, HasSubstr("systemctl restart ecokube-nic-arm.socket"));
  }
}

TEST_F(NicArmingTest, AHelperThatIsBrokenIsNotOneThatIsNotThere) {
  // The socket's file without a listener, as a failed unit leaves it.
  {
    HelperDouble gone(io, options.socket, [](const std::string&) { return kArmed; });
  }
  ASSERT_TRUE(std::filesystem::exists(options.socket));
  const auto waking = looked();
  EXPECT_TRUE(waking.verified);
  EXPECT_FALSE(waking.nics[0].nic.wake_armed);
  EXPECT_THAT(waking.problem, HasSubstr("Connection refused"));
}

TEST_F(NicArmingTest, WaitsForAHangingHelperSoLongAndNoLonger) {
  for (int i = 2; i < 10; ++i) nic("eno" + std::to_string(i), "up", "enabled");
  options.each = 200ms;
  options.total = 300ms;
  HelperDouble helper(io, options.socket, [](const std::string&) { return std::nullopt; });
  const auto waking = looked();
  EXPECT_THAT(waking.problem, HasSubstr("no answer within"));
  EXPECT_LT(helper.asked().size(), 9U) << "all together have one limit";
}

TEST_F(NicArmingTest, SeesAtOnceThatTheSwitchWasTurnedOff) {
  HelperDouble helper(io, options.socket, [](const std::string&) { return kArmed; });
  NicArming arming(io.get_executor(), options);
  EXPECT_THAT(arming.look().problem, HasSubstr("was not asked yet"));
  test::run(io, arming.arm());
  EXPECT_EQ(arming.look().problem, "");
  nic("eno1", "up", "disabled");
  EXPECT_THAT(arming.look().problem, HasSubstr("wakeup of eno1 was set to disabled"));
}

TEST_F(NicArmingTest, SeesANewNicWithTheNextSearchAndOneThatIsGoneAtOnce) {
  options.find_interval = 1h;
  NicArming arming(io.get_executor(), options);
  const auto names = [&] {
    std::string told;
    for (const auto& each : arming.look().nics) {
      told += each.nic.name + (each.nic.wake_armed ? " armed " : " ");
    }
    return told;
  };
  EXPECT_EQ(names(), "eno1 armed ");
  nic("eno2", "up", "enabled");
  EXPECT_EQ(names(), "eno1 armed ");
  std::filesystem::remove_all(dir / "sys/class/net/eno1");
  EXPECT_EQ(names(), "eno1 ");
  EXPECT_THAT(arming.look().problem, HasSubstr("no NIC of this machine is armed"));
  test::run(io, arming.arm());
  EXPECT_EQ(names(), "eno2 armed ") << "who arms has searched";
}

TEST_F(NicArmingTest, ArmsAgainWhatWasLost) {
  options.interval = 1ms;
  options.retry = 1ms;
  bool lost = false;
  HelperDouble helper(io, options.socket, [&](const std::string&) {
    return lost ? "supports=g wol=d wakeup=enabled problem=lost" : kArmed;
  });
  NicArming arming(io.get_executor(), options);
  boost::asio::co_spawn(io, arming.run(), boost::asio::detached);
  const auto becomes = [&](const std::string& problem) {
    return test::run_until(io, [&] {
      const auto now = arming.look().problem;
      return problem.empty() ? now.empty() : now.find(problem) != std::string::npos;
    });
  };
  EXPECT_TRUE(becomes(""));
  lost = true;
  EXPECT_TRUE(becomes("lost"));
  lost = false;
  EXPECT_TRUE(becomes("")) << "it asks to arm at each look";
}

TEST_F(NicArmingTest, TellsTheCoordinator) {
  const auto waking = looked("supports=pu wol=d wakeup=none problem=eno1 can't");
  v1::Hello hello;
  write_nics(waking, *hello.mutable_inventory()->mutable_nics());
  const auto& nic = hello.inventory().nics(0);
  EXPECT_EQ(nic.name(), "eno1");
  EXPECT_FALSE(nic.wake_armed());
  EXPECT_TRUE(nic.has_wake_supported());
  EXPECT_FALSE(nic.wake_supported());
  EXPECT_EQ(nic.wake_problem(), "eno1 can't");
}

}  // namespace
}  // namespace ecokube::agent
