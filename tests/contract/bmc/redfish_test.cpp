// What only BMCs that speak Redfish are asked for and say; the rest is in bmc_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "coordinator/power/password.h"
#include "coordinator/power/redfish.h"
#include "lab/certificates.h"
#include "tests/contract/bmc/test_bmc.h"
#include "tests/support/must.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;
using test::must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr milliseconds kCallLimit{5000};
const std::string kSystem = "/redfish/v1/Systems/1";
const std::string kReset = kSystem + "/Actions/ComputerSystem.Reset";

class RedfishTest : public testing::Test {
 protected:
  Result<bool> read(ManagementController& by, milliseconds limit = kCallLimit) {
    return test::run(io, by.read_power(limit));
  }
  Result<bool> read() { return read(*make()); }
  Result<void> order(ManagementController& by, BmcVerb verb) {
    return test::run(io, by.order(verb, kCallLimit));
  }
  Error failure() {
    const auto answer = read();
    EXPECT_FALSE(answer);
    return answer ? Error{} : answer.error();
  }
  std::unique_ptr<ManagementController> make() { return make_redfish(io.get_executor(), access); }
  lab::RedfishService& service() { return bmc.service(); }

  boost::asio::io_context io{1};
  test::RedfishTestBmc bmc{io};
  RedfishAccess access = bmc.redfish();
};

TEST_F(RedfishTest, AReadIsOneRequestOnceTheSystemIsFound) {
  const auto by = make();
  EXPECT_EQ(read(*by), false);
  EXPECT_EQ(read(*by), false);
  EXPECT_TRUE(order(*by, BmcVerb::on));
  EXPECT_THAT(service().requests(), ElementsAre("GET /redfish/v1/Systems", "GET " + kSystem,
                                                "GET " + kSystem, "POST " + kReset));
}

TEST_F(RedfishTest, OfSeveralSystemsOneMustBeNamed) {
  service().options().systems = {"a", "b"};
  const auto several = failure();
  EXPECT_EQ(several.code, Errc::config);
  EXPECT_THAT(several.message, HasSubstr("/redfish/v1/Systems/a, /redfish/v1/Systems/b"));
  access.system = "/redfish/v1/Systems/b";
  EXPECT_EQ(read(), false);
  access.system = "/redfish/v1/Systems/c";
  const auto none = failure();
  EXPECT_EQ(none.code, Errc::config);
  EXPECT_THAT(none.message, HasSubstr("bmc_system"));
}

TEST_F(RedfishTest, OnItsWayIsNoReadingAndNoOrderIsSent) {
  const auto by = make();
  service().say_power("PoweringOff");
  const auto between = read(*by);
  ASSERT_FALSE(between);
  EXPECT_EQ(between.error().code, Errc::conflict);
  EXPECT_THAT(between.error().message, HasSubstr("PoweringOff"));
}

TEST_F(RedfishTest, AnOrderThatIsTakenIsCarriedOutLater) {
  service().options().asynchronous = true;
  const auto by = make();
  EXPECT_EQ(read(*by), false);
  bmc.take_time();
  EXPECT_TRUE(order(*by, BmcVerb::on));
  EXPECT_EQ(read(*by).error().code, Errc::conflict) << "PoweringOn";
  EXPECT_FALSE(bmc.on());
  bmc.finish();
  EXPECT_TRUE(test::run_until(io, [&] { return read(*by) == true; }));
}

TEST_F(RedfishTest, OneThatDoesNotTakeAnOrderSaysSoBeforeOrAfter) {
  bmc.set_on(true);
  service().options().reset_types = {"On", "ForceOff"};
  auto by = make();
  EXPECT_EQ(read(*by), true);
  const auto soft = order(*by, BmcVerb::soft);
  EXPECT_EQ(soft.error().code, Errc::unsupported);
  EXPECT_THAT(soft.error().message, HasSubstr("it takes On, ForceOff"));
  EXPECT_THAT(service().requests(), Not(testing::Contains("POST " + kReset)));
  service().options().reset_types = {};
  EXPECT_EQ(read(*by), true);
  EXPECT_EQ(order(*by, BmcVerb::soft).error().code, Errc::unsupported);
  EXPECT_THAT(service().requests(), testing::Contains("POST " + kReset));
}

TEST_F(RedfishTest, OneThatWantsToKnowWhichStateIsMeantIsToldItOnce) {
  service().options().wants_etag = true;
  const auto by = make();
  EXPECT_EQ(read(*by), false);
  EXPECT_TRUE(order(*by, BmcVerb::on));
  EXPECT_TRUE(bmc.on());
  EXPECT_EQ(bmc.orders(), "set power 1\n");
  service().answer_next("POST", lab::redfish_no(412, "PreconditionFailed", "Changed."));
  bmc.set_on(false);
  EXPECT_TRUE(order(*by, BmcVerb::off)) << "it is off by now";
  EXPECT_EQ(bmc.orders(), "set power 1\n");
}

