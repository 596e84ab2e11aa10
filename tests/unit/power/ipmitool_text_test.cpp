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

/// As ipmitool 1.8.19 prints it, which ends one of the lines only after the next.
std::string dcmi(const std::string& now, const std::string& state) {
  return "Discovered IPMB address 0x0\n\n"
         "    Instantaneous power reading:              " +
         now +
         "\n"
         "    Minimum during sampling period:                  2 Watts\n"
         "    Maximum during sampling period:                487 Watts\n"
         "    Average power reading over sample period:      184 Watts\n"
         "    IPMI timestamp:                           S+ 00:00:00    Sampling period:            "
         "              00000300 Seconds.\n"
         "    Power reading state is:                   " +
         state + "\n\n\n";
}

TEST(IpmitoolText, WattsAreThoseOfNow) {
  EXPECT_EQ(watts_in(dcmi("     221 Watts", "activated")), Power::watts(221));
  EXPECT_EQ(watts_in(dcmi("   32766 Watts", "activated")), Power::watts(32'766));
  for (const auto& [now, state] :
       {std::pair("     221 Watts", "deactivated"), std::pair("       0 Watts", "deactivated"),
        std::pair("       0 Watts", "activated"), std::pair("   65535 Watts", "activated"),
        std::pair("   32767 Watts", "activated"), std::pair("      -1 Watts", "activated"),
        std::pair("9223372036854775807 Watts", "activated")}) {
    const auto none = watts_in(dcmi(now, state));
    ASSERT_FALSE(none) << now << " " << state;
    EXPECT_EQ(none.error().code, Errc::refused) << now << " " << state;
  }
}

TEST(IpmitoolText, WhatIsNoReadingIsNone) {
  const auto whole = dcmi("     221 Watts", "activated");
  const auto without_state = whole.substr(0, whole.find("    Power reading state"));
  const auto mean_alone = whole.substr(whole.find("    Average"));
  for (const auto& output :
       {std::string(), without_state, mean_alone, dcmi("221", "activated"),
        dcmi("221 BTU/hr", "activated"), dcmi("Watts", "activated"), dcmi("221 Watts", "")}) {
    const auto none = watts_in(output);
    ASSERT_FALSE(none) << output;
    EXPECT_EQ(none.error().code, Errc::protocol) << output;
  }
}

TEST(IpmitoolText, ANoOfDcmiIsToldApart) {
  const std::string no = "\n    DCMI request failed because: ";
  EXPECT_EQ(error(BmcVerb::watts, no + "Invalid command (c1)\n").code, Errc::unsupported);
  EXPECT_EQ(error(BmcVerb::watts, no + "Command subfunction disabled or unavailable (d6)\n").code,
            Errc::unsupported);
  EXPECT_EQ(error(BmcVerb::watts, no + "Command not supported in present state (d5)\n").code,
            Errc::conflict);
  EXPECT_EQ(error(BmcVerb::watts, no + "Insufficient privilege level (d4)\n").code,
            Errc::forbidden);
  EXPECT_EQ(error(BmcVerb::watts, "    A valid DCMI command was not returned! (0)\n").code,
            Errc::unsupported);
  EXPECT_EQ(error(BmcVerb::watts, "\n    Unable to get DCMI information\n").code, Errc::timeout);
  EXPECT_EQ(error(BmcVerb::watts, no + "Invalid command (c1)\n").message,
            "BMC 10.0.0.9:623: power watts: DCMI request failed because: Invalid command (c1)");
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
  const auto watts = ipmitool_command(kBmc, BmcVerb::watts);
  EXPECT_EQ(
      std::vector(watts.end() - 5, watts.end()),
      (std::vector<std::string>{"-f", "/etc/ecokube/bmc.password", "dcmi", "power", "reading"}));
}

}  // namespace
}  // namespace ecokube
