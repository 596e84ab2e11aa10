// What a machine draws, asked of a Redfish service by its chassis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http_status.h"
#include "coordinator/power/redfish.h"
#include "tests/contract/bmc/test_bmc.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kChassis = "/redfish/v1/Chassis/1";
const std::string kMetrics = kChassis + "/EnvironmentMetrics";
const std::string kMeter = kChassis + "/Power";

class RedfishPowerTest : public testing::Test {
 protected:
  RedfishPowerTest() {
    resources()[kChassis] = R"({"EnvironmentMetrics": {"@odata.id": ")" + kMetrics +
                            R"("}, "Power": {"@odata.id": ")" + kMeter + R"("}})";
  }
  std::map<std::string, std::string>& resources() { return bmc.service().options().resources; }
  void metrics(const std::string& reading) {
    resources()[kMetrics] = R"({"PowerWatts": {"Reading": )" + reading + "}}";
  }
  void meter(const std::string& watts) {
    resources()[kMeter] = R"({"PowerControl": [{"PowerConsumedWatts": )" + watts +
                          R"(, "PowerMetrics": {"AverageConsumedWatts": 99}},
                           {"PowerConsumedWatts": 7}]})";
  }
  Result<MeasuredPower> watts() { return test::watts_of(io, *by); }
  Errc failure() {
    const auto said = watts();
    EXPECT_FALSE(said);
    return said ? Errc::io : said.error().code;
  }

  boost::asio::io_context io{1};
  test::RedfishTestBmc bmc{io};
  std::unique_ptr<ManagementController> by = make_redfish(io.get_executor(), bmc.redfish());
};

TEST_F(RedfishPowerTest, ItIsOneRequestOnceTheMeterIsFound) {
  metrics("212.5");
  const MeasuredPower said{Power::milliwatts(212'500), "redfish"};
  EXPECT_EQ(watts(), said);
  EXPECT_EQ(watts(), said);
  EXPECT_THAT(bmc.service().requests(),
              ElementsAre("GET /redfish/v1/Systems", "GET /redfish/v1/Systems/1", "GET " + kChassis,
                          "GET " + kMetrics, "GET " + kMetrics));
}

TEST_F(RedfishPowerTest, AnOlderServiceSaysItAsThePowerOfItsChassis) {
  resources()[kMetrics] = R"({"TemperatureCelsius": {"Reading": 20}})";
  meter("180");
  EXPECT_EQ(watts(), (MeasuredPower{Power::watts(180), "redfish"}));
  resources().erase(kMetrics);
  by = make_redfish(io.get_executor(), bmc.redfish());
  EXPECT_EQ(watts(), (MeasuredPower{Power::watts(180), "redfish"}));
}

TEST_F(RedfishPowerTest, NoFigureIsMadeOfNone) {
  for (const auto* none : {"null", "0", "-5", "40000", "1e300", "\"180\""}) {
    meter(none);
    EXPECT_EQ(failure(), Errc::refused) << none;
    metrics(none);
    EXPECT_EQ(failure(), Errc::refused) << none;
    resources().erase(kMetrics);
  }
}

TEST_F(RedfishPowerTest, OneThatMeasuresNothingIsUnsupportedAndStillOn) {
  bmc.set_on(true);
  EXPECT_EQ(failure(), Errc::unsupported) << "its links lead nowhere";
  resources()[kChassis] = "{}";
  EXPECT_EQ(failure(), Errc::unsupported);
  resources().erase(kChassis);
  EXPECT_EQ(failure(), Errc::unsupported);
  EXPECT_EQ(test::run(io, by->read_power(std::chrono::milliseconds(5000))), true);
}

TEST_F(RedfishPowerTest, TheChassisOfSeveralMachinesSaysNothingOfOne) {
  meter("4000");
  resources()[kChassis] =
      R"({"Power": {"@odata.id": ")" + kMeter + R"("}, "Links": {"ComputerSystems": [{}, {}]}})";
  const auto said = watts();
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Errc::unsupported);
  EXPECT_THAT(said.error().message, HasSubstr("several systems"));
}

TEST_F(RedfishPowerTest, WhoMayNotReadItHasNoWrongPassword) {
  meter("180");
  ASSERT_TRUE(watts());
  bmc.service().answer_next("GET", lab::redfish_no(kHttpForbidden, "InsufficientPrivilege", "No."));
  EXPECT_EQ(failure(), Errc::forbidden);
}

}  // namespace
}  // namespace ecokube
