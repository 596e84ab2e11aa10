// What a Redfish service has few of and asks for: its sessions come back, and it is left alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http_status.h"
#include "coordinator/power/bmcs.h"
#include "coordinator/power/redfish.h"
#include "tests/contract/bmc/test_bmc.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class RedfishSessionTest : public testing::Test {
 protected:
  RedfishSessionTest() {
    access.session = true;
    service().options().takes_basic = false;
  }
  std::unique_ptr<ManagementController> make() { return make_redfish(io.get_executor(), access); }
  Result<bool> read(ManagementController& by, milliseconds limit = seconds(5)) {
    return test::run(io, by.read_power(limit));
  }
  void close(ManagementController& by) { test::run(io, by.close(seconds(5))); }
  lab::RedfishService& service() { return bmc.service(); }
  static HttpResponse come_again(int status, const std::string& when) {
    auto later = lab::redfish_no(status, "ServiceTemporarilyUnavailable", "Not now.");
    later.headers.emplace_back("Retry-After", when);
    return later;
  }

  boost::asio::io_context io{1};
  test::RedfishTestBmc bmc{io};
  RedfishAccess access = bmc.redfish();
};

TEST_F(RedfishSessionTest, IsDeletedAtTheEndSoThatTheyDoNotRunOut) {
  service().options().sessions_max = 1;
  for (int i = 0; i < 3; ++i) {
    const auto by = make();
    ASSERT_EQ(read(*by), false);
    EXPECT_EQ(service().sessions(), 1U);
    close(*by);
    EXPECT_EQ(service().sessions(), 0U);
  }
  EXPECT_EQ(service().requests().back(), "DELETE /redfish/v1/SessionService/Sessions/token-3");
}

TEST_F(RedfishSessionTest, WhoHadNoneDeletesNoneAndWhoHadOneMayHaveAnother) {
  const auto by = make();
  close(*by);
  EXPECT_TRUE(service().requests().empty());
  EXPECT_EQ(read(*by), false);
  close(*by);
  const auto before = service().requests().size();
  close(*by);
  EXPECT_EQ(service().requests().size(), before);
  EXPECT_EQ(read(*by), false);
  EXPECT_EQ(service().sessions(), 1U);
}

TEST_F(RedfishSessionTest, ADeadOneKeepsNobodyFromEnding) {
  const auto by = make();
  EXPECT_EQ(read(*by), false);
  bmc.kill();
  close(*by);
  bmc.start();
  service().options().takes_basic = false;
  EXPECT_EQ(read(*by), false);
}

TEST_F(RedfishSessionTest, TheReaderOfAllGivesItBackWhenItStops) {
  BmcOptions options;
  options.bmcs.emplace("w1", access);
  options.poll_close = milliseconds(20);
  const auto control = make_bmcs(io.get_executor(), std::move(options));
  bool seen = false;
  control->start(
      [&](const core::Fact& fact) { seen |= std::holds_alternative<core::BmcSeen>(fact); });
  ASSERT_TRUE(test::run_until(io, [&] { return seen; }));
  EXPECT_EQ(service().sessions(), 1U);
  test::run(io, control->stop());
  EXPECT_EQ(service().sessions(), 0U);
}

TEST_F(RedfishSessionTest, OneThatAsksToBeTriedAgainSoonIs) {
  const auto by = make();
  EXPECT_EQ(read(*by), false);
  for (const int status : {kHttpUnavailable, kHttpTooManyRequests}) {
    service().answer_next("GET", come_again(status, "1"));
    const auto before = service().requests().size();
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(read(*by), false) << status;
    EXPECT_GE(std::chrono::steady_clock::now() - began, seconds(1));
    EXPECT_EQ(service().requests().size(), before + 2);
  }
  service().answer_next("POST", come_again(kHttpUnavailable, "0"));
  EXPECT_TRUE(test::run(io, by->order(BmcVerb::on, seconds(5))));
  EXPECT_EQ(bmc.orders(), "set power 1\n");
}

TEST_F(RedfishSessionTest, OneThatAsksForMoreTimeThanACallHasIsBusyAtOnce) {
  const auto by = make();
  EXPECT_EQ(read(*by), false);
  for (const auto* when : {"30", "5", "Wed, 21 Oct 2026 07:28:00 GMT"}) {
    service().answer_next("GET", come_again(kHttpUnavailable, when));
    const auto before = service().requests().size();
    const auto began = std::chrono::steady_clock::now();
    const auto said = read(*by, seconds(5));
    ASSERT_FALSE(said) << when;
    EXPECT_EQ(said.error().code, Errc::busy);
    EXPECT_THAT(said.error().message, HasSubstr(std::string("Not now. (asks to be left alone")));
    EXPECT_THAT(said.error().message, HasSubstr(when));
    EXPECT_EQ(service().requests().size(), before + 1);
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(4));
  }
}

}  // namespace
}  // namespace ecokube
