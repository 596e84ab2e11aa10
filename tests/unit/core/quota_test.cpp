// S6: no more machines are woken for a namespace's pods than its quota says.
#include "coordinator/core/quota.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench.h"
#include "coordinator/core/inrush.h"
#include "coordinator/core/lost_work.h"
#include "mini_fleet.h"
#include "watched_fleet.h"

namespace ecokube::core::test {
namespace {

Policy quota_policy() {
  Policy policy = worker_policy();
  policy.namespace_quotas["tenant"] = {60, 1};
  return policy;
}

Bench four_asleep(Policy policy) { return all_asleep(std::move(policy), {"w1", "w2", "w3", "w4"}); }

/// It takes a whole node.
KubePod pod_of_ns(const std::string& name, const std::string& ns) {
  KubePod pod = pending_pod(name, 3900);
  pod.ns = ns;
  return pod;
}

TEST(Quota, ItsPodsWaitForItsTokensAndNobodyElses) {
  Bench bench = four_asleep(quota_policy());
  for (const auto* name : {"a", "b"}) bench.see(PodSeen{pod_of_ns(name, "tenant")});
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w1"});
  const Step first = bench.run("w1", Verb::wake);
  EXPECT_EQ(first.tokens.back().bucket, "wakes for namespace tenant");
  EXPECT_TRUE(starts_of(bench).empty());
  bench.see(PodSeen{pod_of_ns("c", "other")});
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w2"});
  bench.run("w2", Verb::wake);
  bench.pass(minutes(1) - Duration(1));
  EXPECT_FALSE(bench.planned("w3", Verb::wake));
  const auto plan = bench.plan();
  EXPECT_LE(*plan.reconsider_at, bench.now + Duration(1));
}

TEST(Quota, WhoWaitsIsNamedWithTheQuotaThatHoldsIt) {
  Bench bench = four_asleep(quota_policy());
  for (const auto* name : {"a", "b"}) bench.see(PodSeen{pod_of_ns(name, "tenant")});
  bench.run("w1", Verb::wake);
  const auto held = bench.plan().held;
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].pod->name, "b");
  EXPECT_EQ(held[0].reason,
            (Reason{"NamespaceQuota",
                    "namespace tenant may have 60 machines woken an hour, 1 at once; the next "
                    "in 61 s"}));
  EXPECT_EQ(held[0].due, bench.now + minutes(1));
}

TEST(Quota, ATokenReturnsWithTime) {
  Bench bench = four_asleep(quota_policy());
  bench.see(PodSeen{pod_of_ns("a", "tenant")});
  bench.run("w1", Verb::wake);
  bench.see(PodDeleted{"uid-a", 0});
  bench.see(PodSeen{pod_of_ns("b", "tenant")});
  bench.world.nodes.at("w1").request =
      Request{PersonVerb::sleep, "anna", "", bench.now, std::nullopt};  // no room for b
  bench.pass(minutes(1) - Duration(1));
  EXPECT_TRUE(starts_of(bench).empty());
  bench.pass(Duration(1));
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w2"});
}

TEST(Quota, AWokenNodeTakesMoreOfItsPodsAndSaysForHowMany) {
  Bench bench = four_asleep(quota_policy());
  for (const auto* name : {"a", "b", "c"}) {
    auto pod = pod_of_ns(name, "tenant");
    pod.requests.cpu_millicores = 1000;
    bench.see(PodSeen{pod});
  }
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w1"});
  EXPECT_TRUE(bench.plan().held.empty());
  const auto want = bench.want("w1");
  EXPECT_EQ(want.reason.text, "room is needed for pod tenant/a and 2 more");
  EXPECT_EQ(want.others.pods.at(1).name, "c");
  bench.run("w1", Verb::wake);
  EXPECT_EQ(bench.node("w1").up.why, "room is needed for pod tenant/a and 2 more");
}

TEST(Quota, AnyNamespaceWithoutOneHasThatOfEvery) {
  Policy policy = quota_policy();
  policy.namespace_quotas["*"] = {1, 1};
  EXPECT_EQ(quota_of(policy, "tenant")->wakes_per_hour, 60);
  EXPECT_EQ(quota_of(policy, "another")->wakes_per_hour, 1);
  Bench bench = four_asleep(policy);
  for (const auto* name : {"a", "b"}) bench.see(PodSeen{pod_of_ns(name, "another")});
  bench.see(PodSeen{pod_of_ns("c", "third")});
  EXPECT_EQ(starts_of(bench).size(), 2U) << "each has a bucket of its own";
}

