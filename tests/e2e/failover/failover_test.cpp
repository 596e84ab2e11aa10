// Goal: whatever becomes of the leader, the standby acts within the lease time, nothing is done
// twice, no work is cut off and no node is stranded. Method: real processes, judged by the
// machines' truth log and by what the agents took.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <csignal>

#include "common/names.h"
#include "coordinator/kubernetes/json_access.h"
#include "tests/e2e/failover/failover_lab.h"

namespace ecokube::test {
namespace {

using std::chrono::milliseconds;

/// Of a MicroTime.
milliseconds ms_of_day(const std::string& time) {
  const auto part = [&](std::size_t at, std::size_t digits) {
    return std::stol(time.substr(at, digits));
  };
  if (time.size() < 23) throw std::runtime_error("no time: '" + time + "'");
  return std::chrono::hours(part(11, 2)) + std::chrono::minutes(part(14, 2)) +
         std::chrono::seconds(part(17, 2)) + milliseconds(part(20, 3));
}

class Failover : public testing::Test {
 protected:
  /// Each was put down as often as this by an order that its agent took, empty, and never
  /// otherwise.
  void expect_downs(const std::string& node, std::size_t times) const {
    const auto machine = lab.history().machines[node];
    EXPECT_EQ(machine.offs.size(), times) << node;
    EXPECT_EQ(lab.said(node + "-agent", "shutdown asked"), times) << lab.log(node + "-agent");
    for (const auto& off : machine.offs) {
      EXPECT_TRUE(off.asked_at && !off.cut) << node;
      EXPECT_TRUE(off.alive_when_asked.empty() && off.alive_when_off.empty()) << node;
    }
  }
  std::string all_logs() const { return "a:\n" + lab.log("a") + "\nb:\n" + lab.log("b"); }

  /// Work for it wakes it, if it sleeps, and it ends Ready without a mark.
  void expect_not_stranded(const std::string& node) {
    lab.create_pod("work-" + node, node);
    EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs("work-" + node); })) << all_logs();
    EXPECT_TRUE(lab.becomes([&] { return lab.state("b", node) == "Ready"; })) << all_logs();
    EXPECT_FALSE(lab.marked(node));
  }
  /// a renews no more. b leads, and took the Lease within its duration of the last renewal, by what
  /// each of them wrote on it.
  void expect_takeover() {
    std::string renewed;
    ASSERT_TRUE(lab.becomes([&] {
      const auto lease = lab.lease();
      const auto holder = kubernetes::find_text(lease, {"spec", "holderIdentity"});
      const auto at = kubernetes::find_text(lease, {"spec", "renewTime"});
      if (holder.starts_with("a_")) renewed = at;
      return holder.starts_with("b_");
    })) << all_logs();
    ASSERT_TRUE(lab.becomes([&] { return lab.leads("b"); })) << all_logs();
    const auto lease = lab.lease();
    const std::string taken(kubernetes::find_text(lease, {"spec", "acquireTime"}));
    constexpr std::chrono::hours kDay{24};
    const auto took = (ms_of_day(taken) - ms_of_day(renewed) + kDay) % kDay;
    fmt::print("b took the Lease {} of its duration after a's last renewal\n",
               static_cast<double>(took.count()) / (1000.0 * lab.kLease.count()));
    EXPECT_LE(took, lab.kLease);
  }
  void kill_a() {
    lab.kill("a");
    expect_takeover();
  }
  bool asleep(const std::string& coordinator, const std::string& node) {
    return lab.becomes([&] { return lab.state(coordinator, node) == "PoweredDown"; });
  }

  FailoverLab lab;
};

TEST_F(Failover, TheLeaderDiesWhileANodeIsDraining) {
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.marked("w1"); })) << all_logs();
  kill_a();
  ASSERT_TRUE(asleep("b", "w1")) << all_logs();
  expect_downs("w1", 1);
  EXPECT_EQ(lab.machine_state("w1"), "off");
  expect_not_stranded("w1");
  expect_not_stranded("w2");
  expect_downs("w1", 1);
  expect_downs("w2", 0);
}

TEST_F(Failover, TheLeaderDiesWhileADrainingNodeGetsWork) {
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.marked("w1"); })) << all_logs();
  lab.create_pod("late", "w1");
  kill_a();
  EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs("late"); })) << all_logs();
  EXPECT_TRUE(lab.becomes([&] { return lab.state("b", "w1") == "Ready"; })) << all_logs();
  const auto offs = lab.history().machines["w1"].offs.size();
  EXPECT_LE(offs, 1U);
  expect_downs("w1", offs);
}

TEST_F(Failover, TheLeaderDiesWhileANodeIsPoweringDown) {
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return !lab.history().machines["w1"].offs.empty(); }))
      << all_logs();
  kill_a();
  ASSERT_TRUE(asleep("b", "w1")) << all_logs();
  expect_not_stranded("w1");
  expect_downs("w1", 1);
  EXPECT_EQ(lab.history().machines["w1"].wakes, 1);
}

TEST_F(Failover, TheLeaderDiesWhileANodeIsBeingWoken) {
  lab.prove_wake("w1");
  ASSERT_TRUE(asleep("a", "w1")) << all_logs();
  lab.create_pod("first", "w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.machine_state("w1") == "booting"; })) << all_logs();
  kill_a();
  EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs("first"); })) << all_logs();
  EXPECT_TRUE(lab.becomes([&] { return lab.state("b", "w1") == "Ready"; })) << all_logs();
  EXPECT_FALSE(lab.marked("w1"));
  EXPECT_EQ(lab.history().machines["w1"].wakes, 1);
  expect_downs("w1", 1);
}