TEST_F(RedfishTest, ASessionIsKeptAndMadeAnewWhenItIsOver) {
  service().options().takes_basic = false;
  EXPECT_EQ(failure().code, Errc::unauthorized);
  access.session = true;
  const auto by = make();
  EXPECT_EQ(read(*by), false);
  EXPECT_EQ(read(*by), false);
  EXPECT_EQ(service().sessions(), 1U);
  service().answer_next("GET", lab::redfish_no(403, "InsufficientPrivilege", "You may not."));
  EXPECT_EQ(read(*by).error().code, Errc::unauthorized);
  EXPECT_EQ(service().sessions(), 1U) << "another session would not help";
  service().end_sessions();
  EXPECT_TRUE(order(*by, BmcVerb::on));
  EXPECT_EQ(service().sessions(), 1U);
  EXPECT_EQ(bmc.orders(), "set power 1\n");
}

TEST_F(RedfishTest, AWrongPasswordIsTriedOnceAndMissingSessionsAreABusyBmc) {
  access.session = true;
  const auto by = make();
  EXPECT_EQ(read(*by), false);
  must(lab::write_password_file(access.password.file, "wrong"));
  service().end_sessions();
  const auto before = service().requests().size();
  EXPECT_EQ(read(*by).error().code, Errc::unauthorized);
  EXPECT_EQ(service().requests().size(), before + 2) << "the old token, one login";
  must(lab::write_password_file(access.password.file, "s3cret-1"));
  service().options().sessions_max = 0;
  const auto full = read(*by);
  EXPECT_EQ(full.error().code, Errc::busy);
  EXPECT_THAT(full.error().message, HasSubstr("30 s"));
}

TEST_F(RedfishTest, ThePasswordIsReadFromAFileThatOnlyItsOwnerMayRead) {
  std::filesystem::permissions(access.password.file, std::filesystem::perms(0640));
  const auto open = failure();
  EXPECT_EQ(open.code, Errc::config);
  EXPECT_THAT(open.message, HasSubstr("chmod 600"));
  access.password.file = bmc.dir() / "none";
  EXPECT_EQ(failure().code, Errc::config);
  must(lab::write_password_file(bmc.dir() / "empty", "\n"));
  access.password.file = bmc.dir() / "empty";
  EXPECT_EQ(failure().code, Errc::config);
  access.password.file = bmc.dir().path();
  EXPECT_EQ(failure().code, Errc::config);
  EXPECT_THAT(service().requests(), IsEmpty());
}

TEST_F(RedfishTest, OrFromAVariable) {
  access.password = {"", "TEST_BMC_PASSWORD"};
  EXPECT_EQ(failure().code, Errc::config);
  ::setenv("TEST_BMC_PASSWORD", "s3cret-1", 1);
  take_passwords({&access.password});
  EXPECT_EQ(read(*make()), false);
}

TEST_F(RedfishTest, OnlyTheCertificateThatIsMeantIsSpokenTo) {
  const auto shown = bmc.fingerprints();
  for (const auto& fingerprint : {shown.certificate, shown.key}) {
    access.trust = {fingerprint, ""};
    EXPECT_EQ(read(), false) << fingerprint;
  }
  access.trust = {"sha256:" + std::string(64, '0'), ""};
  const auto other = failure();
  EXPECT_EQ(other.code, Errc::config);
  EXPECT_THAT(other.message, HasSubstr(shown.certificate));
  access.trust = {"", bmc.dir() / "other.crt"};
  (void)must(lab::make_ca(bmc.dir().path(), "other"));
  EXPECT_THAT(failure().message, HasSubstr("certificate is refused"));
  access.trust = {"", bmc.dir() / "none.crt"};
  EXPECT_EQ(failure().code, Errc::config);
  access.trust = {"", bmc.dir() / "ca.crt"};
  EXPECT_EQ(read(), false);
}

TEST_F(RedfishTest, WhatIsNoRedfishIsNoReading) {
  for (const auto* body : {"", "[1]", "{\"PowerState\":1}", "<html>"}) {
    const auto by = make();
    EXPECT_EQ(read(*by), false);
    service().answer_next("GET", {200, {}, body});
    EXPECT_EQ(read(*by).error().code, Errc::protocol) << body;
  }
  service().answer_next("GET", {200, {}, std::string(2UL * 1024 * 1024, ' ')});
  EXPECT_EQ(failure().code, Errc::too_large);
  service().answer_next("GET", {302, {{"Location", "https://evil/"}}, ""});
  EXPECT_EQ(failure().code, Errc::protocol);
}

TEST_F(RedfishTest, AfterATimeoutItIsAskedAnew) {
  const auto by = make();
  bmc.hang();
  const auto late = read(*by, milliseconds(200));
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_THAT(late.error().message, HasSubstr("power status: no end within 200 ms"));
  bmc.go_on();
  EXPECT_EQ(read(*by), false);
}

}  // namespace
}  // namespace ecokube
