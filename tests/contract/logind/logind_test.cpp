// Goal: what logind says of inhibitors and logins is a standing veto, its power-off respects them,
// and a bus that is not there is one too. Method: the same tests on a double and on a booted
// Debian.
#include "node-agent/logind/logind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  const std::vector<std::string>& standing() {
    run(io, logind->refresh());
    return logind->standing();
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

TEST_F(LogindContract, ALockOnOtherThingsOrOneThatOnlyDelaysDoesNotStand) {
  world->inhibit("sleep:idle", "player", "block");
  EXPECT_THAT(standing(), IsEmpty());
  world->release();
  world->inhibit("shutdown", "kubelet", "delay");
  EXPECT_THAT(standing(), IsEmpty());
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
  const auto begun = run(io, logind->power_off());
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Errc::refused) << begun.error().message;
  EXPECT_TRUE(world->is_on());
}

TEST_F(LogindContract, APowerOffIsCarriedOut) {
  ASSERT_THAT(standing(), IsEmpty());
  const auto begun = run(io, logind->power_off());
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
  EXPECT_FALSE(run(io, logind->power_off()));
  EXPECT_EQ(run(io, logind->why_stopped()), v1::ORIGIN_SERVICE_STOP);
}

}  // namespace
}  // namespace ecokube::test