TEST(Quota, ANewLeaderBeginsWithFullBuckets) {
  Bench bench = four_asleep(quota_policy());
  bench.see(PodSeen{pod_of_ns("a", "tenant")});
  bench.world.buckets.known_since = bench.now;
  EXPECT_EQ(tokens_in(bench.world.buckets, *quota_token(bench.policy, "tenant"), bench.now), 1);
}

/// w1 ran two pods of the tenant and is cut off; its quota is used up.
struct LostNode : testing::Test {
  LostNode() {
    bench.fleet({"w1", "w2", "w3", "w4"});
    for (const auto* name : {"w2", "w3", "w4"}) bench.put_to_sleep(name);
    for (const auto* name : {"x", "y"}) bench.see(PodSeen{running(name)});
    bench.world.buckets.full_at["wakes for namespace tenant"] = bench.now + minutes(300);
    bench.hang_up("w1");
    auto gone = worker("w1");
    gone.ready = Readiness::unknown;
    bench.see_node(gone);
    bench.world.nodes.at("w1").hold = Hold{"anna", "it is dead", std::nullopt};
    bench.pass(seconds(30));
  }
  static KubePod running(const std::string& name) {
    KubePod pod = bound_pod(name, "w1");
    pod.ns = "tenant";
    pod.owner_name = "web";
    return pod;
  }
  static KubePod replacement(const std::string& name) {
    KubePod pod = pod_of_ns(name, "tenant");
    pod.owner_name = "web";
    return pod;
  }
  void lose(const std::string& name) {
    KubePod pod = running(name);
    pod.deleting = true;
    bench.see(PodSeen{pod});
  }
  Bench bench{quota_policy()};
};

TEST_F(LostNode, WhatReplacesLostPodsIsNeverRefused) {
  bench.see(PodSeen{replacement("x2")});
  EXPECT_TRUE(starts_of(bench).empty()) << "nothing is lost yet";
  lose("x");
  ASSERT_EQ(starts_of(bench), std::vector<NodeName>{"w2"});
  const Step start = bench.start("w2", Verb::wake);
  EXPECT_EQ(start.tokens.size(), 1U) << "of the namespace none is left to take";
}

TEST_F(LostNode, ItIsFreedByForceAndCountsAllTheSame) {
  bench.see(PodDeleted{"uid-x", 0});
  bench.see(PodSeen{replacement("x2")});
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w2"});
}

TEST_F(LostNode, OneLostPodIsNoLeaveForMoreThanOneWake) {
  for (const auto* name : {"1", "2", "3"}) bench.see(PodSeen{replacement(name)});
  lose("x");
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w2"});
  bench.run("w2", Verb::wake);
  EXPECT_TRUE(starts_of(bench).empty());
  EXPECT_EQ(bench.plan().held.size(), 2U);
  lose("y");
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w3"});
}

TEST_F(LostNode, TheWakeOfAnotherInPlaceOfOneThatFailedIsNotRefusedEither) {
  lose("x");
  bench.see(PodSeen{replacement("x2")});
  bench.run("w2", Verb::wake);
  bench.pass(bench.policy.wake_deadline);
  EXPECT_TRUE(bench.planned("w2", Verb::quarantine));
  bench.run("w2", Verb::quarantine);
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w3"});
}

TEST_F(LostNode, WhatIsBoundAnewAndWhatWasLostAnHourAgoIsLostNoMore) {
  lose("x");
  lose("y");
  const auto left = [&] { return lost_of(bench.world, "tenant/ReplicaSet/web", bench.now); };
  EXPECT_EQ(left(), 2);
  KubePod bound = replacement("x2");
  bound.node = "w4";
  bench.see(PodSeen{bound});
  EXPECT_EQ(left(), 1);
  bench.silence(minutes(60));
  EXPECT_EQ(left(), 0);
}

