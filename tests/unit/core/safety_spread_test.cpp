// What serves goes on serving (S22): DaemonSets behind a Service, and replicas that stay spread.
#include "coordinator/core/safety_spread.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "bench.h"

namespace ecokube::core::test {
namespace {

KubeService service(const std::string& name, Labels selector) {
  return {"default", name, 7, std::move(selector)};
}

TEST(Serving, ADaemonSetBehindAServiceKeepsItsNodeOnWhileTheServiceIsThere) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.see(PodSeen{exporter("w1")});
  bench.pass(minutes(2));
  ASSERT_TRUE(bench.planned("w1", Verb::mark));
  bench.see(Seen<KubeService>{service("metrics", {{"app", "exporter"}})});
  EXPECT_EQ(bench.want("w1").reason.code, "HasWork");
  EXPECT_TRUE(bench.planned("w2", Verb::mark));
  bench.see(Seen<KubeService>{service("metrics", {{"app", "another"}})});
  EXPECT_EQ(bench.node("w1").work_pods, 0);
  bench.see(Seen<KubeService>{service("metrics", {{"app", "exporter"}})});
  EXPECT_EQ(bench.node("w1").work_pods, 1);
  bench.see(Gone<KubeService>{"default/metrics", 9});
  EXPECT_EQ(bench.node("w1").work_pods, 0);
  EXPECT_FALSE(bench.planned("w1", Verb::mark)) << "its work ended now";
}

TEST(Serving, AServiceThatComesWhileTheNodeIsEmptiedSavesIt) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.see(PodSeen{exporter("w1")});
  const auto shutdown = bench.take_down("w1");
  Bench other;
  other.fleet({"w1", "w2"});
  other.see(PodSeen{exporter("w1")});
  other.pass(minutes(1));
  other.run("w1", Verb::mark);
  other.see_marked("w1", true, Readiness::ready);
  other.see(Seen<KubeService>{service("metrics", {{"app", "exporter"}})});
  EXPECT_TRUE(other.planned("w1", Verb::unmark));
  Step late = shutdown;
  late.id.transition = other.node("w1").transition;
  EXPECT_TRUE(other.broken(late).contains("S1 NotEmpty"));
}

/// Replicas on w1 and w2; a person wants w1 asleep.
Bench two_of_two(std::initializer_list<NodeName> nodes) {
  Bench bench;
  bench.policy.cover_node_loss = false;
  bench.fleet(nodes);
  bench.see(PodSeen{bound_pod("one", "w1")});
  bench.see(PodSeen{bound_pod("two", "w2")});
  bench.ask("w1", PersonVerb::sleep);
  return bench;
}

TEST(Spread, ReplicasDoNotEndOnOneNode) {
  EXPECT_EQ(two_of_two({"w1", "w2"}).want("w1").reason.code, "SpreadLost");
  EXPECT_TRUE(two_of_two({"w1", "w2", "w3"}).planned("w1", Verb::mark)) << "there is a third";
  Bench full = two_of_two({"w1", "w2", "w3"});
  KubePod big = pending_pod("big", 3500);
  big.node = "w3";
  big.owner_kind.clear();
  full.see(PodSeen{big});
  EXPECT_EQ(full.want("w1").reason.code, "SpreadLost") << "but no room there";
  KubePod starting = bound_pod("three", "w3");
  starting.ready = false;
  starting.phase = PodPhase::pending;
  full.see(PodSeen{starting});
  EXPECT_TRUE(full.planned("w1", Verb::mark)) << "one starts there already";
  starting.phase = PodPhase::running;
  full.see(PodSeen{starting});
  EXPECT_EQ(full.want("w1").reason.code, "SpreadLost")
      << "it ran and is not ready: it may never be";
}

TEST(Spread, WhatIsLeftOnTwoNodesOrWasOnOneIsMoved) {
  Bench bench = two_of_two({"w1", "w2"});
  bench.see(PodSeen{bound_pod("two", "w1")});
  EXPECT_TRUE(bench.planned("w1", Verb::mark) || bench.want("w1").reason.code != "SpreadLost")
      << "both were on one node before";
  Bench declared = two_of_two({"w1", "w2"});
  KubePod safe = bound_pod("one", "w1");
  safe.safe_to_evict = true;
  declared.see(PodSeen{safe});
  EXPECT_TRUE(declared.planned("w1", Verb::mark)) << "its owner has declared it";
}

TEST(Spread, WhatOnlyTheDrainHasSpreadGoesOn) {
  Bench bench = two_of_two({"w1", "w2"});
  bench.see(PodDeleted{"uid-two", 5});
  bench.see(PodSeen{bound_pod("two", "w1")});
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  bench.end(bench.start("w1", Verb::evict), Outcome::refused);  // the budget takes one at a time
  bench.see(PodDeleted{"uid-one", ++bench.revision});
  bench.see(PodSeen{bound_pod("one-anew", "w2")});
  EXPECT_FALSE(bench.planned("w1", Verb::unmark));
  bench.pass(seconds(10));
  EXPECT_TRUE(bench.planned("w1", Verb::evict));
}

TEST(Spread, ASiblingThatDiesAfterTheMarkEndsTheDrain) {
  Bench bench = two_of_two({"w1", "w2", "w3"});
  bench.see(PodSeen{bound_pod("three", "w3")});
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  const auto evict = bench.planned("w1", Verb::evict);
  ASSERT_TRUE(evict);
  KubePod sick = bound_pod("three", "w3");
  sick.ready = false;
  bench.see(PodSeen{sick});
  KubePod big = pending_pod("big", 3000);
  big.node = "w3";
  big.owner_kind.clear();
  bench.see(PodSeen{big});
  EXPECT_TRUE(bench.broken(*evict).contains("S22 SpreadLost"));
  EXPECT_FALSE(bench.planned("w1", Verb::evict));
  EXPECT_TRUE(bench.planned("w1", Verb::unmark));
}

TEST(Spread, AZoneThatHadAReplicaKeepsOne) {
  const auto with_zones = [](Bench& bench, const std::map<NodeName, std::string>& zones) {
    for (const auto& [name, zone] : zones) {
      KubeNode node = *bench.node(name).kube;
      node.labels["topology.kubernetes.io/zone"] = zone;
      bench.see_node(node);
    }
  };
  Bench bench = two_of_two({"w1", "w2", "w3"});
  bench.see(PodSeen{bound_pod("three", "w3")});
  with_zones(bench, {{"w1", "a"}, {"w2", "b"}, {"w3", "b"}});
  EXPECT_EQ(bench.want("w1").reason.code, "ZoneLost");
  with_zones(bench, {{"w1", "a"}, {"w2", "a"}, {"w3", "b"}});
  EXPECT_TRUE(bench.planned("w1", Verb::mark)) << "w2 is in the same zone";
  Bench more = two_of_two({"w1", "w2", "w3", "w4"});
  more.see(PodSeen{bound_pod("three", "w3")});
  with_zones(more, {{"w1", "a"}, {"w2", "b"}, {"w3", "b"}, {"w4", "a"}});
  EXPECT_TRUE(more.planned("w1", Verb::mark)) << "w4 takes it in that zone";
}

}  // namespace
}  // namespace ecokube::core::test
