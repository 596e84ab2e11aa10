// Goal: with management controllers a node goes off and comes back by what they read, and what a
// dead machine had runs elsewhere at once. Method: as in failover_test, with an ipmi_sim for each
// machine, or with a Redfish service and a program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/names.h"
#include "tests/e2e/failover/failover_lab.h"

namespace ecokube::test {
namespace {

class Power : public testing::Test {
 protected:
  explicit Power(FailoverOptions options = {.bmcs = Bmcs::one_each}) : lab(options) {}
  std::string all_logs() const { return "a:\n" + lab.log("a") + "\nb:\n" + lab.log("b"); }
  std::string recorded(const std::string& node) { return lab.annotation(node, names::kPower); }
  bool out_of_service(const std::string& node) {
    return !lab.annotation(node, names::kOutOfServiceByUs).empty();
  }

  FailoverLab lab;
};

TEST_F(Power, ADeafMachineGoesOffByItsBmcAndIsWokenByIt) {
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.machine_state("w1") == "dying"; })) << all_logs();
  lab.deafen("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.state("a", "w1") == "PoweredDown"; })) << all_logs();
  EXPECT_EQ(lab.machine_state("w1"), "off");
  EXPECT_TRUE(lab.becomes([&] { return recorded("w1").starts_with("off (BMC) "); }))
      << recorded("w1");
  EXPECT_EQ(lab.bmc_orders("w1"), "");
  lab.create_pod("work", "w1");
  EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs("work"); })) << all_logs();
  EXPECT_EQ(lab.bmc_orders("w1"), "set power 1\n") << "packets first, then this";
  EXPECT_GE(lab.said("a", "step=w1:wake"), 2U);
  const auto proof = lab.annotation("w1", names::kWakeProof);
  EXPECT_TRUE(proof.starts_with("ipmi ")) << proof;
}

TEST_F(Power, WhatADeadMachineHadRunsElsewhereAtOnce) {
  lab.create_service("web", 1);
  ASSERT_TRUE(lab.becomes([&] {
    return lab.replicas_on("web", "w1") + lab.replicas_on("web", "w2") == 2;
  })) << all_logs();
  const std::string dead = lab.replicas_on("web", "w1") > 0 ? "w1" : "w2";
  const std::string other = dead == "w1" ? "w2" : "w1";
  const auto at = std::chrono::steady_clock::now();
  lab.cut_power(dead);
  ASSERT_TRUE(lab.becomes([&] { return lab.replicas_on("web", other) == 2; })) << all_logs();
  const auto took = std::chrono::steady_clock::now() - at;
  fmt::print("all of it ran elsewhere {} ms after the power was cut\n",
             std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  EXPECT_EQ(lab.said("a", dead + " out_of_service done"), 1U) << all_logs();
  ASSERT_EQ(lab.post("a", "/api/v1/nodes/" + dead + "/wake").status, 202);
  EXPECT_TRUE(lab.becomes([&] { return lab.state("a", dead) == "Ready"; })) << all_logs();
  EXPECT_TRUE(lab.becomes([&] { return !out_of_service(dead); })) << all_logs();
}

TEST_F(Power, WhatAMachineDrawsIsItsBmcsWordUntilItIsOff) {
  EXPECT_TRUE(lab.becomes([&] { return lab.watts_source("a", "w1") == "dcmi"; })) << all_logs();
  EXPECT_TRUE(lab.becomes([&] { return lab.watts_source("b", "w1") == "dcmi"; })) << all_logs();
  lab.cut_power("w1");
  EXPECT_TRUE(lab.becomes([&] { return lab.watts_source("a", "w1") != "dcmi"; })) << all_logs();
  EXPECT_TRUE(lab.becomes([&] { return lab.watts_source("a", "w2") == "dcmi"; })) << all_logs();
}

class NoBmcs : public Power {
 protected:
  NoBmcs() : Power({}) {}
};

TEST_F(NoBmcs, WhatAMachineDrawsIsItsAgentsWord) {
  EXPECT_TRUE(lab.becomes([&] { return lab.watts_source("a", "w1") == "rapl"; })) << all_logs();
}

class WakesProven : public Power {
 protected:
  WakesProven() : Power({.prove_wakes = true}) {}
};

TEST_F(WakesProven, ByThePoolOneAfterAnotherAndThenBothSleep) {
  const auto proof = [&](const char* node) { return lab.annotation(node, names::kWakeProof); };
  const auto proven_and_asleep = [&](const char* node) {
    return lab.state("a", node) == "PoweredDown" && proof(node).starts_with("wol ");
  };
  ASSERT_TRUE(lab.becomes([&] { return proven_and_asleep("w1") && proven_and_asleep("w2"); }))
      << all_logs();
  const auto history = lab.history();
  std::vector<std::pair<lab::Nanoseconds, lab::Nanoseconds>> away;
  for (const auto& [name, machine] : history.machines) {
    ASSERT_EQ(machine.offs.size(), 2U) << name << all_logs();
    EXPECT_EQ(machine.wakes, 1) << name << all_logs();
    const auto off = machine.offs.front().off_at.value();
    const auto back =
        std::find_if(machine.states.begin(), machine.states.end(),
                     [&](const auto& change) { return change.at > off && change.state == "on"; });
    ASSERT_NE(back, machine.states.end());
    away.emplace_back(machine.offs.front().asked_at.value(), back->at);
  }
  ASSERT_EQ(away.size(), 2U);
  EXPECT_TRUE(away[0].second < away[1].first || away[1].second < away[0].first) << all_logs();
}

class BmcsAlone : public Power {
 protected:
  BmcsAlone() : Power({.bmcs = Bmcs::only_way}) {}
};

TEST_F(BmcsAlone, PutAMachineDownThatNoPacketWakesAndWakeIt) {
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.state("a", "w1") == "PoweredDown"; })) << all_logs();
  EXPECT_EQ(lab.machine_state("w1"), "off");
  lab.create_pod("work", "w1");
  EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs("work"); })) << all_logs();
  EXPECT_EQ(lab.bmc_orders("w1"), "set power 1\n");
  EXPECT_EQ(lab.said("a", "step=w1:wake"), 1U) << "no packet was tried first\n" << all_logs();
}

