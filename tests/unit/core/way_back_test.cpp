// S24: what the way back from dark needs never sleeps and comes first, and what a UPS switched off
// is no person's off.
#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/recovery.h"

namespace ecokube::core::test {
namespace {

class WayBack : public testing::Test {
 protected:
  WayBack() { bench.fleet({"w1", "w2", "w3"}); }
  void leaves(const NodeName& name, LeaveOrigin origin) {
    bench.goodbye(name, origin);
    bench.hang_up(name);
    bench.see_marked(name, false, Readiness::unknown);
  }
  Bench bench;
};

TEST_F(WayBack, WhatAUpsSwitchedOffIsWokenOnceItHasRested) {
  leaves("w1", LeaveOrigin::ups);
  bench.pass(bench.policy.recovery.ups_rest - Duration(1));
  EXPECT_FALSE(bench.planned("w1", Verb::wake)) << "its outlet may be cut at any moment";
  EXPECT_EQ(bench.want("w1").reason.code, "UpsOff");
  ASSERT_TRUE(bench.plan().reconsider_at);
  EXPECT_LE(*bench.plan().reconsider_at, bench.now + Duration(1));
  bench.pass(Duration(1));
  ASSERT_TRUE(bench.planned("w1", Verb::wake));
  EXPECT_EQ(bench.planned("w1", Verb::wake)->reason.code, "UpsOff");
}

TEST_F(WayBack, NorDoItsPodsWakeItBefore) {
  bench.see(PodSeen{bound_pod("p", "w1")});
  leaves("w1", LeaveOrigin::ups);
  bench.pass(bench.policy.recovery.ups_rest - Duration(1));
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
}

TEST_F(WayBack, OnlyAPersonDoesNotWait) {
  leaves("w1", LeaveOrigin::ups);
  bench.pass(bench.policy.heartbeat_age_max + Duration(1));
  bench.ask("w1", PersonVerb::wake);
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
}

TEST_F(WayBack, OneWhoseUpsHasItGoOffAgainAndAgainRestsLongerEachTime) {
  int boot = 1;
  for (const int times : {1, 2, 4}) {
    leaves("w1", LeaveOrigin::ups);
    bench.pass(times * bench.policy.recovery.ups_rest - Duration(1));
    EXPECT_FALSE(bench.planned("w1", Verb::wake)) << times;
    bench.pass(Duration(1));
    bench.run("w1", Verb::wake);
    bench.hello("w1", ++boot);
    bench.see_marked("w1", false, Readiness::ready, boot);
    ASSERT_EQ(bench.state("w1"), Lifecycle::ready);
  }
  bench.pass(std::chrono::hours(1));
  leaves("w1", LeaveOrigin::ups);
  bench.pass(bench.policy.recovery.ups_rest);
  EXPECT_TRUE(bench.planned("w1", Verb::wake)) << "it was another failure";
}

TEST_F(WayBack, ASuccessorWithTheDatabaseUndoesItToo) {
  leaves("w1", LeaveOrigin::ups);
  Recovered recovered;
  recovered.nodes.push_back(remembered(bench.node("w1")));
  Bench after;
  after.now = bench.now + std::chrono::hours(1);
  after.see(std::move(recovered));
  after.fleet({"w2"});
  after.see_marked("w1", false, Readiness::unknown);
  EXPECT_EQ(after.want("w1").reason.code, "UpsOff");
  EXPECT_FALSE(after.planned("w1", Verb::wake));
  after.pass(after.policy.recovery.ups_rest);
  EXPECT_TRUE(after.planned("w1", Verb::wake));
}

TEST_F(WayBack, APersonsOffIsLeftAlone) {
  leaves("w1", LeaveOrigin::person);
  bench.pass(2 * bench.policy.recovery.ups_rest);
  EXPECT_EQ(bench.state("w1"), Lifecycle::maintenance);
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
}

TEST_F(WayBack, OnceItIsHeardItIsAsAnyOther) {
  leaves("w1", LeaveOrigin::ups);
  bench.pass(bench.policy.recovery.ups_rest);
  bench.run("w1", Verb::wake);
  bench.hello("w1", 2);
  bench.see_marked("w1", false, Readiness::ready, 2);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_FALSE(left_by_ups(bench.node("w1")));
  EXPECT_NE(bench.want("w1").reason.code, "UpsOff");
}

TEST_F(WayBack, TheRecoverySetNeverSleeps) {
  bench.policy.recovery.names = {"w1"};
  bench.policy.recovery.node_selector = {{"rack", "a"}};
  KubeNode w2 = *bench.node("w2").kube;
  w2.labels["rack"] = "a";
  bench.see_node(w2);
  bench.pass(*bench.policy.pools.front().unneeded_time);
  for (const auto* name : {"w1", "w2"}) {
    EXPECT_EQ(bench.want(name).reason.code, "RecoverySet");
    EXPECT_TRUE(bench.broken(bench.forced_mark(name)).contains("S24 RecoverySet"));
    bench.ask(name, PersonVerb::sleep);
    EXPECT_FALSE(bench.planned(name, Verb::mark)) << "not for a person either";
  }
  EXPECT_TRUE(bench.planned("w3", Verb::mark));
}

TEST_F(WayBack, TheRecoverySetIsWokenBeforeAllOthers) {
  bench.policy.recovery.names = {"w3"};
  bench.policy.inrush.all.starts = {1, 1};
  for (const auto* name : {"w1", "w2", "w3"}) leaves(name, LeaveOrigin::ups);
  bench.pass(bench.policy.recovery.ups_rest);
  EXPECT_TRUE(bench.planned("w3", Verb::wake));
  EXPECT_FALSE(bench.planned("w1", Verb::wake));
  EXPECT_FALSE(bench.planned("w2", Verb::wake));
}

}  // namespace
}  // namespace ecokube::core::test
