// A node is woken by its methods one after another (S7), and goes down by what its BMC reads.
#include "coordinator/core/wake_chain.h"

#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/identity.h"
#include "coordinator/core/power.h"

namespace ecokube::core::test {
namespace {

class BmcChainTest : public testing::Test {
 protected:
  BmcChainTest() {
    bench.policy.nodes["w1"].bmc = true;
    bench.fleet({"w1", "w2"});
  }
  void reads(bool on) { bench.see(BmcSeen{"w1", on, ""}); }
  void fails() { bench.see(BmcFailed{"w1", Errc::unreachable, "it does not answer"}); }
  /// To where only its power is not known to be off.
  void say_goodbye() {
    const Step shutdown = bench.take_down("w1");
    bench.goodbye("w1", LeaveOrigin::coordinator, shutdown.id.text());
    bench.hang_up("w1");
    bench.see_marked("w1", true, Readiness::unknown);
  }
  void sleep() {
    say_goodbye();
    reads(false);
    reads(false);
    bench.run("w1", Verb::record_off);
    bench.put_to_sleep("w2");
  }
  void need(const char* pod) { bench.see(PodSeen{pending_pod(pod, 3000)}); }
  WakeMethod method_of(const Step& step) { return std::get<WakeNode>(step.action).method; }
  /// Each 10 s, until it is on: then it boots (S21).
  void expect_ordered_seldom_by(WakeMethod method) {
    EXPECT_EQ(method_of(bench.run("w1", Verb::wake)), method);
    bench.pass(seconds(9));
    EXPECT_FALSE(bench.planned("w1", Verb::wake));
    bench.pass(seconds(1));
    EXPECT_TRUE(bench.planned("w1", Verb::wake));
    reads(true);
    EXPECT_FALSE(bench.planned("w1", Verb::wake)) << "it boots; S21";
  }

