// S23: what a person asked for stands on the Node, so that it outlives the coordinator she asked.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

const std::string kText = "sleep at_ms=1700000000000 until_ms=0 anna: new disk";

/// Two pods of one service, on w1 and w2.
Bench serving() {
  Bench bench;
  bench.fleet({"w1", "w2", "w3"});
  bench.see(PodSeen{bound_pod("one", "w1")});
  bench.see(PodSeen{bound_pod("two", "w2")});
  return bench;
}

/// The next coordinator, which knows only what the cluster says.
Bench successor_of(const Bench& before) {
  Bench after;
  after.revision = before.revision;
  after.now = before.now;
  ClusterListed listed{after.revision, {}, {}, {}};
  for (const auto& [name, node] : before.world.nodes) listed.nodes.push_back(*node.kube);
  for (const auto& [uid, pod] : before.world.pods) listed.pods.push_back(pod);
  after.see(std::move(listed));
  after.see(LeaseHeld{2, after.now + seconds(15)});
  for (const auto& [name, node] : before.world.nodes) after.hello(name);
  for (const auto& [name, node] : before.world.nodes) after.heartbeat(name);
  return after;
}

std::string written(const Step& step) { return std::get<RecordRequest>(step.action).text; }

TEST(Request, IsOnTheNodeBeforeAnythingIsDone) {
  Bench bench = serving();
  bench.see(PersonAsked{"w1", PersonVerb::sleep, "anna", "new disk", {}});
  const Step record = bench.start("w1", Verb::record_request);
  EXPECT_EQ(written(record), kText);
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  bench.end(record);
  EXPECT_FALSE(bench.planned("w1", Verb::mark)) << "the Node at hand is older than that";
  auto stale = worker("w1");
  stale.revision = bench.revision - 1;
  bench.see(NodeSeen{stale});
  EXPECT_TRUE(bench.node("w1").request) << "nor does it take the request back";
  KubeNode kube = worker("w1");
  kube.annotations[std::string(names::kRequest)] = kText;
  bench.see_node(kube);
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
  EXPECT_FALSE(bench.planned("w1", Verb::record_request));
}

TEST(Request, ThatCouldNotBeWrittenIsWrittenAgain) {
  Bench bench = serving();
  bench.see(PersonAsked{"w1", PersonVerb::wake, "anna", "", {}});
  bench.end(bench.start("w1", Verb::record_request), Outcome::failed);
  bench.pass(seconds(10));
  EXPECT_TRUE(bench.planned("w1", Verb::record_request));
}

TEST(Request, NeedsNoLeaseToBeWritten) {
  Bench bench = serving();
  bench.see(LeaseLost{"another leads"});
  bench.see(LeaseSeen{"b"});
  bench.see(PersonAsked{"w1", PersonVerb::wake, "anna", "", {}});
  bench.run("w1", Verb::record_request);
}

TEST(Request, ADrainGoesOnUnderTheNextLeader) {
  Bench before = serving();
  before.ask("w1", PersonVerb::sleep);
  before.run("w1", Verb::mark);
  before.see_marked("w1", true, Readiness::ready);
  Bench after = successor_of(before);
  EXPECT_EQ(after.state("w1"), Lifecycle::draining);
  EXPECT_EQ(after.want("w1").reason.code, "PersonAskedSleep");
  const Step evict = after.run("w1", Verb::evict);
  EXPECT_EQ(std::get<EvictPods>(evict.action).pods.front().name, "one");
  after.see(PodDeleted{"uid-one", ++after.revision});
  after.pass(after.policy.settle);
  after.run("w1", Verb::list_pods);
  after.run("w1", Verb::shutdown);
}

TEST(Request, APodThatComesToAnAdoptedDrainSavesTheNode) {
  Bench before = serving();
  before.ask("w1", PersonVerb::sleep);
  before.run("w1", Verb::mark);
  before.see_marked("w1", true, Readiness::ready);
  Bench after = successor_of(before);
  after.see(PodSeen{bound_pod("late", "w1")});
  EXPECT_FALSE(after.planned("w1", Verb::evict));
  EXPECT_TRUE(after.planned("w1", Verb::unmark));
}

TEST(Request, IsTakenOffWhenItIsDone) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.ask("w1", PersonVerb::sleep);
  bench.put_to_sleep("w1");
  EXPECT_FALSE(bench.node("w1").request);
  EXPECT_EQ(written(bench.run("w1", Verb::record_request)), "");
}

