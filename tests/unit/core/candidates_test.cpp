// The soft taint: on what is about to go down, and on nothing else.
#include "coordinator/core/candidates.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace ecokube::core::test {
namespace {

class CandidatesTest : public testing::Test {
 protected:
  CandidatesTest() { bench.fleet({"w1", "w2"}); }

  /// Whether the plan puts it on (true), takes it off (false) or leaves it.
  std::optional<bool> change(const NodeName& name) const {
    const auto step = bench.planned(name, Verb::soft_taint);
    if (!step) return std::nullopt;
    EXPECT_EQ(bench.broken(*step), std::set<std::string>());
    return std::get<SoftTaint>(step->action).present;
  }
  void see_tainted(const NodeName& name, bool tainted) {
    KubeNode node = worker(name);
    if (tainted) node.taints.push_back({std::string(names::kCandidate), "", "PreferNoSchedule"});
    bench.see_node(node);
  }
  void taint(const NodeName& name) {
    bench.run(name, Verb::soft_taint);
    see_tainted(name, true);
  }

  Bench bench;
};

TEST_F(CandidatesTest, AnIdleNodeThatWaitsForItsTimeGetsIt) {
  EXPECT_EQ(change("w1"), true);
  taint("w1");
  EXPECT_EQ(change("w1"), std::nullopt);
  bench.pass(minutes(1));
  EXPECT_TRUE(bench.planned("w1", Verb::mark)) << "and goes down as it would without";
}

TEST_F(CandidatesTest, NoneThatHasWork) {
  bench.see(PodSeen{bound_pod("p", "w1")});
  EXPECT_EQ(change("w1"), std::nullopt);
}

TEST_F(CandidatesTest, NoneThatGoesDownAtOnce) {
  bench.pass(minutes(1));
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
  EXPECT_EQ(change("w1"), std::nullopt);
}

TEST_F(CandidatesTest, WorkOrNeedTakesItOff) {
  taint("w1");
  bench.see(PodSeen{bound_pod("p", "w1")});
  EXPECT_EQ(change("w1"), false);
  bench.see(PodDeleted{"uid-p", ++bench.revision});
  EXPECT_EQ(change("w1"), std::nullopt);
  bench.see(PodSeen{pending_pod("q")});  // fits w1
  EXPECT_EQ(bench.want("w1").reason.code, "NeededFor");
  EXPECT_EQ(change("w1"), false);
}

TEST_F(CandidatesTest, SoDoesAllThatKeepsItOn) {
  taint("w1");
  const Bench before = bench;
  const auto fresh = [&] { bench = before; };
  bench.policy.pools.front().mode = Mode::advise;
  EXPECT_EQ(change("w1"), false) << "advise";
  fresh();
  bench.policy.pools.front().mode = Mode::off;
  EXPECT_EQ(change("w1"), false) << "off";
  fresh();
  bench.policy.pools.clear();
  EXPECT_EQ(change("w1"), false) << "in no pool";
  fresh();
  bench.policy.pools.front().min_on = 2;
  EXPECT_EQ(change("w1"), false) << "the minimum";
  fresh();
  bench.see(PersonAsked{"w1", PersonVerb::hold, "anna", "", {}});
  bench.run("w1", Verb::record_hold);
  EXPECT_EQ(change("w1"), false) << "held";
  fresh();
  bench.see(FleetAsked{FleetVerb::freeze, "anna", ""});
  EXPECT_EQ(change("w1"), false) << "frozen";
  fresh();
  bench.see(PersonAsked{"w1", PersonVerb::wake, "anna", "", {}});
  EXPECT_EQ(change("w1"), false) << "wanted on";
  fresh();
  bench.hang_up("w1");
  EXPECT_EQ(change("w1"), false) << "its agent is gone";
}

TEST_F(CandidatesTest, WithoutTheLeaseOrAFreshViewNothingIsWritten) {
  bench.see(LeaseLost{"test"});
  EXPECT_EQ(change("w1"), std::nullopt);
  bench.see(LeaseHeld{2, bench.now + minutes(9)});
  bench.heartbeat("w1");
  EXPECT_EQ(change("w1"), true);
  taint("w1");
  bench.see(ClusterLost{"test"});
  EXPECT_EQ(change("w1"), std::nullopt);
}

TEST_F(CandidatesTest, FlappingDemandWritesAtMostTwiceInHalfAMinute) {
  int writes = 0;
  for (int second = 0; second < 120; ++second) {
    bench.pass(seconds(1));
    if (second % 2 == 0) {
      bench.see(PodSeen{bound_pod("p", "w1")});
    } else {
      bench.see(PodDeleted{"uid-p", ++bench.revision});
    }
    const auto wanted = change("w1");
    if (!wanted) continue;
    ++writes;
    bench.run("w1", Verb::soft_taint);
    see_tainted("w1", *wanted);
  }
  EXPECT_GE(writes, 4);
  EXPECT_LE(writes, 10);
}

TEST_F(CandidatesTest, ASuccessorAdoptsItOrTakesItOff) {
  Bench next;
  next.fleet({"w1"});
  KubeNode left = worker("w1");
  left.taints.push_back({std::string(names::kCandidate), "", "PreferNoSchedule"});
  next.see_node(left);
  EXPECT_FALSE(next.planned("w1", Verb::soft_taint)) << "idle: it is right as it is";
  next.see(PodSeen{bound_pod("p", "w1")});
  EXPECT_TRUE(next.planned("w1", Verb::soft_taint));
  next.hang_up("w1");
  const auto off = next.planned("w1", Verb::soft_taint);
  ASSERT_TRUE(off) << "silent or not";
  EXPECT_FALSE(std::get<SoftTaint>(off->action).present);
}

TEST_F(CandidatesTest, TheMarkWaitsForTheViewOfItsOwnWrite) {
  const Step put = bench.start("w1", Verb::soft_taint);
  bench.pass(minutes(1));
  EXPECT_FALSE(bench.planned("w1", Verb::mark)) << "it would meet a changed Node";
  bench.end(put);
  EXPECT_FALSE(bench.planned("w1", Verb::mark)) << "the view is older than our write";
  see_tainted("w1", true);
  EXPECT_TRUE(bench.planned("w1", Verb::mark));
}

TEST_F(CandidatesTest, AFewAtATime) {
  Bench many;
  many.fleet({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"});
  const auto count = [&] {
    const auto plan = many.plan();
    return std::count_if(plan.steps.begin(), plan.steps.end(),
                         [](const Step& step) { return step.id.verb == Verb::soft_taint; });
  };
  EXPECT_EQ(count(), 8);
  many.start("a", Verb::soft_taint);
  EXPECT_EQ(count(), 7);
}

TEST_F(CandidatesTest, TheGateLetsItOnNothingThatMayNotBeTouched) {
  const auto step = bench.planned("w1", Verb::soft_taint);
  ASSERT_TRUE(step);
  const Bench before = bench;
  bench.see(PersonAsked{"w1", PersonVerb::hold, "anna", "", {}});
  EXPECT_TRUE(bench.broken(*step).contains("S4 Held"));
  bench = before;
  bench.see(FleetAsked{FleetVerb::freeze, "anna", ""});
  EXPECT_TRUE(bench.broken(*step).contains("S27 Frozen"));
  bench = before;
  bench.policy.pools.clear();
  EXPECT_TRUE(bench.broken(*step).contains("S4 ModeNotAct"));
  bench = before;
  bench.policy.dry_run = true;
  EXPECT_TRUE(bench.broken(*step).contains("S9 DryRun"));
}

}  // namespace
}  // namespace ecokube::core::test