  Bench bench;
};

TEST_F(BmcChainTest, TheWayDownEndsByTwoReadingsOfOff) {
  say_goodbye();
  EXPECT_TRUE(bench.plan().look_closely.contains("w1"));
  reads(true);
  reads(false);
  EXPECT_FALSE(bench.planned("w1", Verb::record_off));
  reads(false);
  const Step record = bench.run("w1", Verb::record_off);
  EXPECT_EQ(std::get<RecordOff>(record.action).power, "off (BMC)");
  EXPECT_EQ(bench.state("w1"), Lifecycle::powered_down);
  EXPECT_FALSE(bench.plan().look_closely.contains("w1"));
}

TEST_F(BmcChainTest, SilenceIsNoOffWhereThereIsABmcAndNeverBlocksWaking) {
  say_goodbye();
  fails();
  bench.pass(minutes(60));
  EXPECT_FALSE(bench.planned("w1", Verb::record_off));
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_down);
  EXPECT_EQ(power_at(bench.node("w1"), bench.policy, bench.now).state, PowerState::unknown);
  Step forged{{"w1", Verb::record_off, bench.node("w1").transition, 1},
              RecordOff{"off (BMC)", bench.now},
              {},
              1};
  EXPECT_TRUE(bench.broken(forged).contains("S2 PowerNotSeen"));
  for (const auto* pod : {"p1", "p2"}) need(pod);
  EXPECT_EQ(method_of(bench.run("w1", Verb::wake)), WakeMethod::wol);
}

TEST_F(BmcChainTest, TheNextMethodAndAnotherNodeInTheSameDecision) {
  bench.policy.wake_method_timeout = seconds(30);
  sleep();
  need("p1");
  EXPECT_EQ(method_of(bench.run("w1", Verb::wake)), WakeMethod::wol);
  EXPECT_TRUE(bench.plan().look_closely.contains("w1"));
  bench.pass(seconds(30) - Duration(1));
  EXPECT_EQ(method_of(bench.run("w1", Verb::wake)), WakeMethod::wol) << "repeated";
  EXPECT_FALSE(bench.planned("w2", Verb::wake));
  bench.pass(Duration(1));
  EXPECT_TRUE(bench.planned("w2", Verb::wake)) << "its promise is withdrawn";
  EXPECT_EQ(method_of(bench.run("w1", Verb::wake)), WakeMethod::ipmi);
  EXPECT_TRUE(bench.planned("w2", Verb::wake)) << "and not made again by the next method";
}

TEST_F(BmcChainTest, AnOrderIsRepeatedSeldomAndNotToWhatIsOn) {
  sleep();
  bench.policy.nodes["w1"].methods = {WakeMethod::ipmi};
  need("p1");
  expect_ordered_seldom_by(WakeMethod::ipmi);
}

TEST_F(BmcChainTest, WhateverTheBmcIsAskedByComesAfterThePacket) {
  bench.policy.wake_method_timeout = seconds(30);
  bench.policy.nodes["w1"].bmc_by = WakeMethod::redfish;
  sleep();
  need("p1");
  bench.run("w1", Verb::wake);
  bench.pass(seconds(30));
  expect_ordered_seldom_by(WakeMethod::redfish);
}

TEST_F(BmcChainTest, NoPacketIsTriedWhereNoCardWasArmedAndItsBmcWakesIt) {
  using Methods = std::vector<WakeMethod>;
  const auto methods = [&] { return wake_methods(bench.node("w1"), bench.policy); };
  EXPECT_EQ(methods(), (Methods{WakeMethod::wol, WakeMethod::ipmi}));
  auto beat = bench.beat_of("w1");
  for (auto& nic : beat.nics) nic.wake_armed = false;
  bench.see(beat);
  EXPECT_EQ(methods(), Methods{WakeMethod::ipmi});
  bench.policy.nodes["w1"].bmc = false;
  EXPECT_EQ(methods(), Methods{WakeMethod::wol}) << "better than nothing";
}

TEST_F(BmcChainTest, AfterTheLastMethodItIsQuarantinedAndBothAreNamed) {
  bench.policy.wake_method_timeout = seconds(30);
  sleep();
  need("p1");
  bench.run("w1", Verb::wake);
  bench.pass(seconds(30));
  bench.run("w1", Verb::wake);
  bench.pass(bench.policy.wake_deadline - Duration(1));
  EXPECT_FALSE(bench.planned("w1", Verb::quarantine)) << "the last has the whole deadline";
  bench.pass(Duration(1));
  const Step quarantine = bench.run("w1", Verb::quarantine);
  EXPECT_NE(quarantine.reason.text.find("1 packets and 1 orders to its BMC"), std::string::npos)
      << quarantine.reason.text;
}

TEST_F(BmcChainTest, ABootByItsBmcProvesThatMethod) {
  bench.policy.wake_method_timeout = seconds(30);
  sleep();
  need("p1");
  bench.run("w1", Verb::wake);
  bench.pass(seconds(30));
  bench.run("w1", Verb::wake);
  bench.pass(seconds(20));
  bench.hello("w1", 2);
  bench.see_marked("w1", true, Readiness::ready, 2);
  const Step unmark = bench.run("w1", Verb::unmark);
  EXPECT_TRUE(std::get<UnmarkNode>(unmark.action).wake_proof.starts_with("ipmi "));
  EXPECT_EQ(bench.node("w1").boot_times.back(), seconds(20)) << "of the method that worked";
}

TEST_F(BmcChainTest, TheTimeOfAMethodIsLearned) {
  Node& node = bench.world.nodes.at("w1");
  EXPECT_EQ(method_timeout(node, bench.policy, WakeMethod::wol), kWakeMethodTimeout);
  node.boot_times = {seconds(40), seconds(42), seconds(60)};
  EXPECT_EQ(method_timeout(node, bench.policy, WakeMethod::wol), seconds(90));
  EXPECT_EQ(method_timeout(node, bench.policy, WakeMethod::ipmi), bench.policy.wake_deadline);
  bench.policy.wake_method_timeout = seconds(5);
  EXPECT_EQ(method_timeout(node, bench.policy, WakeMethod::wol), seconds(5));
  EXPECT_EQ(method_timeout(bench.node("w2"), bench.policy, WakeMethod::wol),
            bench.policy.wake_deadline)
      << "its only one";
}

TEST_F(BmcChainTest, ADeadMachineIsKnownOffAndCleanedUpWhenItIsBack) {
  bench.hang_up("w1");
  bench.silence(seconds(1));
  reads(false);
  reads(false);
  bench.pass(*bench.policy.pools.front().unneeded_time);
  reads(false);
  EXPECT_EQ(bench.state("w1"), Lifecycle::unknown);
  bench.run("w1", Verb::record_off);
  EXPECT_EQ(bench.state("w1"), Lifecycle::powered_down);
  auto kube = worker("w1");
  kube.annotations[std::string(names::kPower)] = "off (BMC)";
  bench.see_node(kube);
  bench.hello("w1", 2);
  kube.boot_id = boot_of("w1", 2);
  bench.see_node(kube);
  bench.run("w1", Verb::unmark);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_FALSE(bench.planned("w1", Verb::unmark));
}

TEST_F(BmcChainTest, ItMaySleepWhenEitherWayToWakeItStands) {
  bench.pass(*bench.policy.pools.front().unneeded_time);
  ASSERT_TRUE(bench.planned("w1", Verb::mark)) << "its NIC is armed";
  bench.world.nodes.at("w1").agent.nics.front().wake_armed = false;
  EXPECT_EQ(bench.want("w1").reason.code, "BmcSilent");
  reads(true);
  EXPECT_TRUE(bench.planned("w1", Verb::mark)) << "its BMC answers";
  fails();
  EXPECT_EQ(bench.want("w1").reason.code, "BmcSilent");
  reads(true);
  bench.policy.nodes["w1"].methods = {WakeMethod::wol};
  EXPECT_EQ(bench.want("w1").reason.code, "WakeNotArmed");
}

TEST_F(BmcChainTest, S19TheBmcOfAnotherMachineHoldsTheNode) {
  constexpr auto* kToldUuid = "33221100-5544-7766-8899-aabbccddeeff";
  auto kube = worker("w1");
  kube.system_uuid = kToldUuid;
  bench.see_node(kube);
  bench.pass(*bench.policy.pools.front().unneeded_time);
  bench.see(BmcSeen{"w1", true, "00112233445566778899aabbccddeeff"});
  EXPECT_TRUE(bench.planned("w1", Verb::mark)) << bench.want("w1").reason.text;
  bench.see(BmcSeen{"w1", true, "00112233445566778899aabbccddee00"});
  EXPECT_EQ(bench.want("w1").reason.code, "WrongBmc");
  bench.policy.nodes["w1"].bmc_guid = "00112233445566778899aabbccddee00";
  EXPECT_TRUE(bench.planned("w1", Verb::mark)) << "a person knows better";
  for (int i = 0; i < kEqualReadings; ++i) reads(false);
  bench.heartbeat("w1");
  EXPECT_EQ(bench.want("w1").reason.code, "BmcContradicts");
}

TEST(Identity, TheBytesOfAGuidComeInThreeOrders) {
  constexpr auto* kToldUuid = "33221100-5544-7766-8899-AABBCCDDEEFF";
  EXPECT_TRUE(same_machine("00112233445566778899aabbccddeeff", kToldUuid)) << "as SMBIOS keeps it";
  EXPECT_TRUE(same_machine("33221100554477668899aabbccddeeff", kToldUuid)) << "as it is written";
  EXPECT_TRUE(same_machine("ffeeddccbbaa99886677445500112233", kToldUuid)) << "as IPMI sends it";
  EXPECT_FALSE(same_machine("00112233445566778899aabbccddeefe", kToldUuid));
  for (const auto* none : {"", "00000000000000000000000000000000",
                           "ffffffffffffffffffffffffffffffff", "33221100", "machine"}) {
    EXPECT_FALSE(same_machine(none, none)) << none;
  }
}

TEST(WakeOrder, NamesThePasswordsFileAndWhetherFramesAreWanted) {
  Policy policy;
  Node node;
  node.name = "w1";
  EXPECT_TRUE(wake_order(node, policy, WakeMethod::wol).raw);
  EXPECT_EQ(wake_order(node, policy, WakeMethod::wol).secure_on_file, "");
  policy.raw_wake = false;
  policy.nodes["w1"].secure_on_file = "/etc/ecokube/secureon/w1";
  EXPECT_FALSE(wake_order(node, policy, WakeMethod::wol).raw);
  EXPECT_EQ(wake_order(node, policy, WakeMethod::wol).secure_on_file, "/etc/ecokube/secureon/w1");
  EXPECT_EQ(wake_order(node, policy, WakeMethod::ipmi).secure_on_file, "");
}

TEST(WakeAddress, IsTheBroadcastOfTheSegmentThatAnArmedNicIsOn) {
  Policy policy;
  Node node;
  node.name = "w1";
  const auto nic = [](const char* subnet, bool link_up, bool armed) {
    return NicFacts{"eno1",
                    *MacAddress::parse("02:00:00:00:00:01"),
                    link_up,
                    armed,
                    {*Ipv4Subnet::parse("10.9.9.9/32"), *Ipv4Subnet::parse(subnet)}};
  };
  EXPECT_EQ(wake_address_of(node, policy), "");
  node.inventory.nics = {nic("10.0.1.7/31", true, true)};
  EXPECT_EQ(wake_address_of(node, policy), "") << "nothing broadcasts there";
  node.inventory.nics = {nic("10.0.1.7/24", true, false), nic("10.0.2.7/24", false, true)};
  EXPECT_EQ(wake_address_of(node, policy), "10.0.2.255:9");
  node.inventory.nics.push_back(nic("10.0.3.7/25", true, true));
  EXPECT_EQ(wake_address_of(node, policy), "10.0.3.127:9");
  node.inventory.wake_address = "10.0.4.255:7";
  EXPECT_EQ(wake_address_of(node, policy), "10.0.4.255:7");
  policy.nodes["w1"].wake_address = "10.0.5.255:9";
  EXPECT_EQ(wake_address_of(node, policy), "10.0.5.255:9");
}

}  // namespace
}  // namespace ecokube::core::test