// The old leader died between the two writes: a sleeper must not stay asleep for ever by that.
TEST(Request, ThatIsDoneButStandsIsTakenOffByTheNextLeader) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.put_to_sleep("w1");
  KubeNode kube = *bench.node("w1").kube;
  kube.annotations[std::string(names::kRequest)] = kText;
  bench.see_node(kube);
  EXPECT_EQ(written(bench.run("w1", Verb::record_request)), "");
  for (const char* pod : {"p", "q"}) bench.see(PodSeen{pending_pod(pod, 4000)});
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
}

TEST(Request, IsTakenOffByTheLeaderAloneWhenItsTimeIsOver) {
  Bench bench = serving();
  bench.ask("w1", PersonVerb::wake, seconds(30));
  bench.pass(seconds(30));
  Bench standby = bench;
  standby.see(LeaseLost{"another leads"});
  EXPECT_FALSE(standby.planned("w1", Verb::record_request));
  EXPECT_EQ(written(bench.run("w1", Verb::record_request)), "");
  EXPECT_FALSE(bench.node("w1").request);
}

TEST(Request, TakenBackByHandOnTheNodeIsTakenBack) {
  Bench bench = serving();
  bench.ask("w1", PersonVerb::sleep);
  bench.see_node(worker("w1"));
  EXPECT_FALSE(bench.node("w1").request);
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
}

// Her wake is older than that, and a restart must not make it newer.
TEST(Request, AWakeIsOverWhenAPersonSwitchesTheNodeOff) {
  Bench bench = serving();
  bench.ask("w3", PersonVerb::wake);
  bench.goodbye("w3", LeaveOrigin::person);
  bench.hang_up("w3");
  EXPECT_EQ(written(bench.run("w3", Verb::record_request)), "");
  bench.see_node(worker("w3"));
  Bench after = successor_of(bench);
  EXPECT_NE(after.want("w3").reason.code, "PersonAskedWake");
}

TEST(Request, FromBeforeARestoreDoesNotComeBack) {
  Bench bench = serving();
  KubeNode restored = worker("w3", 50);
  restored.annotations[std::string(names::kRequest)] = kText;
  bench.see(ClusterListed{50, {worker("w1", 50), worker("w2", 50), restored}, {}, {}});
  EXPECT_FALSE(bench.node("w3").request);
  EXPECT_EQ(written(bench.run("w3", Verb::record_request)), "");
  EXPECT_FALSE(bench.planned("w1", Verb::record_request)) << "there is nothing to take off it";
}

TEST(Request, ItsTextIsReadAsItWasWritten) {
  for (const auto verb :
       {PersonVerb::wake, PersonVerb::sleep, PersonVerb::test_wake, PersonVerb::unquarantine}) {
    for (const auto until : {std::optional<TimePoint>(), std::optional(kStart + minutes(1))}) {
      const Request request{verb, "anna", "until_ms=7 of: it", kStart, until};
      EXPECT_EQ(parse_request(format_request(request)), request);
    }
  }
  EXPECT_EQ(parse_request(kText)->reason, "new disk");
  for (const char* text : {"", "sleep", "sleep soon", "hold at_ms=1 until_ms=0 anna: x",
                           "sleep at_ms=x until_ms=0 anna: x", "sleep at_ms=1 anna: x"}) {
    EXPECT_FALSE(parse_request(text)) << text;
  }
}

/// Drains that are asked for all the time, by leaders that die all the time: each ends, or goes on.
TEST(Request, NoneIsForgottenByLeadersThatDie) {
  int finished_by_another = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MiniFleet fleet(seed, 4, false);
    fleet.policy.pools.front().spare = 2;
    for (int i = 0; i < 4; ++i) fleet.add_pod(minutes(120), 1500);
    fleet.run_for(minutes(3));
    const NodeName name = "w" + std::to_string(fleet.draw(1, 4));
    const auto boot = fleet.machines[name].boot;
    fleet.ask(name, PersonVerb::sleep);
    fleet.run_for(Duration(fleet.draw(1, 20'000)));
    const bool recorded = fleet.node(name).annotations.contains(std::string(names::kRequest));
    fleet.kill(false);
    const auto went = [&] {
      const auto& machine = fleet.machines[name];
      return machine.phase == Machine::Phase::off || machine.boot != boot;
    };
    const bool was_up = !went();
    if (recorded) {
      EXPECT_TRUE(fleet.run_until(went, minutes(25))) << fleet.describe();
      if (was_up) ++finished_by_another;
    }
    for (const auto& error : fleet.errors()) ADD_FAILURE() << error;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(finished_by_another, 20);
}

}  // namespace
}  // namespace ecokube::core::test
