// A person has a node with work emptied: pods are moved under their budgets, or it stays as it is.
#include <gtest/gtest.h>

#include <functional>

#include "bench.h"
#include "coordinator/core/eviction.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

/// "one" on w1 and its sibling "two" on w2; a person wants w1 asleep.
Bench asked() {
  Bench bench;
  bench.fleet({"w1", "w2", "w3", "w4"});
  bench.see(PodSeen{bound_pod("one", "w1")});
  bench.see(PodSeen{bound_pod("two", "w2")});
  bench.ask("w1", PersonVerb::sleep);
  return bench;
}

Bench marked() {
  Bench bench = asked();
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  return bench;
}

KubeBudget budget(std::int64_t allowed) {
  KubeBudget budget;
  budget.ns = "default";
  budget.name = "app";
  budget.disruptions_allowed = allowed;
  return budget;
}

void change_pod(Bench& bench, const std::function<void(KubePod&)>& change) {
  KubePod pod = bench.world.pods.at("uid-one");
  change(pod);
  bench.see(PodSeen{pod});
}

TEST(Drain, ItsPodsAreMovedAndOnlyThenItGoesDown) {
  Bench bench = marked();
  const Step evict = bench.run("w1", Verb::evict);
  ASSERT_EQ(std::get<EvictPods>(evict.action).pods.size(), 1);
  EXPECT_EQ(std::get<EvictPods>(evict.action).pods.front().name, "one");
  EXPECT_EQ(evict.pods, std::get<EvictPods>(evict.action).pods) << "who is told of it";
  change_pod(bench, [](KubePod& pod) { pod.deleting = true; });
  bench.pass(seconds(20));
  EXPECT_FALSE(bench.planned("w1", Verb::evict)) << "it was accepted and is going";
  EXPECT_FALSE(bench.planned("w1", Verb::list_pods)) << "drained means gone";
  bench.see(PodDeleted{"uid-one", ++bench.revision});
  bench.run("w1", Verb::list_pods);
  bench.run("w1", Verb::shutdown);
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_down);
}

TEST(Drain, PolicyNeverMovesAPod) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.see(PodSeen{bound_pod("one", "w1")});
  bench.see(PodSeen{bound_pod("two", "w2")});
  bench.pass(minutes(60));
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  EXPECT_EQ(bench.want("w1").reason.code, "HasWork");
}

TEST(Drain, ARefusedEvictionIsTriedAgainUntilTheDeadlineAndThenRolledBack) {
  Bench bench = marked();
  int tries = 0;
  const TimePoint begun = *bench.node("w1").down.marked_at;
  while (!bench.planned("w1", Verb::unmark)) {
    ASSERT_LT(bench.now, begun + bench.policy.drain_deadline + seconds(20));
    if (bench.planned("w1", Verb::evict)) {
      bench.end(bench.start("w1", Verb::evict), Outcome::refused);
      ++tries;
    }
    bench.pass(seconds(5));
  }
  EXPECT_GE(bench.now, begun + bench.policy.drain_deadline);
  EXPECT_GT(tries, 10);
  EXPECT_EQ(bench.planned("w1", Verb::unmark)->reason.code, "DrainTimedOut");
  bench.run("w1", Verb::unmark);
  bench.see_marked("w1", false, Readiness::ready);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_FALSE(bench.planned("w1", Verb::mark)) << "not again at once";
  bench.pass(minutes(1));
  EXPECT_TRUE(bench.planned("w1", Verb::mark)) << "but she still wants it";
}

TEST(Drain, APodThatCameAfterTheMarkSavesTheNode) {
  Bench bench = marked();
  bench.see(PodSeen{bound_pod("three", "w1")});
  EXPECT_FALSE(bench.planned("w1", Verb::evict));
  EXPECT_TRUE(bench.planned("w1", Verb::unmark));
}

TEST(Drain, ASuccessorRollsItBackWhenNobodyWantsItAnyMore) {
  Bench before = marked();
  before.see(PersonAsked{"w1", PersonVerb::release, "anna", "", {}});
  before.see_marked("w1", true, Readiness::ready);
  Bench after;
  after.revision = before.revision;
  after.see(ClusterListed{after.revision,
                          {*before.node("w1").kube, worker("w2")},
                          {bound_pod("one", "w1"), bound_pod("two", "w2")},
                          {}});
  after.see(LeaseHeld{2, after.now + seconds(15)});
  after.hello("w1");
  after.pass(after.policy.heartbeat_age_max + Duration(1));
  after.hello("w2");
  EXPECT_FALSE(after.planned("w1", Verb::evict));
  EXPECT_TRUE(after.planned("w1", Verb::unmark));
}

TEST(Drain, SheChangesHerMind) {
  Bench bench = marked();
  bench.see(PersonAsked{"w1", PersonVerb::release, "anna", "", {}});
  EXPECT_TRUE(bench.planned("w1", Verb::unmark));
}

