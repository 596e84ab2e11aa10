// What ipmitool's words mean. Those of a simulated BMC are in tests/contract/bmc; here are those
// that only real ones say.
#include "coordinator/power/ipmitool_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ecokube {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const IpmiAccess kBmc{{"10.0.0.9", 623}, "power", {"/etc/ecokube/bmc.password", ""}, 17};

Error error(BmcVerb verb, std::string_view output) { return ipmitool_error(kBmc, verb, output); }

TEST(IpmitoolText, ErrorsAreToldApart) {
  const std::pair<const char*, Errc> sessions[] = {
      {"RAKP 2 message indicates an error : unauthorized name", Errc::unauthorized},
      {"> RAKP 2 HMAC is invalid", Errc::unauthorized},
      {"RAKP 2 message indicates an error : insufficient resources for session", Errc::busy},
      {"Error in open session response message : insufficient resources to create new session",
       Errc::busy},
      {"Error in open session response message : unauthorized role or privilege level requested",
       Errc::forbidden},
      {"Error in open session response message : no cipher suite match with proposed security "
       "algorithms",
       Errc::unsupported},
      {"Error in open session response message : invalid integrity algorithm", Errc::unsupported},
      {"Error in open session response message : invalid role", Errc::refused},
      {"Get Auth Capabilities error", Errc::unreachable},
      {"Address lookup for bmc9 failed", Errc::unreachable},
      {"Error: Unable to establish IPMI v2 / RMCP+ session", Errc::unreachable},
      {"Segmentation fault", Errc::protocol},
  };
  for (const auto& [line, code] : sessions) {
    const auto text = std::string("Loading IANA PEN Registry...\n") + line +
                      "\nError: Unable to establish IPMI v2 / RMCP+ session\n";
    const bool alone = code == Errc::protocol;
    EXPECT_EQ(error(BmcVerb::status, alone ? line : text.c_str()).code, code) << line;
  }
}

TEST(IpmitoolText, ANoToTheCommandIsNotTakenForWhatWasProbedBefore) {
  const std::string probed =
      "Running Get VSO Capabilities my_addr 0x20, transit 0, target 0x20\n"
      "Invalid completion code received: Insufficient privilege level\n";
  const std::string set = probed + "Set Chassis Power Control to Down/Off failed: ";
  EXPECT_EQ(error(BmcVerb::off, set + "Node busy\n").code, Errc::busy);
  EXPECT_EQ(error(BmcVerb::off, set + "Insufficient privilege level\n").code, Errc::forbidden);
  EXPECT_EQ(error(BmcVerb::off, set + "Command not supported in present state\n").code,
            Errc::conflict);
  EXPECT_EQ(error(BmcVerb::off, set + "Invalid command\n").code, Errc::unsupported);
  const auto other = error(BmcVerb::off, set + "Unspecified error\n");
  EXPECT_EQ(other.code, Errc::refused);
  EXPECT_THAT(other.message, HasSubstr("BMC 10.0.0.9:623: power off: Set Chassis"));
  EXPECT_EQ(error(BmcVerb::status, probed + "Get Chassis Power Status failed: Node busy\n").code,
            Errc::busy);
}

TEST(IpmitoolText, PowerIsOnlyWhatIsSaid) {
  EXPECT_EQ(power_in("Discovered IPMB address 0x0\nChassis Power is on\n"), true);
  EXPECT_EQ(power_in("Chassis Power is off\n"), false);
  EXPECT_FALSE(power_in("Chassis Power is \n"));
  EXPECT_FALSE(power_in(""));
}

TEST(IpmitoolText, AGuidIsSixteenBytes) {
  EXPECT_EQ(guid_in("Loading\nRAW RSP (16 bytes)\n a1 23 45 67 89 ab cd ef a1 23 45 67 89 00 00 "
                    "01\n"),
            "a123456789abcdefa123456789000001");
  EXPECT_EQ(guid_in(" A1 23 45 67 89 AB CD EF a1 23 45 67 89 00 00 01\n"),
            "a123456789abcdefa123456789000001");
  EXPECT_FALSE(guid_in("RAW RSP (2 bytes)\n a1 23\n"));
  EXPECT_FALSE(guid_in("nothing"));
}

TEST(IpmitoolText, ThePasswordGoesByItsFile) {
  const auto argv = ipmitool_command(kBmc, BmcVerb::soft);
  EXPECT_THAT(argv, Contains("/etc/ecokube/bmc.password"));
  EXPECT_THAT(argv, Not(Contains("-P")));
  EXPECT_EQ(argv.back(), "soft");
}

}  // namespace
}  // namespace ecokube
