// What only a power program is asked for and says; the rest is in bmc_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http_server.h"
#include "coordinator/power/exec_program.h"
#include "tests/contract/bmc/test_bmc.h"
#include "tests/support/must.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds kLimit{5000};

class ExecTest : public testing::Test {
 protected:
  Result<bool> read(const std::string& script, milliseconds limit = kLimit) {
    access.program = bmc.dir().write("program", "#!/bin/sh\n" + script);
    std::filesystem::permissions(access.program, std::filesystem::perms(0700));
    return test::run(io, make_exec_program(io.get_executor(), access)->read_power(limit));
  }

  boost::asio::io_context io{1};
  test::ExecTestBmc bmc;
  ExecAccess access = bmc.exec();
};

TEST_F(ExecTest, ItIsToldItsNodeAndItsVerbAndHasNoInput) {
  EXPECT_EQ(read("cat; [ $# = 1 ] && [ \"$1 $ECOKUBE_VERB $ECOKUBE_NODE\" = 'status status w1' ] "
                 "&& echo on"),
            true);
}

TEST_F(ExecTest, ItsExitCodesAreErrorsAndItsLastLineIsTheirText) {
  const std::pair<int, Errc> codes[] = {
      {1, Errc::protocol},     {2, Errc::config},      {3, Errc::busy},     {4, Errc::unreachable},
      {5, Errc::unauthorized}, {6, Errc::unsupported}, {77, Errc::protocol}};
  for (const auto& [code, meaning] : codes) {
    const auto answer = read("echo on; echo 'what went wrong' >&2; exit " + std::to_string(code));
    ASSERT_FALSE(answer) << code;
    EXPECT_EQ(answer.error().code, meaning) << code;
    EXPECT_THAT(answer.error().message, HasSubstr("what went wrong"));
    EXPECT_THAT(answer.error().message, HasSubstr("program for w1: power status"));
  }
  EXPECT_EQ(read("kill -9 $$").error().code, Errc::protocol);
  EXPECT_EQ(read("echo perhaps").error().code, Errc::protocol);
}

TEST_F(ExecTest, OneThatHangsIsKilledWithItsChildren) {
  EXPECT_EQ(read("(sleep 1; echo late >late) & wait", milliseconds(100)).error().code,
            Errc::timeout);
  EXPECT_EQ(read("sleep 1.2; echo on"), true);
  EXPECT_FALSE(std::filesystem::exists(bmc.dir() / "late"));
}

TEST_F(ExecTest, EndlessOutputIsCutOff) {
  EXPECT_EQ(read("head -c 10000000 /dev/zero | tr '\\0' x; echo on").error().code, Errc::protocol);
}

TEST_F(ExecTest, ItCutsPowerOnlyWhereThatWasSet) {
  bmc.set_on(true);
  access.may_cut_power = false;
  const auto program = make_exec_program(io.get_executor(), access);
  const auto off = test::run(io, program->order(BmcVerb::off, kLimit));
  ASSERT_FALSE(off);
  EXPECT_EQ(off.error().code, Errc::unsupported);
  EXPECT_THAT(off.error().message, HasSubstr("exec_off"));
  EXPECT_EQ(bmc.orders(), "");
  access.may_cut_power = true;
  EXPECT_TRUE(
      test::run(io, make_exec_program(io.get_executor(), access)->order(BmcVerb::off, kLimit)));
  EXPECT_EQ(bmc.orders(), "set power 0\n");
}

TEST_F(ExecTest, ItIsAskedForWattsOnlyWhereThatWasSet) {
  access.program = bmc.dir().write("program", "#!/bin/sh\n[ $1 = watts ] && echo 34.5");
  access.environment = {};
  std::filesystem::permissions(access.program, std::filesystem::perms(0700));
  const auto unset = make_exec_program(io.get_executor(), access);
  const auto none = test::watts_of(io, *unset);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::unsupported);
  EXPECT_THAT(none.error().message, HasSubstr("exec_watts"));
  access.measures_power = true;
  const auto set = make_exec_program(io.get_executor(), access);
  EXPECT_EQ(test::watts_of(io, *set), (MeasuredPower{Power::milliwatts(34'500), "exec"}));
}

TEST_F(ExecTest, OneThatOthersMayChangeIsNotRun) {
  std::filesystem::permissions(access.program, std::filesystem::perms(0770));
  const auto program = make_exec_program(io.get_executor(), access);
  const auto open = test::run(io, program->read_power(kLimit));
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, Errc::config);
  EXPECT_THAT(open.error().message, HasSubstr("chmod go-w"));
}

/// The program of the documentation, against a plug as its vendor describes it.
class SmartPlugTest : public testing::Test {
 protected:
  boost::asio::awaitable<void> answer(HttpExchange& exchange) {
    const std::string target(exchange.target());
    std::string body = R"({"id":0,"source":"http","output":)" + std::string(on ? "true" : "false") +
                       R"(,"apower":3.1})";
    if (target == "/rpc/Switch.Set?id=0&on=true") on = true;
    if (target == "/rpc/Switch.Set?id=0&on=false") on = false;
    auto response = json_response(broken ? 500 : 200, std::move(body));
    (void)co_await exchange.respond(std::move(response));
  }

  bool on = false;
  bool broken = false;
  boost::asio::io_context io{1};
  std::unique_ptr<HttpServer> plug = make_http_server(
      io.get_executor(), [this](HttpExchange& exchange) { return answer(exchange); });
};

TEST_F(SmartPlugTest, TheExampleReadsAndSwitchesIt) {
  const auto port = test::must(plug->listen_tcp("127.0.0.1", 0));
  ExecAccess access{"w1", std::string(ECOKUBE_EXAMPLES) + "/power/smart-plug", {}, true, true};
  const auto unset = make_exec_program(io.get_executor(), access);
  EXPECT_EQ(test::run(io, unset->read_power(kLimit)).error().code, Errc::config);
  access.environment = {{"PLUG", "127.0.0.1:" + std::to_string(port)}};
  const auto program = make_exec_program(io.get_executor(), access);
  EXPECT_EQ(test::run(io, program->read_power(kLimit)), false);
  EXPECT_TRUE(test::run(io, program->order(BmcVerb::on, kLimit)));
  EXPECT_TRUE(on);
  EXPECT_EQ(test::run(io, program->read_power(kLimit)), true);
  EXPECT_EQ(test::run(io, program->read_guid(kLimit)), "");
  EXPECT_EQ(test::watts_of(io, *program), (MeasuredPower{Power::milliwatts(3'100), "exec"}));
  EXPECT_TRUE(test::run(io, program->order(BmcVerb::off, kLimit)));
  EXPECT_FALSE(on);
  broken = true;
  EXPECT_EQ(test::run(io, program->read_power(kLimit)).error().code, Errc::unreachable);
  plug->stop();
  EXPECT_EQ(test::run(io, program->order(BmcVerb::on, kLimit)).error().code, Errc::unreachable);
}

}  // namespace
}  // namespace ecokube
