// Goal: what logind says of inhibitors and logins is a standing veto, its power-off respects them,
// and a bus that is not there is one too. Method: the same tests on a double and on a booted
// Debian.
#include "node-agent/logind/logind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "tests/contract/logind/login_world.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

using agent::Logind;
using agent::LogindOptions;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LogindContract : public testing::Test {
 protected:
  LogindContract() : world(make_login_world(io)) { use_bus(world->bus_address()); }
  ~LogindContract() override { logind->stop(); }

  void use_bus(const std::string& address) {
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address.c_str(), 1);
    logind.emplace(io.get_executor(), LogindOptions{});
  }
  std::vector<std::string> standing(v1::SleepMode mode = v1::SLEEP_MODE_POWER_OFF) {
    run(io, logind->refresh());
    return logind->standing(mode);
  }

  boost::asio::io_context io{1};
  std::unique_ptr<LoginWorld> world;
  std::optional<Logind> logind;
};

TEST_F(LogindContract, NothingStandsOnAQuietMachine) { EXPECT_THAT(standing(), IsEmpty()); }

TEST_F(LogindContract, BeforeTheFirstAnswerNothingIsAllowed) {
  EXPECT_THAT(logind->standing(), ElementsAre(HasSubstr("not asked yet")));
}

TEST_F(LogindContract, ALockOnShutdownStandsUntilItEnds) {
  world->inhibit("shutdown:sleep", "apt", "block");
  EXPECT_THAT(standing(), ElementsAre(AllOf(HasSubstr("'apt'"), HasSubstr("inhibits shutdown"))));
  world->release();
  EXPECT_THAT(standing(), IsEmpty());
}

TEST_F(LogindContract, ALockAndALoginAreSeenLongBeforeTheNextLookIsDue) {
  boost::asio::co_spawn(io, logind->run(std::chrono::hours(1)), boost::asio::detached);
  const auto stands = [this](const char* what) {
    return run_until(io, [&] {
      const auto standing = logind->standing();
      return *what == 0 ? standing.empty()
                        : standing.size() == 1 && standing[0].find(what) != std::string::npos;
    });
  };
  ASSERT_TRUE(stands(""));
  world->inhibit("shutdown", "apt", "block");
  EXPECT_TRUE(stands("'apt'"));
  world->release();
  EXPECT_TRUE(stands(""));
  world->log_in();
  EXPECT_TRUE(stands("is logged in"));
  world->log_out();
  EXPECT_TRUE(stands(""));
}

TEST_F(LogindContract, ALockOnOtherThingsOrOneThatOnlyDelaysDoesNotStand) {
  world->inhibit("sleep:idle", "player", "block");
  EXPECT_THAT(standing(), IsEmpty());
  world->release();
  world->inhibit("shutdown", "kubelet", "delay");
  EXPECT_THAT(standing(), IsEmpty());
}

TEST_F(LogindContract, ALockOnSleepAloneStandsAgainstSleepAlone) {
  world->inhibit("sleep:idle", "player", "block");
  EXPECT_THAT(standing(), IsEmpty());
  EXPECT_THAT(standing(v1::SLEEP_MODE_SUSPEND),
              ElementsAre(AllOf(HasSubstr("'player'"), HasSubstr("inhibits sleep"))));
  const auto begun = run(io, logind->go_down(v1::SLEEP_MODE_SUSPEND));
  ASSERT_FALSE(begun);
  EXPECT_THAT(begun.error().message, HasSubstr("inhibits sleep"));
}

TEST_F(LogindContract, WhatCannotSuspendSaysSo) {
  ASSERT_THAT(standing(), IsEmpty());
  EXPECT_FALSE(logind->can(v1::SLEEP_MODE_SUSPEND));
  EXPECT_FALSE(logind->can(v1::SLEEP_MODE_HIBERNATE));
  const auto begun = run(io, logind->go_down(v1::SLEEP_MODE_SUSPEND));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Errc::refused) << begun.error().message;
}

TEST_F(LogindContract, ASuspendWaitsUntilWeLetItAndIsToldWhenItIsOver) {
  if (!world->learns_to_suspend()) GTEST_SKIP() << "a container does not suspend";
  std::vector<bool> told;
  logind->on_sleep([&](bool begins) { told.push_back(begins); });
  ASSERT_THAT(standing(), IsEmpty());
  EXPECT_TRUE(logind->can(v1::SLEEP_MODE_SUSPEND));
  EXPECT_FALSE(logind->can(v1::SLEEP_MODE_HIBERNATE)) << "it asks for a password";
  const auto begun = run(io, logind->go_down(v1::SLEEP_MODE_SUSPEND));
  ASSERT_TRUE(begun) << begun.error().message;
  ASSERT_TRUE(run_until(io, [&] { return told == std::vector{true}; }));
  EXPECT_THAT(standing(), ElementsAre(HasSubstr("about to sleep")));
  EXPECT_EQ(world->sleeps(), 0);
  EXPECT_FALSE(logind->sleep_failed());
  logind->let_sleep();
  ASSERT_TRUE(run_until(io, [&] { return told == std::vector{true, false}; }));
  EXPECT_EQ(world->sleeps(), 1);
  EXPECT_TRUE(logind->sleep_failed()) << "for who sees no sleep on its clocks";
  EXPECT_THAT(standing(), IsEmpty());
}

