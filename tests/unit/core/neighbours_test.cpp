// What pods forbid each other, as kube-scheduler's InterPodAffinity and PodTopologySpread do.
#include "coordinator/core/neighbours.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace ecokube::core::test {
namespace {

constexpr const char* kHost = "kubernetes.io/hostname";
constexpr const char* kZone = "topology.kubernetes.io/zone";

Selector app(const std::string& name) { return {{{"app", name}}, {}}; }

/// a1 and a2 in zone a, b1 in zone b, and `bare` in none.
class NeighboursTest : public testing::Test {
 protected:
  NeighboursTest() {
    bench.fleet({"a1", "a2", "b1", "bare"});
    for (const NodeName name : {"a1", "a2", "b1"}) {
      KubeNode node = worker(name);
      node.labels[kZone] = name.substr(0, 1);
      bench.see_node(node);
    }
  }

  static KubePod pod(const std::string& name, const std::string& app) {
    KubePod made = our_pod(name, 100);
    made.labels = {{"app", app}};
    return made;
  }
  void run(KubePod made, const NodeName& node) {
    made.node = node;
    made.phase = PodPhase::running;
    bench.see(PodSeen{std::move(made)});
  }
  /// The nodes where the rules let it run.
  std::set<NodeName> allowed(const KubePod& asking) {
    Neighbours neighbours(bench.world);
    return allowed(asking, neighbours);
  }
  std::set<NodeName> allowed(const KubePod& asking, Neighbours& neighbours) {
    std::set<NodeName> names;
    const auto rules = neighbours.rules_for(asking);
    for (const auto& [name, node] : bench.world.nodes) {
      if (rules.obstacle(*node.kube).empty()) names.insert(name);
    }
    return names;
  }