// The old leader goes on from exactly where it was stopped: between its mark and its order.
TEST_F(Failover, AStoppedLeaderThatGoesOnPutsNothingDown) {
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.marked("w1"); })) << all_logs();
  lab.stop("a");
  lab.prove_wake("w2");
  expect_takeover();
  ASSERT_TRUE(asleep("b", "w1")) << all_logs();
  ASSERT_TRUE(asleep("b", "w2")) << all_logs();
  lab.go_on("a");
  ASSERT_TRUE(lab.becomes([&] {
    const auto fleet = lab.fleet("a");
    return kubernetes::find_text(fleet, {"leader"}).starts_with("b_");
  })) << all_logs();
  EXPECT_FALSE(lab.leads("a"));
  lab.pass(lab.kLease);
  EXPECT_TRUE(lab.leads("b"));
  EXPECT_EQ(lab.said("a", "shutdown sent"), 0U) << lab.log("a");
  EXPECT_EQ(lab.machine_state("w1"), "off");
  expect_not_stranded("w1");
  expect_not_stranded("w2");
  expect_downs("w1", 1);
  expect_downs("w2", 1);
}

// Its order is taken, the machine's checks run, and it is stopped with its link open: what its
// successor gives work to must not go down under it.
TEST_F(Failover, AnOrderOfAStoppedLeaderIsGivenUp) {
  lab.let_hooks_wait("w1");
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.said("w1-agent", "shutdown asked") == 1; }))
      << all_logs();
  lab.stop("a");
  lab.create_pod("late", "w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.pod_runs("late"); })) << all_logs();
  EXPECT_TRUE(lab.leads("b"));
  lab.let_hooks_end("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.said("w1-agent", "spoke up meanwhile") == 1; }))
      << lab.log("w1-agent");
  lab.go_on("a");
  lab.pass(lab.kLease);
  EXPECT_TRUE(lab.pod_runs("late"));
  EXPECT_TRUE(lab.history().machines["w1"].offs.empty());
}

TEST_F(Failover, ALeaderThatIsCutOffStopsBeforeTheStandbyStarts) {
  lab.way_of_a().refuse();
  bool both = false;
  // Asked in this order: what b holds now, a must have lost before.
  ASSERT_TRUE(lab.becomes([&] {
    const bool b = lab.leads("b");
    both = both || (b && lab.leads("a"));
    return b;
  })) << all_logs();
  EXPECT_FALSE(both);
  lab.prove_wake("w1");
  ASSERT_TRUE(asleep("b", "w1")) << all_logs();
  lab.way_of_a().accept_again();
  lab.prove_wake("w2");
  ASSERT_TRUE(lab.becomes([&] { return lab.state("a", "w1") == "PoweredDown"; })) << all_logs();
  ASSERT_TRUE(asleep("b", "w2")) << all_logs();
  EXPECT_TRUE(lab.leads("b"));
  EXPECT_FALSE(lab.leads("a"));
  EXPECT_EQ(lab.said("a", "step="), 0U) << lab.log("a");
  expect_not_stranded("w1");
  expect_downs("w1", 1);
  expect_downs("w2", 1);
}

TEST_F(Failover, AHoldOutlivesTheLeaderAndBothDatabases) {
  ASSERT_EQ(lab.post("a", "/api/v1/nodes/w1/hold").status, 202);
  ASSERT_TRUE(lab.becomes([&] { return !lab.annotation("w1", names::kHold).empty(); }))
      << all_logs();
  lab.kill("b");
  lab.delete_database("b");
  lab.start_coordinator("b");
  ASSERT_TRUE(lab.becomes([&] { return lab.state("b", "w2") == "Ready"; })) << all_logs();
  kill_a();
  lab.delete_database("a");
  lab.prove_wake("w1");
  lab.prove_wake("w2");
  ASSERT_TRUE(asleep("b", "w2")) << "policy puts down what is not held\n" << all_logs();
  lab.pass(std::chrono::seconds(2));
  EXPECT_EQ(lab.machine_state("w1"), "on");
  expect_downs("w1", 0);
  expect_downs("w2", 1);
}

TEST_F(Failover, AStandbySaysWhoLeadsAndHoldsForIt) {
  const auto refused = lab.post("b", "/api/v1/nodes/w1/sleep");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("a_"), std::string::npos) << refused.body;
  EXPECT_EQ(lab.post("b", "/api/v1/nodes/w1/hold").status, 202);
  ASSERT_TRUE(lab.becomes([&] { return !lab.annotation("w1", names::kHold).empty(); }))
      << all_logs();
  lab.prove_wake("w1");
  lab.prove_wake("w2");
  ASSERT_TRUE(asleep("a", "w2")) << all_logs();
  expect_downs("w1", 0);
  EXPECT_EQ(lab.post("b", "/api/v1/nodes/w2/wake").status, 202);
  EXPECT_TRUE(lab.becomes([&] { return lab.history().machines["w2"].wakes == 1; })) << all_logs();
}

}  // namespace
}  // namespace ecokube::test
