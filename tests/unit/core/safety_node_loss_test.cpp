// Room for the loss of any one node that carries replicas of a service stays awake (S22).
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "bench.h"

namespace ecokube::core::test {
namespace {

Bench served() {
  Bench bench;
  bench.fleet({"w1", "w2", "w3"});
  bench.see(PodSeen{bound_pod("one", "w1")});
  bench.see(PodSeen{bound_pod("two", "w1")});
  bench.pass(minutes(2));
  return bench;
}

TEST(NodeLoss, OneIdleNodeStaysOnForTheReplicasOfAnother) {
  Bench bench = served();
  EXPECT_EQ(bench.want("w2").reason.code, "NodeLossNotCovered");
  const auto mark = bench.planned("w3", Verb::mark);
  ASSERT_TRUE(mark) << "one is enough";
  EXPECT_TRUE(bench.broken(*mark).empty());
  bench.start("w3", Verb::mark);
  MarkNode action{bench.node("w2").kube->revision, boot_of("w2"), false, "", {}};
  const Step hostile{{"w2", Verb::mark, bench.node("w2").transition, 1}, action, {}, 1};
  EXPECT_TRUE(bench.broken(hostile).contains("S22 NodeLossNotCovered"));
  bench.policy.cover_node_loss = false;
  EXPECT_FALSE(bench.broken(hostile).contains("S22 NodeLossNotCovered"));
  EXPECT_TRUE(bench.planned("w2", Verb::mark));
}

TEST(NodeLoss, WithoutReplicasAllMaySleep) {
  Bench idle;
  idle.fleet({"w1", "w2"});
  idle.see(PodSeen{exporter("w1")});
  idle.see(PodSeen{exporter("w2")});
  idle.pass(minutes(2));
  EXPECT_TRUE(idle.planned("w1", Verb::mark));
  EXPECT_TRUE(idle.planned("w2", Verb::mark));
  Bench single;
  single.fleet({"w1", "w2"});
  single.see(PodSeen{bound_pod("one", "w1")});
  single.pass(minutes(2));
  EXPECT_TRUE(single.planned("w2", Verb::mark)) << "one of its kind, and no budget";
  KubeBudget budget;
  budget.ns = "default";
  budget.name = "app";
  budget.disruptions_allowed = 1;
  single.see(Seen<KubeBudget>{budget});
  EXPECT_EQ(single.want("w2").reason.code, "NodeLossNotCovered") << "a budget says that it serves";
  single.see(Gone<KubeBudget>{budget.key(), 9});
  EXPECT_TRUE(single.planned("w2", Verb::mark));
}

TEST(NodeLoss, WhatAScalerMayTakeToNoneIsNoService) {
  Bench bench = served();
  Scaler scaler;
  scaler.name = "jobs";
  scaler.target = "app";
  bench.policy.scalers.push_back(scaler);
  KubeWorkload workload;
  workload.kind = "Deployment";
  workload.ns = "default";
  workload.name = "app";
  workload.replicas = 2;
  workload.selector.match_labels = {{"app", "worker"}};
  for (const auto* name : {"one", "two"}) {
    bench.see(PodDeleted{std::string("uid-") + name, 8});
    KubePod pod = bound_pod(name, "w1");
    pod.labels = {{"app", "worker"}};
    bench.see(PodSeen{pod});
  }
  bench.see(WorkloadsListed{"Deployment.apps", {workload}});
  auto& view = bench.world.scalers["jobs"];
  view.lag = 0;
  view.seen_at = view.first_seen_at = bench.now;
  EXPECT_TRUE(bench.planned("w2", Verb::mark)) << bench.want("w2").reason.code;
  bench.policy.scalers.front().min_replica_count = 1;
  EXPECT_EQ(bench.want("w2").reason.code, "NodeLossNotCovered");
}

TEST(NodeLoss, ANodeThatCouldNotTakeThemIsNotKeptForThem) {
  Bench bench = served();
  KubeNode other = worker("w2");
  other.taints.push_back({"gpu", "", "NoSchedule"});
  bench.see_node(other);
  EXPECT_TRUE(bench.planned("w2", Verb::mark));
  EXPECT_EQ(bench.want("w3").reason.code, "NodeLossNotCovered");
}

TEST(NodeLoss, APersonsSleepIsBoundByItToo) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.see(PodSeen{bound_pod("one", "w1")});
  bench.see(PodSeen{bound_pod("two", "w1")});
  bench.see(PersonAsked{"w2", PersonVerb::sleep, "anna", "", {}});
  EXPECT_EQ(bench.want("w2").reason.code, "NodeLossNotCovered");
  bench.see(PersonAsked{"w2", PersonVerb::test_wake, "anna", "", {}});
  EXPECT_EQ(bench.want("w2").reason.code, "NodeLossNotCovered");
  bench.see(PersonAsked{"w2", PersonVerb::release, "anna", "", {}});
  bench.ask("w1", PersonVerb::sleep);
  EXPECT_EQ(bench.want("w1").reason.code, "NodeLossNotCovered") << "after the move w2 has all";
}

/// Pods of one size, so that counting tells exactly what fits.
constexpr std::int64_t kPod = 1000;

struct Fleet {
  Bench bench;
  std::vector<NodeName> names;