TEST(Drain, DetachedVolumesAreWaitedForWithADeadline) {
  Bench bench = marked();
  bench.see(PodDeleted{"uid-one", ++bench.revision});
  bench.see(Seen<KubeAttachment>{{"csi-1", bench.revision, "w1", "pv-data"}});
  bench.pass(bench.policy.settle);
  bench.run("w1", Verb::list_pods);
  EXPECT_FALSE(bench.planned("w1", Verb::shutdown));
  Bench late = bench;
  bench.see(Gone<KubeAttachment>{"csi-1", ++bench.revision});
  EXPECT_TRUE(bench.planned("w1", Verb::shutdown));
  late.pass(late.policy.drain_deadline);
  ASSERT_TRUE(late.planned("w1", Verb::unmark));
  EXPECT_EQ(late.planned("w1", Verb::unmark)->reason.code, "VolumeAttached");
}

TEST(Drain, TheDemandThatItsPodsBecomeIsNotPlacedOnIt) {
  Bench bench = marked();
  bench.run("w1", Verb::evict);
  bench.see(PodDeleted{"uid-one", ++bench.revision});
  bench.see(PodSeen{pending_pod("again")});
  EXPECT_NE(bench.want("w1").reason.code, "NeededFor");
  EXPECT_FALSE(bench.planned("w1", Verb::unmark));
}

struct DrainRow {
  std::string code;
  std::function<void(Bench&)> pins;
};

std::vector<DrainRow> rows_of_its_fields() {
  const auto pod = [](auto change) { return [change](Bench& b) { change_pod(b, change); }; };
  return {
      {"NotReplicated", pod([](KubePod& p) { p.owner_kind.clear(); })},
      {"NotReplicated", pod([](KubePod& p) { p.owner_kind = "Job"; })},
      {"NotReplicated", pod([](KubePod& p) { p.owner_name = "alone"; })},
      {"LocalStorageRequested", pod([](KubePod& p) { p.local_storage = true; })},
      {"NotSafeToEvictAnnotation", pod([](KubePod& p) { p.safe_to_evict = false; })},
      {"QuorumMember", pod([](KubePod& p) { p.labels["ecokube.io/quorum"] = "etcd"; })},
      {"DaemonSetServes", pod([](KubePod& p) {
         p.owner_kind = "DaemonSet";
         p.host_port = true;
       })},
  };
}

std::vector<DrainRow> rows_around_it() {
  return {
      {"NotEnoughPdb",
       [](Bench& b) {
         auto never = budget(0);
         never.never_allows = true;
         b.see(Seen<KubeBudget>{never});
       }},
      {"NotEnoughPdb", [](Bench& b) { b.see(Seen<KubeBudget>{budget(0)}); }},
      {"NotEnoughPdb",
       [](Bench& b) {
         auto second = budget(1);
         second.name = "second";
         b.see(Seen<KubeBudget>{budget(1)});
         b.see(Seen<KubeBudget>{second});
       }},
      {"NoPlaceToMovePods",
       [](Bench& b) { change_pod(b, [](KubePod& p) { p.requests.cpu_millicores = 4001; }); }},
      {"LocalVolume",
       [](Bench& b) { b.see(Seen<KubeLocalVolume>{{"pv", 1, {"w1"}, "default/data"}}); }},
      {"OwnedByOther",
       [](Bench& b) {
         KubeNode node = *b.node("w1").kube;
         node.owned_by = "kured";
         b.see_node(node);
       }},
  };
}

TEST(Drain, WhatMayNotBeMovedIsFoundBeforeTheMark) {
  ASSERT_TRUE(asked().planned("w1", Verb::mark));
  for (const auto& rows : {rows_of_its_fields(), rows_around_it()}) {
    for (const auto& row : rows) {
      Bench bench = asked();
      row.pins(bench);
      EXPECT_FALSE(bench.planned("w1", Verb::mark)) << row.code;
      EXPECT_EQ(bench.want("w1").reason.code, row.code);
    }
  }
}

TEST(Drain, ADeclaredPodIsMovedWhateverItsKind) {
  Bench bench = asked();
  change_pod(bench, [](KubePod& pod) {
    pod.owner_kind.clear();
    pod.local_storage = true;
    pod.safe_to_evict = true;
  });
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
}

TEST(Drain, ASleeperIsNoRoomForThePodsOfAnother) {
  Bench bench;
  bench.policy.cover_node_loss = false;
  bench.fleet({"w1", "w2", "w3"});
  bench.put_to_sleep("w3");
  KubePod one = bound_pod("one", "w1");
  one.safe_to_evict = true;  // both replicas may be on one node
  bench.see(PodSeen{one});
  KubePod two = bound_pod("two", "w2");
  two.requests.cpu_millicores = 3500;
  bench.see(PodSeen{two});
  bench.ask("w1", PersonVerb::sleep);
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  EXPECT_EQ(bench.want("w1").reason.code, "NoPlaceToMovePods");
  two.requests.cpu_millicores = 1000;
  bench.see(PodSeen{two});
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
}

