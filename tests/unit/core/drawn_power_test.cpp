// What a machine draws: by its BMC while that one's figure is new and of this machine, else by its
// agent; never a mix of both.
#include "coordinator/core/drawn_power.h"

#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/apply.h"
#include "coordinator/core/steady.h"

namespace ecokube::core::test {
namespace {

class DrawnPowerTest : public testing::Test {
 protected:
  DrawnPowerTest() {
    bench.policy.nodes["w1"].bmc = true;
    bench.fleet({"w1", "w2"});
    for (const auto* name : {"w1", "w2"}) {
      auto& agent = bench.world.nodes.at(name).agent;
      agent.power = Power::watts(30);
      agent.power_source = "rapl";
      agent.energy = Energy::joules(500);
    }
  }

  DrawnPower drawn(const NodeName& name = "w1") const {
    return drawn_power(bench.node(name), bench.policy, bench.now);
  }
  void measures(std::int64_t watts) {
    bench.see(BmcMeasured{"w1", Power::watts(watts), "dcmi", ""});
  }
  void measures_nothing() { bench.see(BmcMeasured{"w1", std::nullopt, "", "readings are off"}); }

  Bench bench;
  const DrawnPower by_agent{Power::watts(30), "rapl", ""};
  const DrawnPower by_bmc{Power::watts(212), "dcmi", ""};
};

TEST_F(DrawnPowerTest, TheFigureOfABmcComesFirst) {
  EXPECT_EQ(drawn(), by_agent);
  measures(212);
  EXPECT_EQ(drawn(), by_bmc);
  EXPECT_EQ(drawn("w2"), by_agent);
  EXPECT_EQ(bench.node("w1").agent.energy, Energy::joules(500)) << "its counter is of one source";
}

TEST_F(DrawnPowerTest, AfterThreeIntervalsItIsTheAgentsOrNobodys) {
  measures(212);
  bench.silence(bench.policy.bmc_power_interval * 3);
  EXPECT_EQ(drawn(), by_bmc);
  bench.silence(Duration(1));
  EXPECT_EQ(drawn(), by_agent);
  bench.world.nodes.at("w1").agent.power.reset();
  EXPECT_FALSE(drawn().power) << "the last figure is none of now";
}

TEST_F(DrawnPowerTest, AFailureSaysWhyAndTheLastFigureCountsUntilItIsOld) {
  measures(212);
  measures_nothing();
  EXPECT_EQ(drawn(), by_bmc);
  EXPECT_EQ(bench.node("w1").bmc.power_problem, "readings are off");
  bench.silence(bench.policy.bmc_power_interval * 3 + Duration(1));
  measures_nothing();
  EXPECT_EQ(drawn(), by_agent);
  measures(212);
  EXPECT_EQ(bench.node("w1").bmc.power_problem, "");
}

TEST_F(DrawnPowerTest, AMachineThatIsOffDrawsNothingOfBefore) {
  measures(212);
  bench.see(BmcSeen{"w1", true, ""});
  EXPECT_EQ(drawn(), by_bmc);
  bench.see(BmcSeen{"w1", false, ""});
  measures(6);
  EXPECT_EQ(drawn(), by_agent) << "6 W is what it draws while it is off";
  bench.see(BmcSeen{"w1", true, ""});
  EXPECT_EQ(drawn(), by_agent);
}

TEST_F(DrawnPowerTest, WhatAnotherMachinesBmcMeasuresIsNotIts) {
  measures(212);
  bench.policy.nodes["w1"].bmc_guid = "a123456789abcdefa123456789000001";
  bench.see(BmcSeen{"w1", true, "b123456789abcdefa123456789000001"});
  EXPECT_EQ(drawn(), by_agent);
}

TEST_F(DrawnPowerTest, NoDecisionHangsOnIt) {
  const Observation known{bench.now, BmcMeasured{"w1", Power::watts(212), "dcmi", ""}};
  EXPECT_TRUE(says_nothing_new(bench.world, bench.policy, known));
  const Observation other{bench.now, BmcMeasured{"w9", Power::watts(212), "dcmi", ""}};
  EXPECT_FALSE(says_nothing_new(bench.world, bench.policy, other));
  const auto before = decide(bench.world, bench.policy, bench.now);
  measures(212);
  EXPECT_EQ(decide(bench.world, bench.policy, bench.now), before);
}

}  // namespace
}  // namespace ecokube::core::test