  explicit Fleet(std::mt19937_64& random) {
    const auto draw = [&](std::uint64_t below) { return random() % below; };
    const auto count = 2 + draw(8);
    for (std::uint64_t i = 0; i < count; ++i) names.push_back("w" + std::to_string(i));
    ClusterListed listed{100, {}, {}, {}};
    for (const auto& name : names) listed.nodes.push_back(worker(name, 100));
    bench.see(std::move(listed));
    bench.see(LeaseHeld{1, bench.now + seconds(15)});
    for (const auto& name : names) bench.hello(name);
    const auto pods = draw(10);
    for (std::uint64_t i = 0; i < pods; ++i) {
      KubePod pod = bound_pod("p" + std::to_string(i), names[draw(names.size())]);
      pod.owner_name = "app" + std::to_string(draw(3));
      if (draw(8) == 0) pod.owner_kind = "Job";
      if (room(pod.node) < 1) continue;
      bench.see(PodSeen{pod});
    }
    bench.pass(minutes(2));
  }

  [[nodiscard]] std::int64_t room(const NodeName& name) const {
    std::int64_t free = 4;
    for (const auto& [uid, pod] : bench.world.pods) free -= pod.node == name ? 1 : 0;
    return free;
  }
  [[nodiscard]] std::int64_t serving_on(const NodeName& name) const {
    std::int64_t serving = 0;
    for (const auto& [uid, pod] : bench.world.pods) {
      const auto kin =
          std::count_if(bench.world.pods.begin(), bench.world.pods.end(), [&](const auto& other) {
            return other.second.owner_kind == pod.owner_kind &&
                   other.second.owner_name == pod.owner_name;
          });
      serving += pod.node == name && pod.owner_kind == "ReplicaSet" && kin >= 2 ? 1 : 0;
    }
    return serving;
  }
  [[nodiscard]] bool covered(const NodeName& lost) const {
    std::int64_t free = 0;
    for (const auto& name : names) {
      if (name != lost && bench.node(name).state == Lifecycle::ready) free += room(name);
    }
    return serving_on(lost) <= free;
  }
  [[nodiscard]] bool all_covered() const {
    return std::all_of(names.begin(), names.end(), [&](const auto& name) { return covered(name); });
  }
};

TEST(NodeLoss, WhateverIsPlannedOrTriedTheLossOfAnyNodeStaysCovered) {
  int marks = 0;
  int kept = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    std::mt19937_64 random(seed);
    Fleet fleet(random);
    auto& bench = fleet.bench;
    const bool before = fleet.all_covered();
    for (const auto& step : bench.plan().steps) {
      if (step.id.verb != Verb::mark) continue;
      EXPECT_TRUE(bench.broken(step).empty()) << "seed " << seed << ": planned and then refused";
      bench.see(StepStarted{step});
      ++marks;
    }
    EXPECT_EQ(fleet.all_covered(), before) << "seed " << seed;
    for (const auto& name : fleet.names) {  // a planner that would take all
      const auto& node = bench.node(name);
      if (node.state != Lifecycle::ready) continue;
      const Step hostile{{name, Verb::mark, node.transition, 1},
                         MarkNode{node.kube->revision, boot_of(name), false, "", {}},
                         {},
                         1};
      if (!bench.broken(hostile).empty()) {
        ++kept;
        continue;
      }
      bench.see(StepStarted{hostile});
      EXPECT_EQ(fleet.all_covered(), before) << "seed " << seed << " after " << name;
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(marks, 200);
  EXPECT_GT(kept, 200);
}

}  // namespace
}  // namespace ecokube::core::test
