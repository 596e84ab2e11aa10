// Goal: what ipmitool prints of the machine's own BMC is read as it is meant, and what it does not
// say is not guessed. Method: what ipmitool 1.8.19 prints, told by a stand-in; at the end the
// helper's real program with a stand-in for ipmitool.
#include "node-agent/helpers/bmc_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "tests/support/temp_dir.h"
#include "tests/unit/agent_helpers/helper_process.h"

namespace ecokube::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kLan = R"(Set in Progress         : Set Complete
Auth Type Support       : NONE MD2 MD5 PASSWORD 
Auth Type Enable        : Callback : MD2 MD5 PASSWORD 
                        : User     : MD2 MD5 PASSWORD 
                        : OEM      : 
IP Address Source       : DHCP Address
IP Address              : 10.0.0.12
Subnet Mask             : 255.255.255.0
MAC Address             : 00:25:90:AA:BB:CC
SNMP Community String   : IP Address : 10.9.9.9
IP Header               : TTL=0x40 Flags=0x40 Precedence=0x00 TOS=0x10
Default Gateway IP      : 10.0.0.1
Default Gateway MAC     : 00:25:90:aa:bb:01
802.1q VLAN ID          : 12
802.1q VLAN Priority    : 0
RMCP+ Cipher Suites     : 3,17
)";
constexpr const char* kNoAddress = R"(IP Address Source       : Static Address
IP Address              : 0.0.0.0
MAC Address             : 00:25:90:aa:bb:cc
802.1q VLAN ID          : Disabled
)";
constexpr const char* kNoLan = "Channel 2 is not a LAN channel!\n";
constexpr const char* kAlways =
    "  Volatile(active) Settings\n"
    "    Access Mode         : always available\n"
    "  Non-Volatile Settings\n"
    "    Access Mode         : disabled\n";
constexpr const char* kRawGuid = " a1 23 45 67 89 ab cd ef a1 23 45 67 89 00 00 01\n";
constexpr const char* kGuidDigits32 = "a123456789abcdefa123456789000001";