// S16 has a share, not a count: the rest of the fleet is put down and woken as before.
TEST(Drain, OneDeadMachineOfManyStopsNothing) {
  Bench bench;
  bench.fleet({"w1", "w2", "w3", "w4", "w5", "w6"});
  bench.put_to_sleep("w1");
  bench.hang_up("w2");
  KubeNode dead = worker("w2");
  dead.ready = Readiness::unknown;
  bench.see_node(dead);
  bench.pass(minutes(2));
  EXPECT_TRUE(bench.planned("w3", Verb::mark));
  bench.see(PodSeen{pending_pod("big", 4000)});
  for (const char* full : {"w3", "w4", "w5", "w6"}) {
    bench.see(PodSeen{bound_pod(std::string("on-") + full, full)});
  }
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
}

TEST(Drain, ABudgetThatAllowsOneDoesForASinglePod) {
  Bench bench = asked();
  change_pod(bench, [](KubePod& pod) { pod.owner_name = "alone"; });
  bench.see(Seen<KubeBudget>{budget(1)});
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
  auto other = budget(0);
  other.selector.match_labels = {{"app", "another"}};
  other.name = "another";
  bench.see(Seen<KubeBudget>{other});
  EXPECT_TRUE(bench.planned("w1", Verb::mark)) << "it does not cover the pod";
}

TEST(Drain, ABudgetUsedUpByTheFirstEvictionDoesNotRollBack) {
  Bench bench = marked();
  bench.see(Seen<KubeBudget>{budget(0)});
  EXPECT_FALSE(bench.planned("w1", Verb::unmark));
  EXPECT_TRUE(bench.planned("w1", Verb::evict));
}

TEST(Drain, AServingDaemonSetMayBeListedAsOneThatMayStop) {
  KubePod ingress = bound_pod("ingress-x", "w1");
  ingress.owner_kind = "DaemonSet";
  ingress.owner_name = "ingress";
  ingress.labels = {{"app", "ingress"}};
  EXPECT_TRUE(may_remain(ingress, {}, {}));
  const KubeService other{"default", "other", 1, {{"app", "other"}}};
  const KubeService elsewhere{"default-2", "ingress", 1, {{"app", "ingress"}}};
  EXPECT_TRUE(may_remain(ingress, {}, {{other.key(), other}, {elsewhere.key(), elsewhere}}));
  const KubeService service{"default", "web", 1, {{"app", "ingress"}}};
  EXPECT_FALSE(may_remain(ingress, {}, {{other.key(), other}, {service.key(), service}}));
  EXPECT_TRUE(may_remain(ingress, {"default/ingress"}, {{service.key(), service}}));
  ingress.host_port = true;
  EXPECT_FALSE(may_remain(ingress, {}, {}));
  EXPECT_FALSE(may_remain(ingress, {"kube-system/*", "default/other"}, {}));
  EXPECT_TRUE(may_remain(ingress, {"default/*"}, {}));
  EXPECT_TRUE(may_remain(ingress, {"default/ingress"}, {}));
}

TEST(Drain, AFleetThatIsAskedAgainAndAgainLosesNoPodAndStrandsNoNode) {
  int evictions = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    MiniFleet fleet(seed, 4, false);
    fleet.policy.drain_deadline = seconds(fleet.draw(20, 300));
    fleet.policy.pools.front().spare = 2;  // room to move to
    fleet.set_evictions_a_minute(static_cast<int>(fleet.draw(1, 4)));
    for (int i = 0; i < 4; ++i) fleet.add_pod(minutes(60), 1500);
    fleet.run_for(minutes(3));
    for (int round = 0; round < 8; ++round) {
      fleet.ask("w" + std::to_string(fleet.draw(1, 4)), PersonVerb::sleep);
      fleet.run_for(seconds(fleet.draw(5, 300)));
      if (fleet.draw(0, 3) == 0) fleet.kill(fleet.draw(0, 1) == 0);
    }
    evictions += fleet.evictions();
    fleet.policy.pools.front().spare = 0;
    EXPECT_TRUE(fleet.run_until([&] { return fleet.all_pods_done(); }, minutes(240)))
        << "seed " << seed << " " << fleet.describe();
    EXPECT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(60)))
        << "seed " << seed << " " << fleet.describe();
    for (const auto& error : fleet.errors()) ADD_FAILURE() << "seed " << seed << ": " << error;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(evictions, 40);
}

}  // namespace
}  // namespace ecokube::core::test
