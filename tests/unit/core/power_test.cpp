// Whether a machine is on, by evidence: two equal readings, none of them an error, an old one or
// against what its agent says.
#include "coordinator/core/power.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace ecokube::core::test {
namespace {

Policy with_bmc(const NodeName& name) {
  Policy policy = worker_policy();
  policy.nodes[name].bmc = true;
  return policy;
}

class PowerTest : public testing::Test {
 protected:
  PowerTest() { bench.fleet({"w1", "w2"}); }

  std::string power(const NodeName& name = "w1") const {
    return power_text(power_at(bench.node(name), bench.policy, bench.now));
  }
  void reads(bool on) { bench.see(BmcSeen{"w1", on, ""}); }
  void fails() { bench.see(BmcFailed{"w1", Errc::unreachable, "it does not answer"}); }
  /// Its agent is heard no more.
  void falls_silent() {
    bench.hang_up("w1");
    bench.silence(seconds(1));
  }

  Bench bench{with_bmc("w1")};
};

TEST_F(PowerTest, AnAgentThatSpeaksIsOn) {
  EXPECT_EQ(power(), "on");
  EXPECT_EQ(power("w2"), "on");
}

TEST_F(PowerTest, TwoReadingsOfOffAreOff) {
  falls_silent();
  EXPECT_EQ(power(), "unknown");
  reads(false);
  EXPECT_EQ(power(), "unknown") << "one is none";
  reads(false);
  EXPECT_EQ(power(), "off (BMC)");
  EXPECT_TRUE(off_proven(bench.node("w1"), bench.policy, bench.now));
}

TEST_F(PowerTest, OnBetweenThemStartsAnew) {
  falls_silent();
  reads(false);
  reads(true);
  EXPECT_EQ(power(), "on (BMC)");
  reads(false);
  EXPECT_EQ(power(), "unknown");
}

TEST_F(PowerTest, AnErrorIsUnknownAndStartsAnew) {
  falls_silent();
  reads(false);
  reads(false);
  fails();
  EXPECT_EQ(power(), "unknown");
  reads(false);
  EXPECT_EQ(power(), "unknown");
  reads(true);
  fails();
  EXPECT_EQ(power(), "unknown");
}

TEST_F(PowerTest, AnOldReadingIsUnknown) {
  falls_silent();
  reads(false);
  reads(false);
  bench.silence(bench.policy.bmc_poll * 3);
  EXPECT_EQ(power(), "off (BMC)");
  bench.silence(Duration(1));
  EXPECT_EQ(power(), "unknown");
}

TEST_F(PowerTest, WhatWasReadBeforeTheAgentsLastWordIsNoProof) {
  reads(false);
  bench.heartbeat("w1");
  falls_silent();
  reads(false);
  EXPECT_EQ(power(), "unknown");
  reads(false);
  EXPECT_EQ(power(), "off (BMC)");
}

TEST_F(PowerTest, APowerCutIsOffOnceTheAgentIsSilentForLongEnough) {
  reads(false);
  EXPECT_EQ(power(), "on");
  reads(false);
  EXPECT_EQ(power(), "unknown") << "its link still stands";
  bench.silence(bench.policy.heartbeat_age_max + Duration(1));
  EXPECT_EQ(power(), "off (BMC)");
}

TEST_F(PowerTest, ABmcThatSaysOffWhileTheAgentSpeaksIsNotBelieved) {
  reads(false);
  reads(false);
  bench.heartbeat("w1");
  EXPECT_EQ(power(), "unknown");
  falls_silent();
  reads(false);
  reads(false);
  EXPECT_EQ(power(), "unknown") << "it may be another machine's";
  reads(true);
  reads(false);
  reads(false);
  EXPECT_EQ(power(), "off (BMC)") << "it saw this one on";
}

TEST_F(PowerTest, WithoutABmcOffIsInferred) {
  bench.put_to_sleep("w2");
  EXPECT_EQ(power("w2"), "off (inferred)");
}

}  // namespace
}  // namespace ecokube::core::test
