// Goal: an order is sent only while the Lease stands, also when the process was stopped between the
// journal and the order (S5).
#include "coordinator/executor.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "tests/unit/loop/fake_ports.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using core::Step;
using core::Verb;
using test::FakeAgents;
using test::FakeBmcs;
using test::FakeCluster;
using test::FakePower;
using test::FakeStore;

class ExecutorTest : public testing::Test {
 protected:
  core::StepEnded run(Verb verb, core::Action action) {
    Executor executor(
        io.get_executor(), Ports{cluster, power, bmcs, agents, store}, [] { return from_ms(1000); },
        [this](std::int64_t fence, Duration ahead) { return fence == led && ahead <= lease_left; },
        [this](core::StepEnded step) { ended = std::move(step); });
    executor.start(Step{{"w1", verb, 1, 1}, std::move(action), {"Idle", "idle"}, 5});
    io.restart();
    io.run();
    EXPECT_TRUE(ended.has_value() && executor.idle());
    return ended.value_or(core::StepEnded());
  }

  asio::io_context io{1};
  FakeCluster cluster;
  FakePower power;
  FakeBmcs bmcs;
  FakeAgents agents;
  FakeStore store;
  std::int64_t led = 5;
  Duration lease_left{10'000};
  std::optional<core::StepEnded> ended;
};

TEST_F(ExecutorTest, SendsAnOrderOnceItIsInTheJournal) {
  EXPECT_EQ(run(Verb::shutdown, core::ShutdownNode{3, {}}).outcome, core::Outcome::done);
  EXPECT_EQ(store.intents, 1);
  EXPECT_EQ(agents.orders, 1);
  EXPECT_EQ(store.outcome, "done");
}

TEST_F(ExecutorTest, SendsNoOrderWhoseLeaseLapsedWhileTheJournalWasWritten) {
  store.meanwhile = [this] { led = 0; };
  const auto shutdown = run(Verb::shutdown, core::ShutdownNode{3, {}});
  EXPECT_EQ(shutdown.outcome, core::Outcome::failed);
  EXPECT_NE(shutdown.message.find("Lease"), std::string::npos);
  EXPECT_EQ(agents.orders, 0);
  EXPECT_EQ(run(Verb::mark, core::MarkNode{1, "boot", false, ""}).outcome, core::Outcome::failed);
  EXPECT_EQ(cluster.marks, 0);
  EXPECT_EQ(run(Verb::out_of_service, core::TakeOutOfService{1}).outcome, core::Outcome::failed);
  EXPECT_EQ(cluster.taints, 0);
  EXPECT_EQ(store.outcome, "failed");
}

TEST_F(ExecutorTest, SendsNoOrderOfAnEarlierLeaseOfItsOwn) {
  store.meanwhile = [this] { led = 6; };
  EXPECT_EQ(run(Verb::shutdown, core::ShutdownNode{3, {}}).outcome, core::Outcome::failed);
  EXPECT_EQ(agents.orders, 0);
}

TEST_F(ExecutorTest, BindsWithoutTheJournalAndSaysWhatWasBound) {
  const core::BindPod bind{{"uid-p", "default", "p"}, "w1"};
  const auto bound = run(Verb::bind, bind);
  EXPECT_EQ(bound.outcome, core::Outcome::done);
  EXPECT_EQ(bound.message, "assigned default/p to w1");
  EXPECT_EQ(store.intents, 0);
}

// Known not to be bound: the core may offer it to another node at once.
TEST_F(ExecutorTest, BindsNothingOnceTheLeaseIsOver) {
  led = 0;
  const core::BindPod bind{{"uid-p", "default", "p"}, "w1"};
  EXPECT_EQ(run(Verb::bind, bind).outcome, core::Outcome::refused);
  EXPECT_EQ(cluster.binds, 0);
}

TEST_F(ExecutorTest, APacketNeedsNoLease) {
  led = 0;
  EXPECT_EQ(run(Verb::wake, core::WakeNode{"127.0.0.1:9", {}}).outcome, core::Outcome::done);
  EXPECT_EQ(power.packets, 1);
  EXPECT_EQ(store.intents, 0);
}

TEST_F(ExecutorTest, AnOffOfABmcIsClaimedAndTheLeaseOutlastsIt) {
  const core::PowerOff off{false, "guid", 7};
  EXPECT_EQ(run(Verb::power_off, off).outcome, core::Outcome::done);
  EXPECT_EQ(bmcs.switched_off.size(), 1U);
  EXPECT_EQ(store.intents, 1);
  cluster.claimed = false;
  EXPECT_EQ(run(Verb::power_off, off).outcome, core::Outcome::failed) << "another one has written";
  cluster.claimed = true;
  lease_left = FakeBmcs::kCall - Duration(1);
  EXPECT_EQ(run(Verb::power_off, off).outcome, core::Outcome::failed) << "the call may outlast it";
  lease_left = FakeBmcs::kCall;
  cluster.at_claim = [this] { led = 6; };  // stopped meanwhile, and another leads
  EXPECT_EQ(run(Verb::power_off, off).outcome, core::Outcome::failed);
  EXPECT_EQ(bmcs.switched_off.size(), 1U);
}

TEST_F(ExecutorTest, AWakeGoesByTheMethodItNames) {
  const core::WakeNode wake{"", {}, core::WakeMethod::ipmi};
  EXPECT_EQ(run(Verb::wake, wake).outcome, core::Outcome::done);
  EXPECT_EQ(power.packets, 0);
  EXPECT_EQ(bmcs.switched_on, std::vector<NodeName>{"w1"});
}

TEST_F(ExecutorTest, AWakeGoesToItsRelaysTooAndEitherWayIsEnough) {
  core::WakeNode wake{"127.0.0.1:9", {"02:00:00:00:00:01"}};
  wake.relays = {{"w2", 0x7f0000ff, 9}, {"w3", 0x7f0000ff, 9}};
  EXPECT_EQ(run(Verb::wake, wake).outcome, core::Outcome::done);
  EXPECT_EQ(power.packets, 1);
  EXPECT_EQ(agents.relayed, wake.relays);
  power.reachable = false;
  EXPECT_EQ(run(Verb::wake, wake).outcome, core::Outcome::done) << "the relays have sent it";
  agents.connected = false;
  EXPECT_EQ(run(Verb::wake, wake).outcome, core::Outcome::failed);
}

TEST_F(ExecutorTest, ARelayIsHandedThePasswordAndWhetherFramesAreWanted) {
  core::WakeNode wake{"127.0.0.1:9", {"02:00:00:00:00:01"}};
  wake.relays = {{"w2", 0x7f0000ff, 9}};
  power.secure_on = SecureOn::parse("1.2.3.4");
  EXPECT_EQ(run(Verb::wake, wake).outcome, core::Outcome::done);
  EXPECT_EQ(agents.packets.macs, wake.macs);
  EXPECT_EQ(agents.packets.secure_on, SecureOn::parse("1.2.3.4"));
  EXPECT_EQ(power.given.value(), SecureOn::parse("1.2.3.4"));
  EXPECT_TRUE(agents.packets.raw);
  wake.raw = false;
  power.secure_on = std::optional<SecureOn>();
  EXPECT_EQ(run(Verb::wake, wake).outcome, core::Outcome::done);
  EXPECT_FALSE(agents.packets.secure_on);
  EXPECT_FALSE(agents.packets.raw);
}

TEST_F(ExecutorTest, AWakeWhosePasswordCanNotBeReadIsSentAndNoSuccess) {
  core::WakeNode wake{"127.0.0.1:9", {"02:00:00:00:00:01"}};
  wake.relays = {{"w2", 0x7f0000ff, 9}};
  power.secure_on = fail(Errc::config, "password file /x is open to others");
  const auto woken = run(Verb::wake, wake);
  EXPECT_EQ(woken.outcome, core::Outcome::failed);
  EXPECT_NE(woken.message.find("without its SecureOn password"), std::string::npos);
  EXPECT_EQ(power.packets, 1) << "a card that wants none hears it all the same";
  EXPECT_FALSE(power.given);
  EXPECT_EQ(agents.relayed, wake.relays);
}

}  // namespace
}  // namespace ecokube
