// S19: machines that are not who they are thought to be stay on, by name.
#include "coordinator/core/safety_identity.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "bench.h"
#include "coordinator/core/identity.h"
#include "coordinator/core/power.h"

namespace ecokube::core::test {
namespace {

constexpr const char* kMachineUuid = "c0ffee00-1111-4222-8333-444455556666";
constexpr const char* kOther = "c0ffee00-1111-4222-8333-444455556667";

class IdentityTest : public testing::Test {
 protected:
  IdentityTest() {
    bench.fleet({"w1", "w2", "w3"});
    bench.pass(*bench.policy.pools.front().unneeded_time);
  }
  void says(const NodeName& name, const std::string& machine_id, const std::string& uuid) {
    Inventory inventory = inventory_of(name);
    if (!machine_id.empty()) inventory.machine_id = machine_id;
    inventory.machine.smbios_uuid = uuid;
    bench.see(AgentConnected{name, ++bench.sessions, inventory, 0});
    bench.heartbeat(name);
  }
  void kubelet_says(const NodeName& name, const std::string& machine_id, const std::string& uuid) {
    KubeNode kube = *bench.node(name).kube;
    kube.machine_id = machine_id;
    kube.system_uuid = uuid;
    bench.see_node(kube);
  }
  [[nodiscard]] std::set<std::string> blockers_of(const NodeName& name) const {
    std::set<std::string> codes;
    for (const auto& one : blockers(bench.world, bench.policy, bench.node(name), bench.now)) {
      if (one.rule == "S19") codes.insert(one.code);
    }
    return codes;
  }
  void own_bmc_says(const NodeName& name, const std::string& guid) {
    auto beat = bench.beat_of(name);
    beat.bmc = BmcFacts{true, "10.0.0.12", "", "dhcp", 0, guid, ""};
    bench.see(beat);
  }
  using Codes = std::set<std::string>;
  Bench bench;
};

TEST_F(IdentityTest, AgentAndKubeletOfTwoMachinesHoldTheNode) {
  says("w1", "", kMachineUuid);
  kubelet_says("w1", "machine-w1", "C0FFEE00-1111-4222-8333-444455556666");
  EXPECT_EQ(blockers_of("w1"), Codes{}) << "letters' case is none";
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
  kubelet_says("w1", "machine-w1", kOther);
  EXPECT_EQ(blockers_of("w1"), Codes{"WrongMachine"});
  EXPECT_EQ(bench.want("w1").reason.code, "WrongMachine");
  kubelet_says("w1", "machine-w9", kMachineUuid);
  EXPECT_EQ(blockers_of("w1"), Codes{"WrongMachineId"});
  KubeNode kube = *bench.node("w1").kube;
  kube.machine_id.clear();
  kube.boot_id = "another";
  bench.see_node(kube);
  EXPECT_EQ(blockers_of("w1"), Codes{"OtherBoot"});
}

TEST_F(IdentityTest, WhatOneSideDoesNotTellSaysNothing) {
  says("w1", "", "");
  kubelet_says("w1", "", kOther);
  EXPECT_EQ(blockers_of("w1"), Codes{});
  says("w1", "", "Not Specified");
  EXPECT_EQ(blockers_of("w1"), Codes{});
  says("w1", "", "ffffffff-ffff-ffff-ffff-ffffffffffff");
  EXPECT_EQ(blockers_of("w1"), Codes{});
}

TEST_F(IdentityTest, TwoLivingAgentsOfOneMachineHoldBothAndNameThem) {
  says("w2", "machine-w1", "");
  EXPECT_EQ(blockers_of("w1"), Codes{"SameIdentity"});
  EXPECT_EQ(blockers_of("w2"), Codes{"SameIdentity"});
  EXPECT_EQ(blockers_of("w3"), Codes{});
  EXPECT_NE(bench.want("w1").reason.text.find("w2"), std::string::npos);
  EXPECT_NE(bench.want("w2").reason.text.find("w1"), std::string::npos);
  says("w2", "", "");
  EXPECT_EQ(blockers_of("w1"), Codes{});
  says("w1", "", kMachineUuid);
  says("w3", "", "C0FFEE0011114222 8333444455556666");
  EXPECT_EQ(blockers_of("w1"), Codes{}) << "that is no UUID";
  says("w3", "", kMachineUuid);
  EXPECT_EQ(blockers_of("w1"), Codes{"SameIdentity"});
  EXPECT_EQ(blockers_of("w3"), Codes{"SameIdentity"});
  bench.hang_up("w3");
  EXPECT_EQ(blockers_of("w1"), Codes{}) << "the other is silent";
}

TEST_F(IdentityTest, AVendorsDefaultIsNoIdentity) {
  for (const auto* uuid :
       {"03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009"}) {
    says("w1", "", uuid);
    says("w2", "", uuid);
    EXPECT_EQ(blockers_of("w1"), Codes{}) << uuid;
  }
}

TEST_F(IdentityTest, TheBmcIsComparedWithWhatTheAgentReadsToo) {
  bench.policy.nodes["w1"].bmc = true;
  says("w1", "", kMachineUuid);
  bench.see(BmcSeen{"w1", true, "c0ffee00111142228333444455556666"});
  EXPECT_EQ(bmc_identity(bench.node("w1"), bench.policy), BmcIdentity::right);
  says("w1", "", kOther);
  EXPECT_EQ(blockers_of("w1"), Codes{"WrongBmc"});
  bench.policy.nodes["w1"].bmc_guid = "c0ffee00111142228333444455556666";
  EXPECT_EQ(blockers_of("w1"), Codes{}) << "a person has said what its BMC calls itself";
}

TEST_F(IdentityTest, WithoutAnUuidAnotherGuidThanItsOwnBmcGivesInBandHoldsTheNode) {
  const std::string own = "a123456789abcdefa123456789000001";
  const std::string other = "a123456789abcdefa123456789000002";
  const auto identity = [&] { return bmc_identity(bench.node("w1"), bench.policy); };
  bench.policy.nodes["w1"].bmc = true;
  kubelet_says("w1", "machine-w1", "");
  bench.see(BmcSeen{"w1", true, other});
  EXPECT_EQ(identity(), BmcIdentity::unknown) << "nothing was said in-band";
  own_bmc_says("w1", own);
  EXPECT_EQ(identity(), BmcIdentity::wrong);
  EXPECT_EQ(blockers_of("w1"), Codes{"WrongBmc"});
  bench.see(BmcSeen{"w1", true, own});
  EXPECT_EQ(identity(), BmcIdentity::unknown) << "it may be one of many of that maker";
  EXPECT_EQ(blockers_of("w1"), Codes{});
  bench.see(BmcSeen{"w1", true, other});
  for (const auto& none : {std::string(), std::string(32, '0'), std::string(32, 'f')}) {
    own_bmc_says("w1", none);
    EXPECT_EQ(identity(), BmcIdentity::unknown) << none;
  }
  own_bmc_says("w1", own);
  bench.see(BmcSeen{"w1", true, std::string(32, '0')});
  EXPECT_EQ(identity(), BmcIdentity::unknown);
  bench.see(BmcSeen{"w1", true, other});
  bench.policy.nodes["w1"].bmc_by = WakeMethod::redfish;
  EXPECT_EQ(identity(), BmcIdentity::unknown) << "that is another question than IPMI's";
  bench.policy.nodes["w1"].bmc_by = WakeMethod::ipmi;
  kubelet_says("w1", "machine-w1", other);
  EXPECT_EQ(identity(), BmcIdentity::right) << "where there is a UUID it counts alone";
}

/// Who is who changes at random; nobody goes down who is not alone in saying so, by a walk over
/// all.
TEST_F(IdentityTest, NobodyGoesDownUnderAnotherOnesName) {
  std::mt19937_64 random(7);
  const std::array<std::string, 3> names{"w1", "w2", "w3"};
  const std::array<std::string, 4> ids{"machine-w1", "machine-w2", "machine-w3", ""};
  const std::array<std::string, 4> uuids{kMachineUuid, kOther, "", "0"};
  const auto any = [&](const auto& from) { return from[random() % from.size()]; };
  int marks = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto name = any(names);
    switch (random() % 3) {
      case 0: says(name, any(ids), any(uuids)); break;
      case 1: kubelet_says(name, any(ids), any(uuids)); break;
      default: bench.hang_up(name);
    }
    for (const auto& step : bench.plan().steps) {
      if (step.id.verb != Verb::mark) continue;
      ++marks;
      const auto& node = bench.node(step.id.subject);
      const auto& self = node.inventory;
      const bool other_id =
          !node.kube->machine_id.empty() && node.kube->machine_id != self.machine_id;
      const bool both = node.kube->system_uuid.size() > 1 && self.machine.smbios_uuid.size() > 1;
      EXPECT_FALSE(other_id);
      EXPECT_FALSE(both && node.kube->system_uuid != self.machine.smbios_uuid);
      for (const auto& other : names) {
        const auto& them = bench.node(other);
        if (other == node.name || !them.agent.connected) continue;
        EXPECT_NE(them.inventory.machine_id, self.machine_id);
        const bool known = self.machine.smbios_uuid.size() > 1;
        EXPECT_FALSE(known && them.inventory.machine.smbios_uuid == self.machine.smbios_uuid);
      }
    }
  }
  EXPECT_GT(marks, 1000);
}

}  // namespace
}  // namespace ecokube::core::test
