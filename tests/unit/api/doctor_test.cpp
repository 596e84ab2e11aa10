#include "coordinator/api/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/unit/api/fake_fleet.h"

namespace ecokube {
namespace {

using core::Lifecycle;
using core::Mode;

class DoctorTest : public ::testing::Test {
 protected:
  DoctorTest() { test::fill(fleet_); }

  core::World& world() { return fleet_.world_value; }
  core::Policy& policy() { return fleet_.policy_value; }
  core::Node& node(const std::string& name) { return world().nodes.at(name); }
  std::vector<Finding> findings() { return examine(world(), policy(), test::kNow); }
  std::size_t count(std::string_view code) {
    const auto found = findings();
    return static_cast<std::size_t>(std::ranges::count(found, code, &Finding::code));
  }
  /// The one finding of this code; an empty one when there is none or more.
  Finding finding(std::string_view code) {
    EXPECT_EQ(count(code), 1U) << code;
    for (auto& each : findings()) {
      if (each.code == code) return each;
    }
    return {};
  }
  /// Level, subject and text of the one finding of this code.
  void expect(std::string_view code, Level level, std::string_view subject, std::string_view text) {
    const auto found = finding(code);
    EXPECT_EQ(found.level, level) << code;
    EXPECT_EQ(found.subject, subject) << code;
    EXPECT_NE(found.text.find(text), std::string::npos) << code << ": " << found.text;
    EXPECT_EQ(found.what_to_do.empty(), level == Level::ok) << code;
  }
  core::Scaler& add_scaler() {
    core::Scaler scaler;
    scaler.name = "video";
    scaler.target = "eco-worker";
    core::KubeWorkload workload;
    workload.kind = "Deployment";
    workload.ns = "default";
    workload.name = "eco-worker";
    world().workloads[workload.key()] = workload;
    world().workload_kinds["Deployment.apps"].listed = true;
    auto& view = world().scalers["video"];
    view.lag = 0;
    view.seen_at = view.first_seen_at = test::kNow;
    policy().scalers.push_back(scaler);
    return policy().scalers.back();
  }
  void add_scheduler(const std::string& uid, const std::string& config_file) {
    core::KubePod pod;
    pod.uid = uid;
    pod.ns = "kube-system";
    pod.labels = {{"component", "kube-scheduler"}};
    pod.config_file = config_file;
    world().pods[uid] = pod;
  }