TEST_F(LostNode, PodsThatEndOnANodeThatIsWellAreNotLost) {
  KubePod well = bound_pod("z", "w3");
  well.ns = "tenant";
  bench.see_node(worker("w3"));
  bench.see(PodSeen{well});
  bench.see(PodDeleted{"uid-z", 0});
  EXPECT_TRUE(bench.world.lost_pods.empty());
}

TEST_F(LostNode, TheGateAsksForTheTokenOrForTheLoss) {
  bench.see(PodSeen{replacement("x2")});
  Step wake{{"w2", Verb::wake, bench.node("w2").transition, 1}, WakeNode{"a:9", {}}, {}, 1};
  wake.tokens = start_tokens(bench.policy, bench.node("w2"));
  wake.pods = {{"uid-x2", "tenant", "x2"}};
  EXPECT_EQ(bench.broken(wake), std::set<std::string>{"S6 NoAsker"});
  wake.asker = Asker{"other", "other/ReplicaSet/web"};
  EXPECT_EQ(bench.broken(wake), std::set<std::string>{"S6 NoAsker"});
  wake.asker = Asker{"tenant", "tenant/ReplicaSet/web"};
  EXPECT_EQ(bench.broken(wake), std::set<std::string>{"S6 NamespaceQuota"});
  lose("x");
  EXPECT_TRUE(bench.broken(wake).empty());
  bench.world.buckets.full_at.clear();
  EXPECT_EQ(bench.broken(wake), std::set<std::string>{"S6 NoToken"});
  wake.tokens.push_back(*quota_token(bench.policy, "tenant"));
  EXPECT_TRUE(bench.broken(wake).empty());
}

TEST(Quota, AScalersReplicasAreOfTheNamespaceOfTheirWorkload) {
  Bench bench = four_asleep(quota_policy());
  Scaler scaler;
  scaler.name = "jobs";
  scaler.ns = "tenant";
  scaler.target = "worker";
  scaler.lag_threshold = 1;
  bench.policy.scalers.push_back(scaler);
  bench.world.scalers["jobs"].name = "jobs";
  KubeWorkload workload;
  workload.kind = "Deployment";
  workload.ns = "tenant";
  workload.name = "worker";
  workload.requests = Resources{3900, 1, 1};
  bench.see(WorkloadsListed{scaler.target_kind(), {workload}});
  bench.see(LagSeen{"jobs", 3, 10});
  EXPECT_EQ(starts_of(bench), std::vector<NodeName>{"w1"});
  const auto plan = bench.plan();
  ASSERT_EQ(plan.held.size(), 2U);
  EXPECT_EQ(plan.held[0].what, "scaler jobs");
  EXPECT_EQ(bench.planned("w1", Verb::wake)->asker, (Asker{"tenant", ""}));
  Step forged = *bench.planned("w1", Verb::wake);
  forged.asker.reset();
  EXPECT_TRUE(bench.broken(forged).contains("S6 NoAsker"));
}

TEST(Quota, NoFleetWakesMoreForANamespaceThanItMay) {
  std::int64_t wakes = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Policy policy = fast_policy();
    policy.namespace_quotas["default"] = {30, 2};
    MiniFleet fleet(seed, 8, true, policy);
    std::vector<TimePoint> starts;
    fleet.on_step = [&](const Step& step, const World& world, TimePoint now) {
      if (step.id.verb != Verb::wake || step.reason.code != "NeededFor") return;
      if (world.nodes.at(step.id.subject).state == Lifecycle::powering_up) return;
      const auto& tokens = step.tokens;
      const bool pays = std::ranges::any_of(
          tokens, [](const Token& one) { return one.bucket == "wakes for namespace default"; });
      if (pays) starts.push_back(now);
      EXPECT_TRUE(pays || !world.lost_pods.empty()) << "seed " << seed << " " << step.id.text();
    };
    for (int round = 0; round < 8; ++round) {
      for (int i = 0; i < 8; ++i) fleet.add_pod(minutes(fleet.draw(1, 3)), 3900);
      fleet.run_for(minutes(fleet.draw(2, 12)));
    }
    expect_rate(starts, 2, minutes(2), seed);
    wakes += std::ssize(starts);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(wakes, 50);
}

}  // namespace
}  // namespace ecokube::core::test
