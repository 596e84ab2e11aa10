// Awake agents send the packets of sleepers on their own segments.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/relays.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube::core::test {
namespace {

class RelayTest : public testing::Test {
 protected:
  RelayTest() {
    bench.fleet({"w1", "w2", "w3", "w4", "w5"});
    for (const auto* name : {"w1", "w2", "w3", "w4"}) on_segment(name, {"10.0.1.7/24"});
    on_segment("w5", {"10.0.2.7/24"});
  }
  void on_segment(const NodeName& name, std::vector<const char*> subnets, bool relays = true,
                  const std::string& wake_address = "127.0.0.255:9") {
    Inventory inventory = inventory_of(name);
    inventory.wake_address = wake_address;
    for (const auto* text : subnets) {
      inventory.nics.front().subnets.push_back(*Ipv4Subnet::parse(text));
    }
    bench.see(AgentConnected{name, ++bench.sessions, inventory, 0, relays});
    bench.heartbeat(name);
  }
  [[nodiscard]] std::vector<NodeName> relays_of(const NodeName& name) const {
    const auto& node = bench.node(name);
    const auto order = wake_order(node, bench.policy, WakeMethod::wol);
    std::vector<NodeName> names;
    for (const auto& relay : relays_for(bench.world, bench.policy, node, order, bench.now)) {
      names.push_back(relay.node);
      broadcasts.insert(ipv4_text(relay.broadcast) + ":" + std::to_string(relay.port));
    }
    return names;
  }
  using Names = std::vector<NodeName>;
  mutable std::set<std::string> broadcasts;
  Bench bench;
};

TEST_F(RelayTest, TwoAwakeAgentsOfTheSleepersSegmentSendItToo) {
  EXPECT_EQ(relays_of("w1"), (Names{"w2", "w3"}));
  EXPECT_EQ(broadcasts, std::set<std::string>{"10.0.1.255:9"});
  bench.hang_up("w2");
  EXPECT_EQ(relays_of("w1"), (Names{"w3", "w4"}));
  EXPECT_EQ(relays_of("w5"), Names{}) << "nobody else is there";
  bench.silence(bench.policy.heartbeat_age_max + seconds(1));
  EXPECT_EQ(relays_of("w1"), Names{}) << "who is silent may be dead";
}

TEST_F(RelayTest, OnlyThoseThatCanAndOnlyIfItIsWanted) {
  on_segment("w2", {"10.0.1.8/24"}, false);
  EXPECT_EQ(relays_of("w1"), (Names{"w3", "w4"})) << "an older agent";
  bench.policy.relay = false;
  EXPECT_EQ(relays_of("w1"), Names{});
}

TEST_F(RelayTest, ASleeperOnTwoSegmentsIsCalledOnBothAndMovesAreSeen) {
  on_segment("w1", {"10.0.1.7/24", "10.0.2.9/24", "10.0.1.70/24", "10.9.9.9/32"});
  EXPECT_EQ(relays_of("w1"), (Names{"w2", "w3", "w5"}));
  EXPECT_EQ(broadcasts, (std::set<std::string>{"10.0.1.255:9", "10.0.2.255:9"}));
  on_segment("w2", {"10.0.2.3/24"});
  EXPECT_EQ(relays_of("w1"), (Names{"w3", "w4", "w2", "w5"}));
  EXPECT_EQ(bench.world.on_segment.at({0x0a000100, 24}), (std::set<NodeName>{"w1", "w3", "w4"}));
}

TEST_F(RelayTest, TheOrderThatIsSentNamesThem) {
  bench.put_to_sleep("w1");
  bench.ask("w1", PersonVerb::wake);
  const Step wake = bench.run("w1", Verb::wake);
  EXPECT_EQ(std::get<WakeNode>(wake.action).relays.size(), 2U);
}

/// Where broadcasts of the coordinator are not heard, and nobody has said what else to do.
class FarSegment : public RelayTest {
 protected:
  FarSegment() {
    for (const auto* name : {"w1", "w2", "w3", "w4"}) far(name);
    on_segment("w5", {"10.0.2.7/24"});
    bench.pass(minutes(2));
  }
  void far(const NodeName& name) { on_segment(name, {"10.0.1.7/24"}, true, ""); }
  [[nodiscard]] int marks() const {
    int count = 0;
    for (const auto& step : bench.plan().steps) count += step.id.verb == Verb::mark ? 1 : 0;
    return count;
  }
};

TEST_F(FarSegment, TwoAreKeptAwakeToWakeTheOthers) {
  EXPECT_EQ(marks(), 3) << "two of four, and w5, to whom an address was given";
  EXPECT_TRUE(bench.planned("w5", Verb::mark));
  EXPECT_EQ(bench.want("w4").reason.code, "LastRelay") << bench.want("w4").reason.text;
  for (const auto* name : {"w1", "w2"}) bench.put_to_sleep(name);
  EXPECT_FALSE(bench.planned("w3", Verb::mark));
  EXPECT_EQ(bench.want("w3").reason.code, "LastRelay");
  EXPECT_TRUE(bench.broken(bench.forced_mark("w3")).contains("S3 LastRelay"));
}

TEST_F(FarSegment, NotWhereTheCoordinatorIsOrABmcIsOrSomebodySaysOtherwise) {
  bench.policy.own_segments = {{0x0a000100, 24}};
  EXPECT_EQ(marks(), 5);
  bench.policy.own_segments.clear();
  bench.policy.relay = false;
  EXPECT_EQ(marks(), 5) << "nobody is asked to relay";
  bench.policy.relay = true;
  for (const auto* name : {"w1", "w2", "w3", "w4"}) {
    bench.policy.nodes[name].wake_address = "10.0.1.255:9";
  }
  EXPECT_EQ(marks(), 5);
  for (auto& [name, given] : bench.policy.nodes) {
    given.wake_address.clear();
    given.bmc = true;
  }
  EXPECT_TRUE(needs_relay(bench.policy, bench.node("w1"), bench.now)) << "no BMC answers";
  bench.world.nodes.at("w1").bmc.read_at = bench.now;
  EXPECT_FALSE(needs_relay(bench.policy, bench.node("w1"), bench.now));
}

TEST_F(FarSegment, WhoSleepsOnAnotherSegmentTooHasItsRelaysThere) {
  on_segment("w1", {"10.0.1.7/24", "10.0.2.9/24"}, true, "");
  on_segment("w6", {"10.0.2.8/24"});
  bench.see_node(worker("w6"));
  bench.policy.own_segments = {};
  for (const auto* name : {"w3", "w4"}) bench.hang_up(name);
  EXPECT_FALSE(last_relay(bench.world, bench.policy, bench.node("w1"), bench.now))
      << "w5 and w6 are awake";
  EXPECT_TRUE(last_relay(bench.world, bench.policy, bench.node("w1"), bench.now, {"w5"}));
}

TEST_F(FarSegment, AnotherIsWokenForOneThatDied) {
  for (const auto* name : {"w1", "w2"}) bench.put_to_sleep(name);
  bench.hang_up("w3");
  EXPECT_EQ(bench.want("w1").reason.code, "KeepsRelay");
  EXPECT_FALSE(bench.want("w2").on) << "one is enough";
  const Step wake = bench.run("w1", Verb::wake);
  EXPECT_EQ(std::get<WakeNode>(wake.action).relays.size(), 1U);
  EXPECT_FALSE(bench.want("w2").on);
}

TEST_F(FarSegment, NobodyIsWokenWhereNobodyIsLeftToDoIt) {
  for (const auto* name : {"w1", "w2"}) bench.put_to_sleep(name);
  for (const auto* name : {"w3", "w4"}) bench.hang_up(name);
  for (const auto* name : {"w1", "w2"}) EXPECT_FALSE(bench.want(name).on) << name;
}

TEST_F(FarSegment, TheOneThatIsWokenMayBe) {
  for (const auto* name : {"w1", "w2"}) bench.put_to_sleep(name);
  bench.world.nodes.at("w1").hold = Hold{"anna", "", {}};
  bench.hang_up("w3");
  EXPECT_FALSE(bench.want("w1").on);
  EXPECT_EQ(bench.want("w2").reason.code, "KeepsRelay");
}

TEST_F(FarSegment, OneThatIsBeingWokenOrWasGivenUpKeepsItsRelays) {
  bench.put_to_sleep("w1");
  auto& w1 = bench.world.nodes.at("w1");
  for (const auto* name : {"w2", "w3", "w4"}) {
    bench.policy.nodes[name].wake_address = "10.0.1.255:9";
  }
  const auto kept = [&] {
    return last_relay(bench.world, bench.policy, bench.node("w3"), bench.now, {"w2"}).has_value();
  };
  EXPECT_TRUE(kept());
  w1.state = Lifecycle::powering_up;
  w1.up.asked_at = bench.now;
  EXPECT_TRUE(kept());
  w1.state = Lifecycle::quarantined;
  EXPECT_TRUE(kept());
  w1.state = Lifecycle::ready;
  EXPECT_FALSE(kept());
}

TEST_F(FarSegment, ASuccessorWithoutTheDatabaseKnowsTheSegment) {
  const auto mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  const auto& recipe = std::get<MarkNode>(mark->action).wake_recipe;
  EXPECT_EQ(parse_wake_recipe(recipe)->segments, (std::vector{*Ipv4Subnet::parse("10.0.1.7/24")}));
  auto asleep = worker("w1");
  asleep.ready = Readiness::unknown;
  asleep.annotations[std::string(names::kWakeRecipe)] = recipe;
  asleep.annotations[std::string(names::kIntent)] = "down transition=3 boot_id=b";
  asleep.annotations[std::string(names::kPower)] = "off (inferred)";
  bench = Bench();
  bench.see(ClusterListed{1, {asleep, worker("w2")}, {}, {}});
  bench.see(LeaseHeld{2, bench.now + seconds(15)});
  far("w2");
  EXPECT_TRUE(needs_relay(bench.policy, bench.node("w1"), bench.now));
  EXPECT_EQ(relays_of("w1"), Names{"w2"});
  EXPECT_EQ(wake_order(bench.node("w1"), bench.policy, WakeMethod::wol).address, "10.0.1.255:9");
}

}  // namespace
}  // namespace ecokube::core::test
