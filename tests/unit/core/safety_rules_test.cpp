// One direct example for each predicate of core/safety: without it, its row is red.
#include <gtest/gtest.h>

#include <functional>

#include "bench.h"

namespace ecokube::core::test {
namespace {

struct RuleRow {
  std::string rule;
  std::function<void(Bench&)> breaks;
};

void change_node(Bench& bench, const std::function<void(KubeNode&)>& change) {
  KubeNode node = *bench.node("w1").kube;
  change(node);
  bench.see_node(std::move(node));
}

void beat_with(Bench& bench, bool armed, std::vector<std::string> vetoes) {
  AgentHeartbeat beat;
  const auto& agent = bench.node("w1").agent;
  beat.node = "w1";
  beat.session = agent.session;
  beat.sequence = agent.sequence + 1;
  beat.boot_id = agent.boot_id;
  beat.nics = agent.nics;
  for (auto& nic : beat.nics) nic.wake_armed = armed;
  beat.vetoes = std::move(vetoes);
  bench.see(beat);
}

void stale_scaler(Bench& bench) {
  Scaler scaler;
  scaler.name = "jobs";
  scaler.target = "worker";
  bench.policy.scalers.push_back(scaler);
  KubeWorkload workload;
  workload.kind = "Deployment";
  workload.ns = "default";
  workload.name = "worker";
  bench.see(WorkloadSeen{workload});
}

/// There is lag, and nothing tells what a pod for it asks for.
void lag_of_unknown_size(Bench& bench) {
  stale_scaler(bench);
  ScalerView& view = bench.world.scalers["jobs"];
  view.lag = 3;
  view.seen_at = bench.now;
}

void list_again_from(Bench& bench, Revision revision) {
  bench.see(ClusterListed{revision, {worker("w1"), worker("w2"), worker("w3")}, {}, {}});
}

std::vector<RuleRow> rows_of_view_and_lease() {
  return {
      {"S1 NotEmpty", [](Bench& b) { b.see(PodSeen{bound_pod("p", "w1")}); }},
      {"S2 ClusterViewStale", [](Bench& b) { b.see(ClusterLost{"gone"}); }},
      {"S2 ClusterViewStale",
       [](Bench& b) { b.now += b.policy.cluster_view_age_max + Duration(1); }},
      {"S2 ClusterWentBackwards", [](Bench& b) { list_again_from(b, 5); }},
      {"S2 AgentSilent", [](Bench& b) { b.hang_up("w1"); }},
      {"S2 AgentSilent", [](Bench& b) { b.now += b.policy.heartbeat_age_max + Duration(1); }},
      {"S2 NotReady",
       [](Bench& b) { change_node(b, [](KubeNode& n) { n.ready = Readiness::not_ready; }); }},
      {"S2 DemandStale", stale_scaler},
      {"S2 DemandUnknown",
       [](Bench& b) {
         stale_scaler(b);
         b.see(WorkloadsLost{"Deployment.apps", "no right"});
       }},
      {"S2 DemandUnknown", lag_of_unknown_size},
      {"S5 NoLease", [](Bench& b) { b.see(LeaseLost{"gone"}); }},
      {"S5 NoLease", [](Bench& b) { b.now = *b.world.lease_valid_until; }},
      {"S5 OldFence", [](Bench& b) { b.see(LeaseHeld{2, b.now + seconds(15)}); }},
      {"S5 OldFence", [](Bench& b) { b.see(AgentConnected{"w3", 99, inventory_of("w3"), 7}); }},
      {"S8 OldStep", [](Bench& b) { b.world.nodes.at("w1").transition += 1; }},
      {"S9 DryRun", [](Bench& b) { b.policy.dry_run = true; }},
      {"S14 LocalVolume",
       [](Bench& b) { b.see(Seen<KubeLocalVolume>{{"pv", 1, {"w1"}, "default/data"}}); }},
      {"S16 ClusterUnwell", [](Bench& b) { b.hang_up("w2"); }},
      {"S27 Frozen", [](Bench& b) { b.see(FreezeSeen{"please"}); }},
  };
}

std::vector<RuleRow> rows_of_the_node() {
  return {
      {"S3 WakeNotArmed", [](Bench& b) { beat_with(b, false, {}); }},
      {"S3 NoWakeAddress", [](Bench& b) { b.world.nodes.at("w1").inventory.wake_address.clear(); }},
      {"S3 RefusedRecently",
       [](Bench& b) { b.world.nodes.at("w1").down_not_before = b.now + Duration(1); }},
      {"S4 NotInPool",
       [](Bench& b) { change_node(b, [](KubeNode& n) { n.labels.erase("role"); }); }},
      {"S4 ControlPlane",
       [](Bench& b) {
         change_node(b, [](KubeNode& n) { n.labels[std::string(names::kControlPlaneLabel)] = ""; });
       }},
      {"S4 CoordinatorHost", [](Bench& b) { b.policy.host_node = "w1"; }},
      {"S4 NodeGroupMinSizeReached", [](Bench& b) { b.policy.pools.front().min_on = 3; }},
      {"S4 Held", [](Bench& b) { b.see(PersonAsked{"w1", PersonVerb::hold, "anna", "disk", {}}); }},
      {"S10 ModeNotAct", [](Bench& b) { b.policy.pools.front().mode = Mode::advise; }},
      {"S11 CordonedByOther",
       [](Bench& b) {
         change_node(b, [](KubeNode& n) {
           n.unschedulable = true;
           n.annotations.erase(std::string(names::kCordonedByUs));
         });
       }},
      {"S25 OwnedByOther",
       [](Bench& b) { change_node(b, [](KubeNode& n) { n.owned_by = "kured"; }); }},
      {"S13 AgentVeto", [](Bench& b) { beat_with(b, true, {"somebody is logged in"}); }},
      {"S15 WakeNotProven", [](Bench& b) { b.world.nodes.at("w1").wake_proven_at.reset(); }},
      {"S17 TooManyDowns",
       [](Bench& b) {
         b.policy.downs_per_day_max = 2;
         b.world.nodes.at("w1").downs = {b.now - std::chrono::hours(23), b.now - minutes(1)};
       }},
      {"S17 NotUnneededLongEnough",
       [](Bench& b) { b.world.nodes.at("w1").work_ended_at = b.now - seconds(59); }},
  };
}

std::vector<RuleRow> rows_of_the_way_down() {
  return {
      {"S1 NotListed",
       [](Bench& b) {
         auto& down = b.world.nodes.at("w1").down;
         down.listed_revision = *down.mark_revision - 1;
       }},
      {"S1 NotListed",
       [](Bench& b) {
         auto& down = b.world.nodes.at("w1").down;
         down.listed_at = *down.marked_at + b.policy.settle - Duration(1);
       }},
      {"S1 NotListed", [](Bench& b) { b.world.nodes.at("w1").down.listed_at.reset(); }},
      {"S1 NotEmpty",
       [](Bench& b) {  // bound and gone again between the list and the order
         b.see(PodSeen{bound_pod("p", "w1")});
         b.see(PodDeleted{"uid-p", b.revision});
       }},
      {"S12 VolumeAttached", [](Bench& b) { b.see(Seen<KubeAttachment>{{"csi", 1, "w1", "pv"}}); }},
      {"S1 NotDraining", [](Bench& b) { b.world.nodes.at("w1").state = Lifecycle::ready; }},
      {"S1 NotDraining", [](Bench& b) { b.world.nodes.at("w1").agent.boot_id = "another"; }},
      {"S1 MarkGone", [](Bench& b) { b.see_marked("w1", false, Readiness::ready); }},
  };
}

Bench before_mark() {
  Bench bench;
  bench.fleet({"w1", "w2", "w3"});
  bench.pass(*bench.policy.pools.front().unneeded_time);
  return bench;
}

Bench before_shutdown() {
  Bench bench = before_mark();
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  bench.pass(bench.policy.settle);
  bench.run("w1", Verb::list_pods);
  return bench;
}

void expect_refused(const Bench& base, Verb verb, const std::vector<RuleRow>& rows) {
  const auto step = base.planned("w1", verb);
  ASSERT_TRUE(step);
  EXPECT_TRUE(base.broken(*step).empty());
  for (const auto& row : rows) {
    Bench bench = base;
    row.breaks(bench);
    EXPECT_TRUE(bench.broken(*step).contains(row.rule)) << to_string(verb) << " " << row.rule;
  }
}

TEST(SafetyRules, EachRefusesAMark) {
  expect_refused(before_mark(), Verb::mark, rows_of_view_and_lease());
  expect_refused(before_mark(), Verb::mark, rows_of_the_node());
}

TEST(SafetyRules, EachRefusesAShutdown) {
  expect_refused(before_shutdown(), Verb::shutdown, rows_of_view_and_lease());
  expect_refused(before_shutdown(), Verb::shutdown, rows_of_the_node());
  expect_refused(before_shutdown(), Verb::shutdown, rows_of_the_way_down());
}

TEST(SafetyRules, EachRefusesAnEviction) {
  Bench bench = before_mark();
  bench.see(PodSeen{bound_pod("one", "w1")});
  bench.see(PodSeen{bound_pod("two", "w2")});
  bench.ask("w1", PersonVerb::sleep);
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  auto rows = rows_of_view_and_lease();
  std::erase_if(rows, [](const RuleRow& row) { return row.rule == "S1 NotEmpty"; });
  rows.push_back({"S12 NotMarked", [](Bench& b) { b.see_marked("w1", false, Readiness::ready); }});
  rows.push_back({"S12 NotAsked", [](Bench& b) { b.world.nodes.at("w1").request.reset(); }});
  rows.push_back({"S12 WorkCame", [](Bench& b) { b.world.nodes.at("w1").down.evicting.clear(); }});
  rows.push_back({"S12 NotReplicated", [](Bench& b) { b.see(PodDeleted{"uid-two", 1}); }});
  expect_refused(bench, Verb::evict, rows);
}

TEST(SafetyRules, WakingIsRefusedForAPersonAloneAndInADryRun) {
  Bench bench = before_mark();
  bench.put_to_sleep("w1");
  bench.see(PersonAsked{"w1", PersonVerb::wake, "anna", "", {}});
  bench.see(LeaseLost{"gone"});
  bench.see(ClusterLost{"gone"});
  expect_refused(
      bench, Verb::wake,
      {{"S10 Held", [](Bench& b) { b.see(PersonAsked{"w1", PersonVerb::hold, "anna", "", {}}); }},
       {"S10 PersonsOff",
        [](Bench& b) {
          b.world.nodes.at("w1").state = Lifecycle::maintenance;
          b.world.nodes.at("w1").request.reset();
        }},
       {"S9 DryRun", [](Bench& b) { b.policy.dry_run = true; }}});
}

TEST(SafetyRules, AScalerThatIsNotSeenKeepsOnlyTheNodesOnThatItsPodsMayUse) {
  Bench bench = before_mark();
  stale_scaler(bench);
  bench.see(WorkloadsLost{"Deployment.apps", "no right"});
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
  KubeWorkload elsewhere;
  elsewhere.kind = "Deployment";
  elsewhere.ns = "default";
  elsewhere.name = "worker";
  elsewhere.node_selector = {{"role", "another"}};
  bench.see(WorkloadSeen{elsewhere});
  EXPECT_TRUE(bench.planned("w1", Verb::mark)) << "as last seen they can't run here";
}

TEST(SafetyRules, ScalingIsRefusedWithoutLeaseBelowLagAndAboveTheMaximum) {
  Bench bench;
  stale_scaler(bench);
  bench.policy.scalers.front().max_replica_count = 5;
  bench.world = make_world(bench.policy);
  bench.see(LeaseHeld{1, bench.now + seconds(15)});
  bench.see(LagSeen{"jobs", 0, 4});
  KubeWorkload workload;
  workload.kind = "Deployment";
  workload.ns = "default";
  workload.name = "worker";
  workload.replicas = 3;
  bench.see(WorkloadSeen{workload});
  const auto to = [](std::int64_t replicas) {
    return Step{{"scaler/jobs", Verb::scale, 0, 1},
                ScaleWorkload{"Deployment", "default", "worker", replicas},
                {},
                1};
  };
  EXPECT_TRUE(bench.broken(to(0)).empty());
  EXPECT_TRUE(bench.broken(to(6)).contains("S6 TooManyReplicas"));
  bench.see(LagSeen{"jobs", 1, 4});
  EXPECT_TRUE(bench.broken(to(2)).contains("S2 LagAboveActivation"));
  EXPECT_TRUE(bench.broken(to(5)).empty());
  bench.see(LagSeen{"jobs", 0, 4});
  bench.now += bench.policy.demand_age_max + Duration(1);
  EXPECT_TRUE(bench.broken(to(2)).contains("S2 LagAboveActivation")) << "an old 0 is no 0";
  bench.see(LeaseLost{"gone"});
  EXPECT_TRUE(bench.broken(to(5)).contains("S5 NoLease"));
}

TEST(SafetyRules, AnExpiredRequestBypassesNothing) {
  Bench bench = before_mark();
  bench.ask("w1", PersonVerb::sleep, seconds(5));
  bench.world.nodes.at("w1").wake_proven_at.reset();
  const auto mark = bench.planned("w1", Verb::mark);
  ASSERT_TRUE(mark);
  EXPECT_TRUE(bench.broken(*mark).empty());
  bench.pass(seconds(5));
  EXPECT_TRUE(bench.broken(*mark).contains("S15 WakeNotProven"));
  EXPECT_FALSE(bench.planned("w1", Verb::mark));
}

}  // namespace
}  // namespace ecokube::core::test
