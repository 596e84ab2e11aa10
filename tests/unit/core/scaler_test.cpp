#include "coordinator/core/scaler.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace ecokube::core::test {
namespace {

Scaler sample_scaler() {
  Scaler scaler;
  scaler.name = "jobs";
  scaler.target = "worker";
  scaler.topic = "jobs";
  scaler.consumer_group = "workers";
  scaler.lag_threshold = 10;
  scaler.activation_lag_threshold = 5;
  scaler.max_replica_count = 8;
  scaler.cooldown_period = seconds(30);
  return scaler;
}

TEST(ReplicasForLag, FollowsKedaAtItsBoundaries) {
  struct Row {
    std::int64_t lag, partitions, wanted;
  };
  const Scaler scaler = sample_scaler();
  for (const auto& [lag, partitions, wanted] : std::vector<Row>{
           {0, 10, 0},    // nothing to do
           {5, 10, 0},    // at the activation threshold: not above it
           {6, 10, 1},    // above it: at least one
           {10, 10, 1},   // exactly one replica's share
           {11, 10, 2},   // rounded up
           {80, 10, 8},   // exactly the maximum
           {81, 10, 8},   // capped by the maximum
           {1000, 3, 3},  // capped by the partitions
           {1000, 0, 8},  // partitions not known: only the maximum caps
       }) {
    EXPECT_EQ(replicas_for_lag(scaler, lag, partitions), wanted) << lag << "/" << partitions;
  }
}

TEST(ReplicasForLag, MinimumHoldsOverPartitionsAndWithoutLag) {
  Scaler scaler = sample_scaler();
  scaler.min_replica_count = 2;
  EXPECT_EQ(replicas_for_lag(scaler, 0, 4), 2);
  EXPECT_EQ(replicas_for_lag(scaler, 6, 1), 2);
  scaler.max_replica_count = 1;  // a minimum above the maximum is the minimum
  EXPECT_EQ(replicas_for_lag(scaler, 1000, 10), 2);
}

class ScalerWants : public testing::Test {
 protected:
  ScalerWants() : bench(policy()) { bench.see(WorkloadsListed{"Deployment.apps", {workload(0)}}); }

  static Policy policy() {
    Policy policy = worker_policy();
    policy.scalers.push_back(sample_scaler());
    return policy;
  }
  static KubeWorkload workload(std::int64_t replicas) {
    KubeWorkload workload;
    workload.kind = "Deployment";
    workload.ns = "default";
    workload.name = "worker";
    workload.replicas = replicas;
    return workload;
  }
  void lag(std::int64_t records) { bench.see(LagSeen{"jobs", records, 10}); }
  void replicas(std::int64_t count) { bench.see(WorkloadSeen{workload(count)}); }
  ScalerWant want() const {
    return want_of(bench.world, bench.policy, bench.policy.scalers.front(), bench.now);
  }