TEST_F(LogindContract, TheEndOfASleepIsNotMissedWithTheConnectionThatWouldHaveToldIt) {
  if (!world->learns_to_suspend()) GTEST_SKIP() << "a container does not suspend";
  std::vector<bool> told;
  logind->on_sleep([&](bool begins) { told.push_back(begins); });
  ASSERT_THAT(standing(), IsEmpty());
  ASSERT_TRUE(run(io, logind->go_down(v1::SLEEP_MODE_SUSPEND)));
  ASSERT_TRUE(run_until(io, [&] { return told == std::vector{true}; }));
  logind->lose_connection();
  logind->let_sleep();
  ASSERT_TRUE(run_until(io, [&] { return world->sleeps() == 1; }));
  EXPECT_THAT(standing(), IsEmpty());
  EXPECT_EQ(told, (std::vector{true, false}));
}

TEST_F(LogindContract, SomebodyLoggedInStands) {
  world->log_in();
  EXPECT_THAT(standing(), ElementsAre(HasSubstr("user root is logged in")));
  world->log_out();
  EXPECT_THAT(standing(), IsEmpty());
}

TEST_F(LogindContract, LoginsDoNotCountWhereTheOwnerSaysSo) {
  LogindOptions options;
  options.users_idle = std::chrono::seconds(0);
  logind.emplace(io.get_executor(), options);
  world->log_in();
  EXPECT_THAT(standing(), IsEmpty());
}

TEST_F(LogindContract, APowerOffUnderALockIsRefused) {
  ASSERT_THAT(standing(), IsEmpty());
  world->inhibit("shutdown", "backup", "block");
  const auto begun = run(io, logind->go_down(v1::SLEEP_MODE_POWER_OFF));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Errc::refused) << begun.error().message;
  EXPECT_TRUE(world->is_on());
}

TEST_F(LogindContract, APowerOffIsCarriedOut) {
  ASSERT_THAT(standing(), IsEmpty());
  const auto begun = run(io, logind->go_down(v1::SLEEP_MODE_POWER_OFF));
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_TRUE(world->goes_off());
}

TEST_F(LogindContract, AnAgentThatStopsAloneIsAServiceStop) {
  ASSERT_THAT(standing(), IsEmpty());
  EXPECT_EQ(run(io, logind->why_stopped()), v1::ORIGIN_SERVICE_STOP);
}

TEST_F(LogindContract, ABusThatIsNotThereStands) {
  use_bus("unix:path=/nowhere/bus");
  EXPECT_THAT(standing(), ElementsAre(HasSubstr("is not known")));
  EXPECT_FALSE(run(io, logind->go_down(v1::SLEEP_MODE_POWER_OFF)));
  EXPECT_EQ(run(io, logind->why_stopped()), v1::ORIGIN_SERVICE_STOP);
}

TEST_F(LogindContract, SystemdSaysHowLongTheBootTook) {
  auto bus = agent::SystemBus::connect(io.get_executor());
  ASSERT_TRUE(bus) << bus.error().message;
  const auto times = run(io, agent::ask_boot_times(*bus));
  ASSERT_TRUE(times) << times.error().message;
  if (times->userspace) {
    EXPECT_GT(times->userspace->count(), 0);
  }
  (*bus)->close();
}

TEST(BootTimes, AreTheDifferencesOfSystemdsTimes) {
  using std::chrono::milliseconds;
  const auto whole = agent::boot_stages(5'500'000, 1'500'000, 2'000'000, 10'000'000);
  EXPECT_EQ(whole.firmware, milliseconds(4000));
  EXPECT_EQ(whole.loader, milliseconds(1500));
  EXPECT_EQ(whole.kernel, milliseconds(2000));
  EXPECT_EQ(whole.userspace, milliseconds(8000));
  const auto starting = agent::boot_stages(0, 0, 2'000'000, 0);
  EXPECT_EQ(starting.firmware, std::nullopt) << "no firmware of UEFI told it";
  EXPECT_EQ(starting.userspace, std::nullopt) << "units are still starting";
  const auto container = agent::boot_stages(0, 0, 900'000'000'000, 900'004'000'000);
  EXPECT_EQ(container.kernel, std::nullopt) << "it counts from its host's start";
  EXPECT_EQ(container.userspace, milliseconds(4000));
  EXPECT_EQ(agent::boot_stages(1, 5, 0, 0).firmware, std::nullopt);
}

}  // namespace
}  // namespace ecokube::test
