// Goal: what the machines say of their own BMCs is compared with what is configured, and a person
// is told what to write.
#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/api/doctor.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube {
namespace {

const std::string kGuidOne = "a123456789abcdefa123456789000001";
const std::string kGuidTwo = "a123456789abcdefa123456789000002";

class DoctorBmcTest : public ::testing::Test {
 protected:
  DoctorBmcTest() {
    test::fill(fleet_);
    says("worker1", "10.0.0.11", kGuidOne);
    says("worker2", "10.0.0.12", kGuidTwo);
  }
  core::Node& node(const std::string& name) { return fleet_.world_value.nodes.at(name); }
  core::Policy& policy() { return fleet_.policy_value; }
  void says(const std::string& name, const std::string& address, const std::string& guid) {
    node(name).inventory.bmc = core::BmcFacts{true, address, "", "dhcp", 0, guid, ""};
  }
  void configured(const std::string& name, const std::string& address,
                  const std::string& lan_guid) {
    auto& given = policy().nodes[name];
    given.bmc = true;
    given.bmc_address = address;
    node(name).bmc.guid = lan_guid;
  }
  /// The one finding of these that is there; an empty one for none.
  Finding found() {
    Finding one;
    for (auto& each : examine(fleet_.world_value, policy(), test::kNow)) {
      if (!each.code.starts_with("Bmc")) continue;
      EXPECT_EQ(one, Finding{}) << one.code << " and " << each.code;
      one = each;
    }
    return one;
  }
  void configure_rightly() {
    configured("worker1", "10.0.0.11", kGuidOne);
    configured("worker2", "10.0.0.12", kGuidTwo);
  }

  test::FakeFleet fleet_;
};

TEST_F(DoctorBmcTest, OneThatNobodyUsesIsNamedWithTheLineToAdd) {
  auto one = found();
  EXPECT_EQ(one.code, "BmcNotConfigured");
  EXPECT_EQ(one.level, Level::ok) << "nothing stays on because of it";
  EXPECT_EQ(one.subject, "worker1, worker2");
  EXPECT_EQ(one.what_to_do,
            "to [[node]] name = \"worker1\" add bmc_address = \"10.0.0.11\", with bmc_user and "
            "bmc_password_file: docs/power-control.md");
  configured("worker1", "10.0.0.11", "");
  EXPECT_EQ(found().subject, "worker2");
  node("worker2").inventory.bmc->address.clear();
  EXPECT_EQ(found().code, "") << "it is on no LAN";
}

TEST_F(DoctorBmcTest, OneThatIsUsedOrOfANodeThatNeverSleepsIsNone) {
  configure_rightly();
  EXPECT_EQ(found().code, "");
  policy().nodes.clear();
  policy().pools.front().mode = core::Mode::off;
  EXPECT_EQ(found().code, "");
  policy().pools.front().mode = core::Mode::act;
  policy().host_node = "worker1";
  node("worker2").kube->labels.emplace(names::kControlPlaneLabel, "");
  EXPECT_EQ(found().code, "");
}

TEST_F(DoctorBmcTest, AnotherAddressThanTheConfiguredOneIsAWarning) {
  configure_rightly();
  policy().nodes["worker1"].bmc_address = "10.9.0.11";
  auto one = found();
  EXPECT_EQ(one.code, "BmcAddressDiffers");
  EXPECT_EQ(one.level, Level::warning);
  EXPECT_EQ(one.subject, "worker1");
  EXPECT_NE(one.text.find("at 10.0.0.11, and is configured with 10.9.0.11"), std::string::npos);
  EXPECT_NE(one.what_to_do.find("behind NAT"), std::string::npos);
  policy().nodes["worker1"].bmc_address = "bmc1.example";
  EXPECT_EQ(found().code, "") << "a name is not looked up";
  policy().nodes["worker1"].bmc_address.clear();
  EXPECT_EQ(found().code, "") << "a program stands for it";
}

TEST_F(DoctorBmcTest, TwoAddressesThatWereSwappedAreNamed) {
  configured("worker1", "10.0.0.12", kGuidTwo);
  configured("worker2", "10.0.0.11", kGuidOne);
  auto one = found();
  EXPECT_EQ(one.code, "BmcSwapped");
  EXPECT_EQ(one.level, Level::problem);
  EXPECT_EQ(one.subject, "worker1, worker2");
  EXPECT_EQ(one.text,
            "what answers at bmc_address 10.0.0.12 is not the BMC of worker1 but that of "
            "worker2");
  EXPECT_EQ(one.what_to_do, "exchange the bmc_address of worker1 and worker2 in coordinator.toml");
  configure_rightly();
  node("worker1").bmc.guid = "a123456789abcdefa123456789000009";
  EXPECT_EQ(found().what_to_do,
            "correct bmc_address in coordinator.toml: its own BMC says that it is at 10.0.0.11");
}

TEST_F(DoctorBmcTest, OneThatCallsItselfOtherwiseIsToldToAPersonWithItsGuid) {
  configure_rightly();
  node("worker1").inventory.machine.smbios_uuid = "c0ffee00-1111-4222-8333-444455556666";
  auto one = found();
  EXPECT_EQ(one.code, "BmcGuidNotGiven");
  EXPECT_EQ(one.subject, "worker1");
  EXPECT_EQ(one.what_to_do, "to [[node]] name = \"worker1\" add bmc_guid = \"" + kGuidOne + "\"");
  policy().nodes["worker1"].bmc_guid = kGuidOne;
  EXPECT_EQ(found().code, "");
  policy().nodes["worker1"].bmc_guid.clear();
  says("worker2", "10.0.0.12", kGuidOne);
  node("worker2").bmc.guid = kGuidOne;
  EXPECT_EQ(found().code, "") << "many BMCs of that maker give it";
}

TEST_F(DoctorBmcTest, AGuidThatIsNotKnownOrThatTheMachineBearsSwapsNothing) {
  configure_rightly();
  node("worker1").inventory.bmc->guid.clear();
  EXPECT_EQ(found().code, "");
  says("worker1", "10.0.0.11", kGuidTwo);
  EXPECT_EQ(found().code, "BmcSwapped");
  node("worker1").inventory.machine.smbios_uuid = kGuidOne;
  EXPECT_EQ(found().code, "") << "over the LAN it gives the machine's own UUID";
  node("worker1").inventory.machine.smbios_uuid.clear();
  node("worker1").bmc.guid = std::string(32, '0');
  EXPECT_EQ(found().code, "") << "a GUID of zeros is none";
}

}  // namespace
}  // namespace ecokube
