// Goal: the loop decides when there is news, and each second; not for each heartbeat. Method: time
// stands still but when the test moves it.
#include "coordinator/loop.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "tests/unit/loop/fake_ports.h"

namespace ecokube {
namespace {

class LoopTest : public testing::Test {
 protected:
  LoopTest() {
    loop.start({});
    core::AgentConnected hello;
    hello.node = "w1";
    hello.session = 1;
    hello.inventory.boot_id = "boot-1";
    loop.post(core::Fact(std::move(hello)));
    (void)decisions_for(beat());
  }
  core::AgentHeartbeat beat() {
    core::AgentHeartbeat beat;
    beat.node = "w1";
    beat.session = 1;
    beat.sequence = ++sequence;
    beat.boot_id = "boot-1";
    return beat;
  }
  /// How many are made until it was taken, that one's included.
  int decisions_for(core::AgentHeartbeat heartbeat) {
    const int before = bmcs.decisions;
    const auto wanted = heartbeat.sequence;
    loop.post(core::Fact(std::move(heartbeat)));
    const auto taken = [&] {
      const auto node = loop.world().nodes.find("w1");
      return node != loop.world().nodes.end() && node->second.agent.sequence == wanted;
    };
    while (!taken()) io.run_one();
    return bmcs.decisions - before;
  }

  boost::asio::io_context io{1};
  test::FakeCluster cluster;
  test::FakePower power;
  test::FakeBmcs bmcs;
  test::FakeAgents agents;
  test::FakeStore store;
  TimePoint now = from_ms(1'700'000'000'000);
  std::uint64_t sequence = 0;
  Loop loop{io.get_executor(), core::Policy{}, Ports{cluster, power, bmcs, agents, store},
            [this] { return now; }};
};

TEST_F(LoopTest, AHeartbeatThatSaysNothingNewIsTakenAndLeadsToNoDecision) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(decisions_for(beat()), 0);
  auto vetoed = beat();
  vetoed.vetoes = {"held"};
  EXPECT_EQ(decisions_for(vetoed), 1);
}

TEST_F(LoopTest, TheNextDecisionTakesItAlongASecondLaterAtTheLatest) {
  now += std::chrono::milliseconds(999);
  EXPECT_EQ(decisions_for(beat()), 0);
  now += std::chrono::milliseconds(1);
  EXPECT_EQ(decisions_for(beat()), 1);
  EXPECT_EQ(decisions_for(beat()), 0);
}

}  // namespace
}  // namespace ecokube