  using Names = std::set<NodeName>;
  const Names everywhere{"a1", "a2", "b1", "bare"};
  Bench bench;
};

TEST_F(NeighboursTest, WithoutRulesEverywhere) {
  run(pod("x", "web"), "a1");
  EXPECT_EQ(allowed(pod("p", "web")), everywhere);
}

TEST_F(NeighboursTest, AntiAffinityKeepsAwayFromWhatItSelects) {
  run(pod("x", "web"), "a1");
  KubePod asking = pod("p", "web");
  asking.pod_terms = {{true, app("web"), {"default"}, kHost}};
  EXPECT_EQ(allowed(asking), (Names{"a2", "b1", "bare"}));
  asking.pod_terms = {{true, app("web"), {"default"}, kZone}};
  EXPECT_EQ(allowed(asking), (Names{"b1", "bare"})) << "a node in no zone forbids nothing";
  asking.pod_terms = {{true, app("web"), {"other"}, kZone}};
  EXPECT_EQ(allowed(asking), everywhere);
  asking.pod_terms = {{true, app("web"), {}, kZone}};
  EXPECT_EQ(allowed(asking), (Names{"b1", "bare"})) << "in all namespaces";
}

TEST_F(NeighboursTest, AntiAffinityOfWhatRunsKeepsOthersAway) {
  KubePod lonely = pod("x", "db");
  lonely.pod_terms = {{true, app("web"), {"default"}, kZone}};
  run(lonely, "a1");
  EXPECT_EQ(allowed(pod("p", "web")), (Names{"b1", "bare"}));
  EXPECT_EQ(allowed(pod("p", "db")), everywhere);
  lonely.phase = PodPhase::succeeded;
  lonely.node = "a1";
  bench.see(PodSeen{lonely});
  EXPECT_EQ(allowed(pod("p", "web")), everywhere);
  bench.see(PodDeleted{lonely.uid, ++bench.revision});
  EXPECT_TRUE(bench.world.pods_repelling.empty());
}

TEST_F(NeighboursTest, AffinityGoesWhereItsKindIsAndTheFirstAnywhere) {
  KubePod asking = pod("p", "web");
  asking.pod_terms = {{false, app("web"), {"default"}, kZone}};
  EXPECT_EQ(allowed(asking), (Names{"a1", "a2", "b1"})) << "it selects itself";
  run(pod("x", "web"), "a2");
  EXPECT_EQ(allowed(asking), (Names{"a1", "a2"}));
  asking.pod_terms = {{false, app("cache"), {"default"}, kZone}};
  EXPECT_EQ(allowed(asking), Names{}) << "nobody of that kind runs";
}

TEST_F(NeighboursTest, AllTermsOfAnAffinityMustSelectTheSamePod) {
  KubePod both = pod("x", "web");
  both.labels["tier"] = "front";
  run(both, "a1");
  run(pod("y", "web"), "b1");
  KubePod asking = pod("p", "none");
  asking.pod_terms = {{false, app("web"), {"default"}, kHost},
                      {false, {{{"tier", "front"}}, {}}, {"default"}, kZone}};
  EXPECT_EQ(allowed(asking), (Names{"a1"}));
}

TEST_F(NeighboursTest, SpreadKeepsTheSkewBounded) {
  KubePod asking = pod("p", "web");
  asking.spread = {{1, 1, kZone, app("web"), true, false}};
  EXPECT_EQ(allowed(asking), (Names{"a1", "a2", "b1"})) << "one in no zone has no place";
  run(pod("x", "web"), "a1");
  EXPECT_EQ(allowed(asking), (Names{"b1"}));
  run(pod("y", "web"), "b1");
  EXPECT_EQ(allowed(asking), (Names{"a1", "a2", "b1"}));
  run(pod("z", "web"), "a2");
  asking.spread.front().max_skew = 2;
  EXPECT_EQ(allowed(asking), (Names{"a1", "a2", "b1"}));
  asking.spread.front().min_domains = 3;
  EXPECT_EQ(allowed(asking), (Names{"b1"})) << "with too few zones the least counts as none";
}

TEST_F(NeighboursTest, SpreadCountsOnlyNodesThatThePodMayUse) {
  KubePod asking = pod("p", "web");
  asking.spread = {{1, 1, kHost, app("web"), true, false}};
  asking.node_selector = {{kZone, "a"}};
  run(pod("x", "web"), "a1");
  run(pod("y", "web"), "a2");
  EXPECT_TRUE(allowed(asking).contains("a1")) << "b1 and bare, which have none, do not count";
  asking.spread.front().honors_affinity = false;
  EXPECT_FALSE(allowed(asking).contains("a1"));
  asking.spread.front().honors_affinity = true;
  KubeNode tainted = worker("a2");
  tainted.labels[kZone] = "a";
  tainted.taints.push_back({"gpu", "", "NoSchedule"});
  bench.see_node(tainted);
  bench.see(PodDeleted{"uid-y", ++bench.revision});
  EXPECT_FALSE(allowed(asking).contains("a1")) << "a2 counts, by default";
  asking.spread.front().honors_taints = true;
  EXPECT_TRUE(allowed(asking).contains("a1"));
}

TEST_F(NeighboursTest, WhatIsPlacedInTheSameDecisionCounts) {
  Neighbours neighbours(bench.world);
  KubePod first = pod("p", "web");
  first.pod_terms = {{true, app("web"), {"default"}, kHost}};
  KubePod second = first;
  second.uid = "uid-q";
  EXPECT_EQ(allowed(first, neighbours), everywhere);
  neighbours.place(first, *bench.node("a1").kube);
  EXPECT_EQ(allowed(second, neighbours), (Names{"a2", "b1", "bare"}));
  EXPECT_EQ(allowed(pod("plain", "web"), neighbours), (Names{"a2", "b1", "bare"}));
}

TEST_F(NeighboursTest, ReplicasThatKeepApartWakeANodeEach) {
  bench.put_to_sleep("b1");
  bench.put_to_sleep("bare");
  for (const auto* name : {"p1", "p2", "p3"}) {
    KubePod asking = pod(name, "web");
    asking.scheduler.clear();
    asking.unschedulable = true;
    asking.pod_terms = {{true, app("web"), {"default"}, kHost}};
    bench.see(PodSeen{asking});
  }
  int woken = 0;
  for (const NodeName name : {"b1", "bare"}) woken += bench.planned(name, Verb::wake) ? 1 : 0;
  EXPECT_EQ(woken, 1) << "two fit on a1 and a2, one each";
}

}  // namespace
}  // namespace ecokube::core::test