  test::FakeFleet fleet_;
};

TEST_F(DoctorTest, FindsNothingToMendInAHealthyFleet) {
  add_scaler();
  EXPECT_EQ(worst_of(findings()), Level::ok);
  expect("ClusterSeen", Level::ok, "cluster", "seen 2 s ago");
  expect("Leads", Level::ok, "Lease", "fence 3");
  expect("Pool", Level::ok, "pool workers", "mode act; 2 of its 2 nodes can sleep");
  expect("SchedulerNotVisible", Level::ok, "kube-scheduler", "not visible from here");
}

TEST_F(DoctorTest, WithoutAListSaysWhyAndNothingOfWhatItCannotKnow) {
  world().cluster_listed = world().cluster_ok = false;
  world().cluster_problem = "cannot list resource \"nodes\"";
  expect("ClusterNotListed", Level::problem, "cluster", "cannot list resource \"nodes\"");
  EXPECT_EQ(findings().size(), 2U) << "the Lease beside it";
}

TEST_F(DoctorTest, AnOldViewOfTheClusterIsAProblem) {
  world().cluster_seen_at = test::kNow - policy().cluster_view_age_max - Duration(1);
  expect("ClusterViewStale", Level::problem, "cluster", "nothing is switched off");
}

TEST_F(DoctorTest, SaysWhoDoesNotLead) {
  world().lease_valid_until = test::kNow;
  world().leader = "b_17";
  expect("StandsBy", Level::ok, "Lease", "b_17 leads");
  world().leader.clear();
  expect("NoLease", Level::warning, "Lease", "does not lead");
  EXPECT_EQ(finding("NoLease").what_to_do,
            "kubectl get lease -n kube-system ecokube-coordinator names who does");
}

TEST_F(DoctorTest, NamesWhatStopsTheWholeFleet) {
  world().freeze.now = core::Freeze{false, "ann", "storage"};
  policy().dry_run = true;
  expect("Frozen", Level::warning, "fleet", "frozen by ann: storage");
  expect("DryRun", Level::warning, "fleet", "nothing is done");
  world().freeze.now->wake_all = true;
  EXPECT_EQ(count("Evacuating"), 1U);
}

TEST_F(DoctorTest, NamesMachinesThatAreNotWhoTheySeemAndBootsThatFail) {
  node("worker1").kube->machine_id = "m-1";
  node("worker1").inventory.machine_id = "m-2";
  expect("WrongMachineId", Level::problem, "worker1", "its agent's machine id is m-2");
  node("worker2").state = core::Lifecycle::quarantined;
  EXPECT_EQ(count("BootsFail"), 0U);
  node("worker2").inventory.boot.fingerprint = "0a";
  expect("BootsFail", Level::problem, "fleet", "worker2 did not come back");
}

TEST_F(DoctorTest, PoolsThatMatchNothingAndNodesInNone) {
  core::Pool other;
  other.name = "gpu";
  other.node_selector = {{"role", "gpu"}};
  policy().pools.push_back(other);
  node("worker2").kube->labels.clear();
  core::Node stranger;
  stranger.name = "typo";
  world().nodes["typo"] = stranger;
  expect("PoolEmpty", Level::warning, "pool gpu", "matches no node");
  expect("NotInPool", Level::ok, "worker2", "1 in no pool");
  expect("NotInCluster", Level::warning, "typo", "no Node of this name");
}

TEST_F(DoctorTest, EachReasonOfANodeHasItsFinding) {
  auto& one = node("worker1");
  one.agent.nics.front().wake_armed = false;
  one.inventory.wake_address.clear();
  one.wake_proven_at.reset();
  one.hold = core::Hold{"ann", "disk swap", std::nullopt};
  one.kube->owned_by = "kured";
  one.agent.vetoes = {"hold file /etc/ecokube/hold"};
  expect("WakeNotArmed", Level::warning, "worker1", "no NIC");
  expect("NoWakeAddress", Level::warning, "worker1", "magic packet");
  expect("WakeNotProven", Level::warning, "worker1", "no wake");
  EXPECT_TRUE(finding("WakeNotProven").what_to_do.starts_with("ecoctl test-wake worker1 --wait"));
  expect("Held", Level::warning, "worker1", "(ann: disk swap)");
  EXPECT_EQ(finding("Held").what_to_do, "ecoctl release worker1");
  expect("OwnedByOther", Level::warning, "worker1", "(kured)");
  expect("AgentVeto", Level::warning, "worker1", "(hold file /etc/ecokube/hold)");
  expect("Pool", Level::ok, "pool workers", "1 of its 2 nodes can sleep");
}

TEST_F(DoctorTest, AWakeAddressOfTheConfigurationIsOne) {
  node("worker1").inventory.wake_address.clear();
  policy().nodes["worker1"].wake_address = "127.0.10.11:9";
  EXPECT_EQ(count("NoWakeAddress"), 0U);
}

TEST_F(DoctorTest, TellsAnAgentThatWasNeverThereFromOneThatFellSilent) {
  auto& never = node("worker1");
  never.agent = {};
  never.inventory = {};
  node("worker2").state = Lifecycle::unknown;
  node("worker2").agent.goodbye.reset();
  expect("NoAgent", Level::warning, "worker1", "no agent has ever connected");
  expect("AgentSilent", Level::problem, "worker2", "silent");
}

TEST_F(DoctorTest, ASleeperIsNotSilentAndAQuarantinedNodeSaysWhy) {
  EXPECT_EQ(count("AgentSilent"), 0U);
  node("worker2").state = Lifecycle::quarantined;
  node("worker2").last_problem = "no new boot id in 600 s";
  expect("Quarantined", Level::problem, "worker2", "(no new boot id in 600 s)");
}

TEST_F(DoctorTest, APoolWhereNothingCanSleepSaysSoInOneSentence) {
  node("worker1").wake_proven_at.reset();
  node("worker2").wake_proven_at.reset();
  node("worker2").hold = core::Hold{"ann", "disk swap", std::nullopt};
  expect("NothingCanSleep", Level::problem, "pool workers",
         "none of its 2 nodes can ever sleep: Held 1, WakeNotProven 2");
  policy().pools.front().mode = Mode::advise;
  EXPECT_EQ(finding("NothingCanSleep").level, Level::warning);
}

TEST_F(DoctorTest, SoDoesOneWhoseFloorIsTooHighOrThatIsAllControlPlane) {
  policy().pools.front().min_on = 2;
  expect("NothingCanSleep", Level::warning, "pool workers", "min_on is 2");
  policy().pools.front().min_on = 0;
  policy().host_node = "worker1";
  node("worker1").wake_proven_at.reset();
  node("worker2").kube->labels.emplace(names::kControlPlaneLabel, "");
  expect("NothingCanSleep", Level::problem, "pool workers", "ControlPlane 2");
  EXPECT_EQ(count("WakeNotProven"), 0U) << "it need not be woken, for it never sleeps";
}

TEST_F(DoctorTest, NodesOfAPoolInModeOffAreNotLookedAt) {
  policy().pools.front().mode = Mode::off;
  node("worker1").wake_proven_at.reset();
  expect("PoolOff", Level::ok, "pool workers", "2 nodes are left as they are");
  EXPECT_EQ(count("WakeNotProven"), 0U);
}

TEST_F(DoctorTest, ScalersThatCannotScale) {
  auto& scaler = add_scaler();
  world().scalers["video"].seen_at = test::kNow - policy().demand_age_max - Duration(1);
  world().scalers["video"].problem = "broker refused";
  expect("LagUnknown", Level::problem, "scaler video", "broker refused");
  world().scalers["video"].seen_at = test::kNow;
  core::KubeAutoscaler owner;
  owner.ns = "default";
  owner.name = "keda-hpa";
  owner.target_kind = "Deployment";
  owner.target_name = "eco-worker";
  world().autoscalers[owner.key()] = owner;
  expect("OwnedByOther", Level::warning, "scaler video", "default/keda-hpa");
  scaler.target = "gone";
  expect("TargetMissing", Level::problem, "scaler video", "default/gone does not exist");
  scaler.kind = "Thing";
  expect("TargetUnknown", Level::problem, "scaler video", "no Thing was listed yet");
  world().workload_kinds["Thing.apps"].problem = "cannot list things";
  expect("TargetUnknown", Level::problem, "scaler video", "cannot list things");
}

TEST_F(DoctorTest, APowerDomainThatNoNodeIsOf) {
  fleet_.policy_value.inrush.power_domains["rack1"] = {};
  expect("UnknownPowerDomain", Level::warning, "power domain rack1", "no node is of it");
  fleet_.policy_value.nodes["worker1"].power_domain = "rack1";
  EXPECT_EQ(count("UnknownPowerDomain"), 0U);
}

TEST_F(DoctorTest, BudgetsThatNeverAllow) {
  for (const auto* name : {"a", "b", "fine"}) {
    core::KubeBudget budget;
    budget.ns = "shop";
    budget.name = name;
    budget.never_allows = budget.name != "fine";
    world().budgets[budget.key()] = budget;
  }
  expect("BudgetNeverAllows", Level::warning, "budget shop/a, shop/b", "can ever be moved");
}

TEST_F(DoctorTest, DaemonSetsThatKeepNodesOn) {
  core::KubePod pod;
  pod.uid = "u1";
  pod.ns = "monitoring";
  pod.node = "worker1";
  pod.owner_kind = "DaemonSet";
  pod.owner_name = "exporter";
  pod.labels = {{"app", "exporter"}};
  world().pods["u1"] = pod;
  core::add_replica(world(), pod);
  EXPECT_EQ(worst_of(findings()), Level::ok);
  const core::KubeService service{"monitoring", "metrics", 1, pod.labels};
  world().services[service.key()] = service;
  expect("DaemonSetServes", Level::warning, "worker1", "Service monitoring/metrics");
  world().daemonsets_may_stop = {"monitoring/*"};
  EXPECT_EQ(worst_of(findings()), Level::ok);
}

TEST_F(DoctorTest, TellsWithWhatTheSchedulerRuns) {
  add_scheduler("u1", "/etc/kubernetes/scheduler-config.yaml");
  expect("SchedulerConfigured", Level::ok, "kube-scheduler",
         "--config=/etc/kubernetes/scheduler-config.yaml");
  add_scheduler("u2", "");
  expect("SchedulerSpreads", Level::warning, "kube-scheduler", "not all of them");
  world().pods.erase("u1");
  expect("SchedulerSpreads", Level::warning, "kube-scheduler", "without --config");
  world().pods["u2"].ns = "default";
  EXPECT_EQ(count("SchedulerNotVisible"), 1U) << "another's pod of that label";
}

TEST_F(DoctorTest, TenThousandNodesAreStillFewFindings) {
  constexpr int kNodes = 10'000;
  world().nodes.clear();
  for (int i = 1; i <= kNodes; ++i) {
    const auto name = "node" + std::to_string(10'000 + i);
    auto one = test::ready_node(name);
    one.wake_proven_at.reset();
    one.agent.vetoes = {"user of " + name};
    world().nodes.emplace(name, std::move(one));
  }
  EXPECT_LT(findings().size(), 10U);
  expect("WakeNotProven", Level::warning, "node10001, node10002, node10003 and 9997 more", "");
  expect("AgentVeto", Level::warning, "node10001, node10002, node10003 and 9997 more",
         "(node10001: user of node10001)");
  expect("NothingCanSleep", Level::problem, "pool workers", "AgentVeto 10000, WakeNotProven 10000");
  EXPECT_EQ(findings().front().level, Level::problem) << "the worst first";
}

}  // namespace
}  // namespace ecokube
