// Goal: what a person asks of the whole fleet or of a node with work is done as the budgets allow,
// and outlives the coordinator that was asked. Method: as in failover_test.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/e2e/failover/failover_lab.h"

namespace ecokube::test {
namespace {

class People : public testing::Test {
 protected:
  std::string all_logs() const { return "a:\n" + lab.log("a") + "\nb:\n" + lab.log("b"); }
  bool asleep(const std::string& node) {
    return lab.becomes([&] { return lab.state("a", node) == "PoweredDown"; });
  }
  /// A service of two, both of which run; returns a node with one of them at least, and the other.
  std::pair<std::string, std::string> serve(int available) {
    lab.create_service("web", available);
    EXPECT_TRUE(lab.becomes([&] {
      return lab.replicas_on("web", "w1") + lab.replicas_on("web", "w2") == 2;
    })) << all_logs();
    if (lab.replicas_on("web", "w1") > 0) return {"w1", "w2"};
    return {"w2", "w1"};
  }

  FailoverLab lab;
};

TEST_F(People, ANodeWithWorkIsEmptiedAndSwitchedOff) {
  const auto [node, other] = serve(1);
  EXPECT_EQ(lab.post("a", "/api/v1/nodes/" + node + "/sleep").status, 202);
  ASSERT_TRUE(asleep(node)) << all_logs();
  EXPECT_TRUE(lab.becomes([&] { return lab.replicas_on("web", other) == 2; })) << all_logs();
  const auto machine = lab.history().machines[node];
  ASSERT_EQ(machine.offs.size(), 1U);
  EXPECT_TRUE(machine.offs[0].asked_at && machine.offs[0].alive_when_asked.empty());
  EXPECT_TRUE(machine.offs[0].alive_when_off.empty());
  EXPECT_EQ(lab.machine_state(other), "on");
}

TEST_F(People, ABudgetThatNeverAllowsItIsFoundBeforeTheNodeIsTouched) {
  const auto [node, other] = serve(2);
  std::string answer;
  EXPECT_TRUE(lab.becomes([&] {
    answer = lab.post("a", "/api/v1/nodes/" + node + "/sleep").body;
    return answer.find("NotEnoughPdb") != std::string::npos;
  })) << answer;
  lab.pass(std::chrono::seconds(2));
  EXPECT_FALSE(lab.marked(node));
  EXPECT_EQ(lab.said("a", "step=" + node + ":mark"), 0U) << lab.log("a");
}

TEST_F(People, ARevocationIsKnownToBothCoordinatorsAndOutlivesTheOneThatWasAsked) {
  const auto answer =
      lab.post("a", "/api/v1/nodes/w1/revoke", R"({"by": "ann", "reason": "sold"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_TRUE(lab.becomes([&] { return lab.said("b", "revoked by ann (sold)") > 0; }))
      << all_logs();
  EXPECT_EQ(lab.annotation("w1", names::kRevoked).substr(0, 6), "at_ms=");
  lab.kill("a");
  lab.delete_database("a");
  lab.start_coordinator("a");
  ASSERT_TRUE(lab.becomes([&] { return lab.said("a", "node revoked node=w1 by=ann") > 0; }))
      << all_logs();
  EXPECT_TRUE(lab.becomes([&] { return lab.state("b", "w1") == "Unknown"; })) << all_logs();
  EXPECT_TRUE(lab.becomes([&] { return lab.state("a", "w2") == "Ready"; })) << all_logs();
}

// The pod takes its time to end, and the leader dies meanwhile, its database too.
TEST_F(People, ADrainGoesOnUnderTheNextLeader) {
  lab.take_time_to_end(std::chrono::seconds(8));
  const auto [node, other] = serve(1);
  EXPECT_EQ(lab.post("a", "/api/v1/nodes/" + node + "/sleep").status, 202);
  ASSERT_TRUE(lab.becomes([&] { return lab.replicas_on("web", node) == 0; })) << all_logs();
  lab.kill("a");
  lab.delete_database("a");
  ASSERT_TRUE(lab.becomes([&] { return lab.state("b", node) == "PoweredDown"; })) << all_logs();
  EXPECT_EQ(lab.said("b", "step=" + node + ":unmark"), 0U) << "it was not rolled back";
  EXPECT_GT(lab.said("b", "step=" + node + ":shutdown"), 0U) << lab.log("b");
  const auto machine = lab.history().machines[node];
  ASSERT_EQ(machine.offs.size(), 1U);
  EXPECT_TRUE(machine.offs[0].alive_when_asked.empty() && machine.offs[0].alive_when_off.empty());
  EXPECT_TRUE(lab.becomes([&] { return lab.request_on(node).empty(); })) << "it is done";
  EXPECT_EQ(lab.machine_state(other), "on");
}

// It was asked of the one that stands by; the leader reads it on the Node and leaves the node on.
TEST_F(People, AWakeThatAStandbyTookCountsForTheLeader) {
  lab.prove_wake("w1");
  ASSERT_TRUE(asleep("w1")) << all_logs();
  EXPECT_EQ(lab.post("b", "/api/v1/nodes/w1/wake").status, 202);
  ASSERT_TRUE(lab.becomes([&] { return lab.state("a", "w1") == "Ready"; })) << all_logs();
  lab.pass(std::chrono::seconds(2));
  EXPECT_EQ(lab.state("a", "w1"), "Ready") << "policy alone would put it down at once";
  EXPECT_NE(lab.request_on("w1"), "");
}

TEST_F(People, AFreezeOutlivesTheLeaderUntilItIsEnded) {
  EXPECT_EQ(lab.post("b", "/api/v1/fleet/freeze", R"({"reason": "storage work"})").status, 202)
      << "a standby takes it too";
  ASSERT_TRUE(lab.becomes([&] { return lab.fleet("a").at("freeze").is_object(); })) << all_logs();
  lab.prove_wake("w1");
  lab.kill("a");
  lab.delete_database("a");
  ASSERT_TRUE(lab.becomes([&] { return lab.leads("b"); })) << all_logs();
  lab.pass(std::chrono::seconds(2));
  EXPECT_EQ(lab.said("b", "step=w1:mark"), 0U) << lab.log("b");
  EXPECT_EQ(lab.post("b", "/api/v1/fleet/unfreeze").status, 202);
  EXPECT_TRUE(lab.becomes([&] { return lab.state("b", "w1") == "PoweredDown"; })) << all_logs();
}

TEST_F(People, AnEvacuationBringsEveryNodeBackUnmarked) {
  lab.prove_wake("w1");
  ASSERT_TRUE(asleep("w1")) << all_logs();
  EXPECT_EQ(lab.post("a", "/api/v1/fleet/evacuate", R"({"reason": "moving"})").status, 202);
  EXPECT_TRUE(lab.becomes([&] { return lab.state("a", "w1") == "Ready"; })) << all_logs();
  EXPECT_FALSE(lab.marked("w1"));
  lab.pass(std::chrono::seconds(2));
  EXPECT_EQ(lab.machine_state("w1"), "on") << "and it stays on";
}

}  // namespace
}  // namespace ecokube::test