class OtherWays : public Power {
 protected:
  OtherWays() : Power({.bmcs = Bmcs::other_ways}) {}
  /// Down by policy, read off, and back for a pod.
  void expect_way(const std::string& node, const std::string& method) {
    lab.prove_wake(node);
    ASSERT_TRUE(lab.becomes([&] { return lab.state("a", node) == "PoweredDown"; })) << all_logs();
    EXPECT_EQ(lab.machine_state(node), "off");
    EXPECT_TRUE(lab.becomes([&] { return recorded(node).starts_with("off (BMC) "); }))
        << recorded(node);
    lab.create_pod("work", node);
    EXPECT_TRUE(lab.becomes([&] { return lab.pod_runs("work"); })) << all_logs();
    EXPECT_EQ(lab.bmc_orders(node), "set power 1\n");
    EXPECT_TRUE(lab.becomes([&] {
      return lab.annotation(node, names::kWakeProof).starts_with(method + " ");
    })) << lab.annotation(node, names::kWakeProof);
  }
};

TEST_F(OtherWays, AMachineGoesDownAndIsWokenByRedfish) { expect_way("w1", "redfish"); }

TEST_F(OtherWays, AMachineGoesDownAndIsWokenByAProgram) { expect_way("w2", "exec"); }

class HangingPower : public Power {
 protected:
  HangingPower() : Power({.bmcs = Bmcs::hanging}) {}
  /// Off once, with nothing on it.
  void expect_off_and_empty(const std::string& node) {
    const auto machine = lab.history().machines[node];
    ASSERT_EQ(machine.offs.size(), 1U) << all_logs();
    EXPECT_TRUE(machine.offs[0].alive_when_off.empty());
  }
};

TEST_F(HangingPower, AMachineThatHangsOnItsWayDownIsSwitchedOffSoftlyThenHard) {
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.state("a", "w1") == "PoweredDown"; })) << all_logs();
  EXPECT_EQ(lab.bmc_orders("w1"), "set shutdown 1\nset power 0\n");
  EXPECT_TRUE(lab.becomes([&] { return recorded("w1").starts_with("off (BMC) "); }))
      << recorded("w1");
  expect_off_and_empty("w1");
  EXPECT_EQ(lab.bmc_orders("w2"), "");
}

// The order is taken by a BMC that does not answer, and its sender is stopped: it must not send it
// again when it goes on, nor may what its successor wakes for work go down by it.
TEST_F(HangingPower, AnOrderOfAStoppedLeaderIsNotSentTwice) {
  lab.hang_bmc("w1");
  lab.prove_wake("w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.bmc_orders("w1") == "set shutdown 1\n"; }))
      << all_logs();
  lab.stop("a");
  ASSERT_TRUE(lab.becomes([&] { return lab.leads("b"); })) << all_logs();
  lab.press("w1", "crash");
  lab.let_bmc_go_on("w1");
  ASSERT_TRUE(lab.becomes([&] { return !lab.bmc_done("w1").empty(); })) << "late, and in vain";
  lab.create_pod("work", "w1");
  ASSERT_TRUE(lab.becomes([&] { return lab.pod_runs("work"); })) << all_logs();
  lab.go_on("a");
  lab.pass(3 * lab.kLease);
  EXPECT_TRUE(lab.pod_runs("work"));
  EXPECT_EQ(lab.said("a", "step=w1:power_off"), 1U) << lab.log("a");
  EXPECT_EQ(lab.bmc_orders("w1").find("set shutdown 1", 1), std::string::npos)
      << lab.bmc_orders("w1");
  EXPECT_EQ(lab.bmc_orders("w1").find("set power 0"), std::string::npos) << lab.bmc_orders("w1");
  expect_off_and_empty("w1");
}

}  // namespace
}  // namespace ecokube::test
