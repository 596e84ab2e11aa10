// S6: no more machines start, go down and boot at once than may.
#include "coordinator/core/inrush.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "mini_fleet.h"
#include "watched_fleet.h"

namespace ecokube::core::test {
namespace {

/// All asleep, and as many pods pending as there are nodes, each of a whole node.
Bench all_needed(Policy policy) {
  Bench bench = all_asleep(std::move(policy));
  for (const auto* pod : {"p1", "p2", "p3"}) bench.see(PodSeen{pending_pod(pod, 3900)});
  return bench;
}

TEST(Inrush, ThreeNodesAtHomeStartAtOnce) {
  const Bench bench = all_needed(worker_policy());
  EXPECT_EQ(starts_of(bench), (std::vector<NodeName>{"w1", "w2", "w3"}));
  for (const auto& step : bench.plan().steps) EXPECT_LT(step.jitter, Duration(200));
}

TEST(Inrush, WhoWaitsIsToldForWhatAndTheDecisionComesByItself) {
  Policy policy = worker_policy();
  policy.inrush.all.starts = {6, 1};
  Bench bench = all_needed(policy);
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w1"});
  bench.run("w1", Verb::wake);
  EXPECT_TRUE(starts_of(bench).empty());
  const auto want = bench.want("w2");
  EXPECT_EQ(want.reason.code, "InrushLimit");
  EXPECT_NE(want.reason.text.find("room is needed for pod default/p2"), std::string::npos);
  EXPECT_NE(want.reason.text.find("starts of all: 6 a minute and 1 at once are allowed"),
            std::string::npos)
      << want.reason.text;
  bench.pass(seconds(2));
  EXPECT_TRUE(bench.planned("w1", Verb::wake)) << "a repeated packet takes no token";
  EXPECT_TRUE(bench.start("w1", Verb::wake).tokens.empty());
  EXPECT_LE(*bench.plan().reconsider_at, bench.now + seconds(8));
  bench.pass(seconds(8) - Duration(1));
  EXPECT_FALSE(bench.planned("w2", Verb::wake));
  bench.pass(Duration(1));
  EXPECT_TRUE(bench.planned("w2", Verb::wake));
}

TEST(Inrush, PeopleComeFirstThenDemandThenTheRest) {
  Policy policy = worker_policy();
  policy.inrush.all.starts = {60, 1};
  Bench bench = all_asleep(policy);
  bench.policy.pools.front().min_on = 2;
  KubePod pod = pending_pod("p", 3900);
  pod.node_selector = {{"kubernetes.io/hostname", "w2"}};
  bench.see(PodSeen{pod});
  bench.ask("w3", PersonVerb::wake);
  for (const auto* name : {"w3", "w2"}) {
    EXPECT_EQ(starts_of(bench), std::vector<NodeName>{name});
    bench.run(name, Verb::wake);
    bench.pass(seconds(1));
  }
  bench.policy.pools.front().min_on = 3;
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w1"});
}

TEST(Inrush, APowerDomainIsByLabelOrConfiguration) {
  Policy policy = worker_policy();
  policy.inrush.power_domain.starts = {1, 1};
  policy.nodes["w3"].power_domain = "rack2";
  Bench bench = all_needed(policy);
  for (const auto* name : {"w1", "w2", "w3"}) {
    auto kube = *bench.node(name).kube;
    kube.labels["topology.ecokube.io/power-domain"] = "rack1";
    bench.see_node(kube);
  }
  EXPECT_EQ(starts_of(bench), (std::vector<NodeName>{"w1", "w3"}));
  EXPECT_NE(bench.want("w2").reason.text.find("power domain rack1"), std::string::npos);
}

TEST(Inrush, AStartWithoutATokenOrAPlaceIsStoppedAtTheGate) {
  Policy policy = worker_policy();
  policy.inrush.all = {{1, 1}, {1, 1}, 1};
  Bench bench = all_needed(policy);
  bench.run("w1", Verb::record_wake);
  Step wake = *bench.planned("w1", Verb::wake);
  EXPECT_TRUE(bench.broken(wake).empty());
  wake.tokens.clear();
  EXPECT_TRUE(bench.broken(wake).contains("S6 NoToken"));
  Step second{{"w2", Verb::wake, bench.node("w2").transition, 1}, WakeNode{"a:9", {}}, {}, 1};
  second.tokens = start_tokens(policy, bench.node("w2"));
  EXPECT_EQ(bench.broken(second), (std::set<std::string>{"S6 InrushLimit", "S6 NotRecorded"}));
  Step place{{"w2", Verb::record_wake, bench.node("w2").transition, 1}, RecordWake{}, {}, 1};
  EXPECT_TRUE(bench.broken(place).contains("S6 InrushLimit"));
}

TEST(Inrush, APlaceThatCannotBeWrittenDownKeepsNobodyAsleep) {
  Policy policy = worker_policy();
  policy.inrush.all.booting_max = 1;
  Bench bench = all_needed(policy);
  const Step record = bench.start("w1", Verb::record_wake);
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
  bench.end(record, Outcome::failed);
  bench.run("w1", Verb::wake);
  EXPECT_FALSE(bench.planned("w2", Verb::record_wake));
  EXPECT_NE(bench.want("w2").reason.text.find("1 machines of all are booting"), std::string::npos);
}

TEST(Inrush, ANodeThatWasGivenUpOrFellSilentIsWokenUnderALimitToo) {
  Policy policy = worker_policy();
  policy.inrush.all.booting_max = 1;
  Bench bench = all_needed(policy);
  bench.run("w1", Verb::record_wake);
  bench.run("w1", Verb::wake);
  bench.pass(bench.policy.wake_deadline);
  bench.run("w1", Verb::quarantine);
  bench.pass(bench.policy.quarantine_base);
  bench.run("w1", Verb::record_wake);
  EXPECT_FALSE(bench.planned("w2", Verb::record_wake)) << "it counts again";
  bench.run("w1", Verb::wake);

  Bench silent(policy);
  silent.fleet({"w1"});
  silent.hang_up("w1");
  auto kube = worker("w1");
  kube.ready = Readiness::unknown;
  silent.see_node(kube);
  silent.pass(seconds(60));
  silent.see(PodSeen{pending_pod("p")});
  silent.run("w1", Verb::record_wake);
  silent.run("w1", Verb::wake);
}

TEST(Inrush, ANewLeaderWithoutADatabaseCountsWhatBootsAndBeginsWithEmptyBuckets) {
  Policy policy = worker_policy();
  policy.inrush.all.starts = {6, 2};
  policy.inrush.all.booting_max = 1;
  Bench first = all_needed(policy);
  const Step record = first.run("w1", Verb::record_wake);
  first.run("w1", Verb::wake);

  Bench second(policy);
  second.now = first.now + seconds(20);
  ClusterListed listed{200, {}, {}, {}};
  for (const auto& [name, node] : first.world.nodes) listed.nodes.push_back(*node.kube);
  for (auto& kube : listed.nodes) {
    kube.annotations[std::string(names::kPower)] = "off (inferred)";
    kube.annotations[std::string(names::kWakeRecipe)] =
        format_wake_recipe({"127.0.0.255:9", {*MacAddress::parse("02:00:00:00:00:01")}});
    if (kube.name != "w1") continue;
    kube.annotations[std::string(names::kWaking)] =
        format_waking(std::get<RecordWake>(record.action).at);
  }
  for (const auto* pod : {"p2", "p3"}) {
    listed.pods.push_back(pending_pod(pod, 3900));
    listed.pods.back().node_selector = {{"kubernetes.io/hostname", pod[1] == '2' ? "w2" : "w3"}};
  }
  second.see(listed);
  second.see(LeaseHeld{2, second.now + seconds(15)});
  EXPECT_FALSE(second.planned("w2", Verb::record_wake));
  EXPECT_NE(second.want("w2").reason.text.find("are booting"), std::string::npos);
  second.policy.inrush.all.booting_max = 0;
  EXPECT_TRUE(starts_of(second).empty());
  EXPECT_NE(second.want("w2").reason.text.find("the next in 11 s"), std::string::npos)
      << second.want("w2").reason.text;
  second.pass(seconds(10));
  EXPECT_EQ(starts_of(second), std::vector<NodeName>{"w2"});
}

TEST(Inrush, DownsTakeTokensAtTheOrderAndOthersAreNotEmptiedMeanwhile) {
  Policy policy = worker_policy();
  policy.inrush.all.downs = {1, 1};
  Bench bench(policy);
  bench.fleet({"w1", "w2"});
  bench.pass(minutes(1));
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  EXPECT_FALSE(bench.planned("w2", Verb::mark));
  EXPECT_EQ(bench.want("w2").reason.code, "InrushLimit");
  bench.pass(bench.policy.settle);
  bench.run("w1", Verb::list_pods);
  bench.run("w1", Verb::shutdown);
  bench.pass(minutes(1) - Duration(1));
  EXPECT_FALSE(bench.planned("w2", Verb::mark));
  Step forged{{"w2", Verb::shutdown, bench.node("w2").transition, 1}, ShutdownNode{1, {}}, {}, 1};
  forged.tokens = down_tokens(policy, bench.node("w2"));
  EXPECT_TRUE(bench.broken(forged).contains("S6 InrushLimit"));
  bench.pass(Duration(1));
  EXPECT_FALSE(bench.broken(forged).contains("S6 InrushLimit"));
  EXPECT_TRUE(bench.planned("w2", Verb::mark));
}

TEST(Inrush, OneOfManyIsHeldBackALittleAndAlwaysTheSame) {
  Bench bench = all_needed(worker_policy());
  bench.world.buckets.full_at["starts of all"] = bench.now + seconds(19);
  const auto held_back = bench.planned("w1", Verb::wake)->jitter;
  EXPECT_GT(held_back, Duration(0));
  EXPECT_LT(held_back, seconds(1));
  EXPECT_EQ(bench.planned("w1", Verb::wake)->jitter, held_back);
}

TEST(Inrush, NoFleetInTroubleBreaksTheLimitsWhoeverLeads) {
  std::int64_t starts = 0;
  std::int64_t most_booting = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Policy policy = fast_policy();
    policy.inrush.all = {{12, 3}, {20, 2}, seed % 3 == 0 ? 0 : 4};
    Watched watched(seed, 12, true, policy);
    auto& fleet = watched.fleet;
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 12; ++i) fleet.add_pod(minutes(fleet.draw(1, 4)), 3900);
      const auto until = fleet.now + minutes(fleet.draw(2, 12));
      const auto dies = fleet.now + seconds(fleet.draw(1, 200));
      bool alive = true;
      while (fleet.now < until && !testing::Test::HasFailure()) {
        fleet.run_for(seconds(1));
        watched.look();
        if (!alive || fleet.now < dies) continue;
        alive = false;
        fleet.kill(fleet.draw(0, 1) == 0);
      }
    }
    watched.expect_limits();
    starts += watched.starts();
    most_booting = std::max(most_booting, watched.most_booting());
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(starts, 500);
  EXPECT_GE(most_booting, 4);
}

}  // namespace
}  // namespace ecokube::core::test