  Bench bench;
};

TEST_F(ScalerWants, StepBackFromATargetThatAnotherScales) {
  lag(45);
  ASSERT_EQ(want().replicas, 5);
  bench.see(LeaseHeld{1, bench.now + seconds(15)});
  const auto scale = bench.planned("scaler/jobs", Verb::scale);
  ASSERT_TRUE(scale);
  bench.see(Seen<KubeAutoscaler>{{"default", "keda-hpa-worker", 2, "Deployment", "worker"}});
  EXPECT_EQ(want().replicas, 0);
  EXPECT_EQ(want().reason.code, "OwnedByOther");
  EXPECT_FALSE(bench.planned("scaler/jobs", Verb::scale));
  EXPECT_TRUE(bench.broken(*scale).contains("S25 OwnedByOther"));
  bench.see(Gone<KubeAutoscaler>{"default/keda-hpa-worker", 3});
  EXPECT_EQ(want().replicas, 5);
}

TEST_F(ScalerWants, AnAutoscalerOfTheSameNameInAnotherGroupIsNone) {
  lag(45);
  KubeAutoscaler other{"default", "hpa", 2, "Deployment", "worker", "example.com"};
  bench.see(Seen<KubeAutoscaler>{other});
  EXPECT_EQ(want().replicas, 5);
  other.target_group = "apps";
  bench.see(Seen<KubeAutoscaler>{other});
  EXPECT_EQ(want().reason.code, "OwnedByOther");
}

TEST_F(ScalerWants, LeaveAReplicaSetToItsDeploymentAndAJobThatIsOver) {
  lag(45);
  bench.see(LeaseHeld{1, bench.now + seconds(15)});
  const auto scale = bench.planned("scaler/jobs", Verb::scale);
  ASSERT_TRUE(scale);
  KubeWorkload owned = workload(2);
  owned.scaled_by = "Deployment web";
  bench.see(WorkloadSeen{owned});
  EXPECT_EQ(want().reason.code, "OwnedByOther");
  EXPECT_TRUE(bench.broken(*scale).contains("S25 OwnedByOther"));
  KubeWorkload over = workload(2);
  over.over = "finished";
  bench.see(WorkloadSeen{over});
  EXPECT_EQ(want().reason.code, "TargetOver");
  EXPECT_EQ(want().replicas, 2);
  EXPECT_FALSE(bench.planned("scaler/jobs", Verb::scale));
  EXPECT_TRUE(bench.broken(*scale).contains("S25 TargetOver"));
}

TEST_F(ScalerWants, WithoutTheRightToSeeTheTargetNothingIsScaledAndItSaysSo) {
  lag(45);
  bench.see(LeaseHeld{1, bench.now + seconds(15)});
  const auto scale = bench.planned("scaler/jobs", Verb::scale);
  ASSERT_TRUE(scale);
  bench.see(WorkloadsLost{"Deployment.apps", "cannot list deployments"});
  EXPECT_EQ(want().reason.code, "TargetUnknown");
  EXPECT_EQ(want().reason.text, "cannot list deployments");
  EXPECT_FALSE(bench.planned("scaler/jobs", Verb::scale));
  EXPECT_TRUE(bench.broken(*scale).contains("S2 TargetUnknown"));
  bench.see(WorkloadsListed{"StatefulSet.apps", {}});
  EXPECT_EQ(want().reason.code, "TargetUnknown") << "another kind";
  bench.see(WorkloadsListed{"Deployment.apps", {workload(1)}});
  EXPECT_EQ(want().replicas, 5);
}

TEST_F(ScalerWants, RiseAtOnce) {
  lag(45);
  EXPECT_EQ(want().replicas, 5);
  EXPECT_EQ(want().reason.code, "LagAboveActivation");
}

TEST_F(ScalerWants, NeverFallWhileLagIsAboveActivation) {
  replicas(7);
  for (const std::int64_t records : {45, 20, 6}) {
    lag(records);
    bench.now += minutes(10);
    lag(records);
    EXPECT_EQ(want().replicas, 7) << records;
  }
}

TEST_F(ScalerWants, FallToTheMinimumInOneStepAfterTheCooldown) {
  replicas(7);
  lag(45);
  const TimePoint active_at = bench.now;
  bench.now += seconds(1);
  lag(5);
  EXPECT_EQ(want().replicas, 7);
  EXPECT_EQ(want().reconsider_at, active_at + seconds(30));
  bench.now = active_at + seconds(30) - Duration(1);
  lag(0);
  EXPECT_EQ(want().replicas, 7);
  bench.now = active_at + seconds(30);
  lag(0);
  EXPECT_EQ(want().replicas, 0);
}

TEST_F(ScalerWants, CooldownBeginsAnewWithLag) {
  replicas(3);
  lag(45);
  bench.now += seconds(29);
  lag(6);
  bench.now += seconds(29);
  lag(0);
  EXPECT_EQ(want().replicas, 3);
  bench.now += seconds(1);
  EXPECT_EQ(want().replicas, 0);
}

TEST_F(ScalerWants, AFreshStartWaitsOneCooldownBeforeItTakesAnythingAway) {
  replicas(3);
  lag(0);
  EXPECT_EQ(want().replicas, 3);
  bench.now += seconds(30);
  lag(0);
  EXPECT_EQ(want().replicas, 0);
}

TEST_F(ScalerWants, StayWhenTheLagIsUnknownOrOld) {
  replicas(4);
  EXPECT_FALSE(want().fresh);
  EXPECT_EQ(want().replicas, 4);
  lag(0);
  bench.now += bench.policy.demand_age_max;
  EXPECT_TRUE(want().fresh);
  bench.now += Duration(1);
  EXPECT_FALSE(want().fresh);
  EXPECT_EQ(want().replicas, 4);
}

TEST_F(ScalerWants, WithoutItsTargetNothingIsDone) {
  lag(45);
  bench.see(WorkloadDeleted{workload(0).key()});
  EXPECT_EQ(want().workload, nullptr);
  EXPECT_EQ(want().reason.code, "TargetMissing");
}

TEST_F(ScalerWants, OneScaleStepAtATimeAndOnlyUnderTheLease) {
  lag(45);
  EXPECT_FALSE(bench.planned("scaler/jobs", Verb::scale));
  bench.see(LeaseHeld{3, bench.now + seconds(15)});
  const Step step = bench.start("scaler/jobs", Verb::scale);
  EXPECT_EQ(std::get<ScaleWorkload>(step.action).replicas, 5);
  EXPECT_FALSE(bench.planned("scaler/jobs", Verb::scale));
  bench.end(step, Outcome::failed);
  EXPECT_FALSE(bench.planned("scaler/jobs", Verb::scale));
  bench.now += seconds(1);
  const auto again = bench.planned("scaler/jobs", Verb::scale);
  ASSERT_TRUE(again);
  EXPECT_NE(again->id, step.id);
}

}  // namespace
}  // namespace ecokube::core::test