TEST(LanPrint, SaysAddressMacSourceAndVlan) {
  EXPECT_EQ(lan_in(kLan).value(), (BmcLan{"10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 12}));
  EXPECT_EQ(lan_in(kNoAddress).value(), (BmcLan{"", "00:25:90:aa:bb:cc", "static", 0}));
  EXPECT_EQ(lan_in("IP Address : 10.0.0.12\nIP Address Source : BIOS Assigned Address\n"
                   "MAC Address : 00:00:00:00:00:00\n"
                   "Get LAN Parameter 'Backup Gateway MAC' command failed: Unspecified error\n"),
            (BmcLan{"10.0.0.12", "", "bios", 0}))
      << "it may fail at a later line";
  EXPECT_EQ(lan_in("IP Address Source : Unspecified\nIP Address : 10.0.0.12\n")->source, "other");
}

TEST(LanPrint, IsNoneWhereTheChannelIsNoLan) {
  for (const auto* output :
       {"", kNoLan, "Invalid channel: 2\n", "IP Address              : \n",
        "IP Address              : 10.0.0.300\n", "Subnet Mask : 255.255.255.0\n"}) {
    EXPECT_FALSE(lan_in(output)) << output;
  }
}

TEST(AccessMode, IsTheOneInForce) {
  EXPECT_EQ(access_mode_in(kAlways), "always available");
  EXPECT_EQ(access_mode_in("Invalid channel: 2\n"), "");
}

TEST(BmcGuid, IsTheBytesInTheirOrder) {
  EXPECT_EQ(bmc_guid_in(kRawGuid), kGuidDigits32);
  EXPECT_EQ(
      bmc_guid_in(std::string("Get HPM.x Capabilities request failed, compcode = d4\n") + kRawGuid),
      kGuidDigits32);
  for (const auto* output : {"", " a1 23\n", "Unable to send RAW command (rsp=0xc1)\n",
                             " a1 23 45 67 89 ab cd ef a1 23 45 67 89 00 00 0g\n"}) {
    EXPECT_EQ(bmc_guid_in(output), "") << output;
  }
}

struct BmcInfo : testing::Test {
  test::TempDir dev;
  std::map<std::string, Result<Ran>> says;  ///< by what is asked; else a failure
  std::vector<std::string> asked;

  BmcInfo() {
    dev.write("ipmi0", "");
    says["lan print 1"] = Ran{kLan, 0};
    says["channel info 1"] = Ran{kAlways, 0};
    says["raw 0x06 0x37"] = Ran{kRawGuid, 0};
  }
  BmcAnswer look() {
    return answer_of(dev.path(), [this](const std::vector<std::string>& words) -> Result<Ran> {
      std::string line;
      for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
      asked.push_back(line);
      const auto found = says.find(line);
      return found == says.end() ? Ran{"Invalid channel\n", 1} : found->second;
    });
  }
};

TEST_F(BmcInfo, IsToldByTheFirstChannelThatHasAnAddress) {
  const BmcAnswer whole{true, 1, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 12, kGuidDigits32, ""};
  EXPECT_EQ(look(), whole);
  EXPECT_THAT(asked, ElementsAre("lan print 1", "channel info 1", "raw 0x06 0x37"));
  says["lan print 8"] = says["lan print 1"];
  says["lan print 1"] = Ran{kNoAddress, 0};
  says["lan print 2"] = Ran{kNoLan, 1};
  const auto later = look();
  EXPECT_EQ(later.channel, 8);
  EXPECT_EQ(later.address, "10.0.0.12");
  EXPECT_EQ(later.problem, "");
}

TEST_F(BmcInfo, WithoutADeviceNothingIsAsked) {
  std::filesystem::remove(dev / "ipmi0");
  EXPECT_EQ(look(), BmcAnswer{});
  EXPECT_TRUE(asked.empty());
  dev.write("ipmidev/0", "");
  EXPECT_TRUE(look().present);
}

TEST_F(BmcInfo, WithoutAnAddressItIsThereAndNotOnALan) {
  says["lan print 1"] = Ran{kNoAddress, 0};
  const auto bmc = look();
  EXPECT_TRUE(bmc.present);
  EXPECT_EQ(bmc.address, "");
  EXPECT_EQ(bmc.mac, "00:25:90:aa:bb:cc");
  EXPECT_EQ(bmc.guid, kGuidDigits32);
  EXPECT_THAT(bmc.problem, HasSubstr("no address on a LAN; run: ipmitool lan set 1 ipsrc dhcp"));
  says.erase("lan print 1");
  EXPECT_THAT(look().problem, HasSubstr("no LAN channel (Invalid channel)"));
}

TEST_F(BmcInfo, AChannelThatTakesNoIpmiSaysSo) {
  says["channel info 1"] = Ran{"    Access Mode         : disabled\n", 0};
  const auto bmc = look();
  EXPECT_EQ(bmc.address, "10.0.0.12") << "Redfish may be there";
  EXPECT_THAT(bmc.problem, HasSubstr("access mode disabled); run: ipmitool lan set 1 access on"));
}

TEST_F(BmcInfo, WhatIpmitoolCannotDoIsSaid) {
  says["lan print 1"] = fail(Errc::not_found, "No such file or directory");
  EXPECT_EQ(look().problem, "ipmitool is not installed; run: apt install ipmitool");
  EXPECT_EQ(asked.size(), 1U) << "it is not asked again";
  says["lan print 1"] = fail(Errc::timeout, "it did not end in time");
  EXPECT_THAT(look().problem, StartsWith("ipmitool: it did not end in time; try: "));
  says["lan print 1"] = Ran{"Could not open device at /dev/ipmi0\x1b or others: busy\nmore\n", 1};
  EXPECT_THAT(look().problem, StartsWith("ipmitool: Could not open device at /dev/ipmi0? or"));
  says["lan print 1"] = Ran{kLan, 1};
  says["raw 0x06 0x37"] = Ran{"Unable to send RAW command (rsp=0xc1): Invalid command\n", 1};
  EXPECT_EQ(look().guid, "") << "some have none";
}

struct BmcHelper : testing::Test {
  test::TempDir dir;

  BmcHelper() {
    if (::getuid() != 0) return;
    dir.write("dev/ipmi0", "");
    stand_in(
        "case \"$*\" in\n"
        "  '-I open lan print 1') cat <<'END'\n" +
        std::string(kLan) +
        "END\n;;\n"
        "  '-I open raw 0x06 0x37') echo '" +
        std::string(kRawGuid) + "';;\n  *) exit 1;;\nesac\n");
  }
  void stand_in(const std::string& script) {
    const auto file = dir.write("bin/ipmitool", "#!/bin/sh\n" + script);
    std::filesystem::permissions(file, std::filesystem::perms(0755));
  }
  std::string said_to(const std::string& question, const std::string& path) {
    test::HelperProcess helper({ECOKUBE_BMC_INFO, (dir / "dev").string()}, {"PATH=" + path});
    helper.write(question);
    auto answer = helper.read();
    EXPECT_EQ(helper.end(), 0);
    return answer;
  }
  [[nodiscard]] std::string path() const { return (dir / "bin").string() + ":/usr/bin:/bin"; }
};

TEST_F(BmcHelper, AnswersRootByIpmitool) {
  if (::getuid() != 0) GTEST_SKIP() << "only root and the agent may ask";
  EXPECT_EQ(said_to("status\n", path()),
            "bmc=there channel=1 address=10.0.0.12 mac=00:25:90:aa:bb:cc source=dhcp vlan=12 "
            "guid=a123456789abcdefa123456789000001\n");
  EXPECT_EQ(said_to("chassis power off\n", path()), "problem=ask \"status\"\n");
  stand_in("yes\n");
  EXPECT_EQ(said_to("status\n", path()).substr(0, 47),
            "bmc=there problem=ipmitool: it prints too much;");
  EXPECT_EQ(said_to("status\n", (dir / "nowhere").string()),
            "bmc=there problem=ipmitool is not installed; run: apt install ipmitool\n");
  std::filesystem::remove(dir / "dev/ipmi0");
  EXPECT_EQ(said_to("status\n", path()), "bmc=none\n");
}

}  // namespace
}  // namespace ecokube::agent
