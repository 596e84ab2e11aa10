// Awake agents send the packets of sleepers on their own segments.
#include <gtest/gtest.h>

#include "bench.h"
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
  void on_segment(const NodeName& name, std::vector<const char*> subnets, bool relays = true) {
    Inventory inventory = inventory_of(name);
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

}  // namespace
}  // namespace ecokube::core::test
