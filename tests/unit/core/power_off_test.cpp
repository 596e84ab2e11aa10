// A BMC switches off only a machine that said goodbye for our step and hangs, where its pool says
// so.
#include "coordinator/core/power_off.h"

#include <gtest/gtest.h>

#include <functional>

#include "bench.h"
#include "coordinator/core/power.h"

namespace ecokube::core::test {
namespace {

class PowerOffTest : public testing::Test {
 protected:
  PowerOffTest() {
    bench.policy.nodes["w1"].bmc = true;
    bench.policy.pools.front().hard_off = true;
    bench.fleet({"w1", "w2"});
    const Step shutdown = bench.take_down("w1");
    bench.goodbye("w1", LeaveOrigin::coordinator, shutdown.id.text());
    bench.hang_up("w1");
    bench.see_marked("w1", true, Readiness::unknown);
    auto kube = *bench.node("w1").kube;
    kube.system_uuid = guid_of("w1");
    bench.see_node(kube);
  }
  void reads(bool on) { bench.see(BmcSeen{"w1", on, guid_of("w1")}); }
  /// Past the time in which it should have gone down.
  void hangs() {
    bench.pass(bench.policy.down_deadline);
    reads(true);
    reads(true);
  }
  std::optional<Step> planned() const { return bench.planned("w1", Verb::power_off); }
  static bool hard(const Step& step) { return std::get<PowerOff>(step.action).hard; }

  Bench bench;
};

TEST_F(PowerOffTest, SoftThenHardThenNoMore) {
  bench.pass(bench.policy.down_deadline - Duration(1));
  reads(true);
  reads(true);
  EXPECT_FALSE(planned());
  bench.pass(Duration(1));
  EXPECT_FALSE(hard(bench.run("w1", Verb::power_off)));
  EXPECT_FALSE(planned());
  hangs();
  EXPECT_TRUE(hard(bench.run("w1", Verb::power_off)));
  hangs();
  EXPECT_TRUE(hard(bench.run("w1", Verb::power_off)));
  hangs();
  EXPECT_FALSE(planned()) << "a BMC that lies is not told for ever";
}

TEST_F(PowerOffTest, OffEndsIt) {
  hangs();
  bench.run("w1", Verb::power_off);
  reads(false);
  reads(false);
  bench.run("w1", Verb::record_off);
  EXPECT_EQ(bench.state("w1"), Lifecycle::powered_down);
}

TEST_F(PowerOffTest, NotWherePolicyDoesNotSaySo) {
  EXPECT_FALSE(Pool().hard_off);
  bench.policy.pools.front().hard_off = false;
  hangs();
  EXPECT_FALSE(planned());
}

/// An outlet can't say whose it is: then only the configuration lets it be used.
TEST_F(PowerOffTest, OneThatNeverSaysWhoseItIsOnlyWhereThatWasConfigured) {
  const auto nameless = [&] {
    for (int i = 0; i < 2; ++i) bench.see(BmcSeen{"w1", true, ""});
  };
  bench.pass(bench.policy.down_deadline);
  nameless();
  EXPECT_FALSE(planned());
  auto& given = bench.policy.nodes["w1"];
  given.bmc_off = BmcOff::configured;
  auto step = planned();
  ASSERT_TRUE(step);
  EXPECT_EQ(bench.broken(*step), std::set<std::string>{});
  for (const auto leave : {BmcOff::identified, BmcOff::never}) {
    given.bmc_off = leave;
    EXPECT_TRUE(bench.broken(*step).contains("S19 BmcNotIdentified"));
  }
  given.bmc_off = BmcOff::configured;
  bench.see(BmcSeen{"w1", true, guid_of("w2")});
  bench.see(BmcSeen{"w1", true, guid_of("w2")});
  EXPECT_FALSE(planned()) << "what it says counts";
  EXPECT_TRUE(bench.broken(*step).contains("S19 BmcNotIdentified"));
  reads(true);
  reads(true);
  EXPECT_TRUE(planned());
  given.bmc_off = BmcOff::never;
  EXPECT_FALSE(planned()) << "though it is this machine's";
}

/// Each of these alone is enough to leave it on: for the planner and for the gate.
TEST_F(PowerOffTest, OnlyWhatHangsWithNothingOnIt) {
  hangs();
  const auto step = planned();
  ASSERT_TRUE(step);
  ASSERT_EQ(bench.broken(*step), std::set<std::string>{});
  using Bend = std::function<void(Bench&)>;
  const auto node = [](Bench& b) -> Node& { return b.world.nodes.at("w1"); };
  const std::vector<std::pair<const char*, Bend>> bends{
      {"S21 HardOffNotAllowed", [](Bench& b) { b.policy.pools.front().hard_off = false; }},
      {"S21 NotGone", [&](Bench& b) { node(b).agent.goodbye.reset(); }},
      {"S21 NotGone", [&](Bench& b) { node(b).agent.goodbye->origin = LeaveOrigin::person; }},
      {"S21 NotGone", [&](Bench& b) { node(b).agent.connected = true; }},
      {"S21 NotGone", [&](Bench& b) { node(b).agent.closed_at = b.now; }},
      {"S21 NotGone", [&](Bench& b) { node(b).state = Lifecycle::powering_up; }},
      {"S21 StillReady", [&](Bench& b) { node(b).kube->ready = Readiness::ready; }},
      {"S21 PowerNotSeen", [&](Bench& b) { node(b).bmc.equal = 1; }},
      {"S21 PowerNotSeen", [&](Bench& b) { b.see(BmcFailed{"w1", Errc::timeout, ""}); }},
      {"S21 PowerNotSeen", [&](Bench& b) { b.see(BmcSeen{"w1", false, guid_of("w1")}); }},
      {"S19 BmcNotIdentified", [&](Bench& b) { node(b).kube->system_uuid.clear(); }},
      {"S19 BmcNotIdentified", [&](Bench& b) { node(b).bmc.guid = guid_of("w2"); }},
      {"S1 NotEmpty", [](Bench& b) { b.see(PodSeen{bound_pod("late", "w1")}); }},
      {"S1 MarkGone", [&](Bench& b) { node(b).marked = false; }},
      {"S4 Held", [](Bench& b) { b.see(PersonAsked{"w1", PersonVerb::hold, "anna", "", {}}); }},
      {"S4 NotInPool", [&](Bench& b) { node(b).kube->labels.erase("role"); }},
      {"S10 ModeNotAct", [](Bench& b) { b.policy.pools.front().mode = Mode::advise; }},
      {"S25 OwnedByOther", [&](Bench& b) { node(b).kube->owned_by = "Cluster API"; }},
      {"S27 Frozen", [](Bench& b) { b.see(FreezeSeen{"please"}); }},
      {"S5 NoLease", [](Bench& b) { b.see(LeaseLost{"gone"}); }},
  };
  for (const auto& [rule, bend] : bends) {
    Bench bent = bench;
    bend(bent);
    Step forged = *step;
    forged.id.transition = bent.node("w1").transition;
    EXPECT_TRUE(bent.broken(forged).contains(rule)) << rule;
    EXPECT_FALSE(bent.planned("w1", Verb::power_off)) << rule;
  }
  Bench attached = bench;
  attached.see(Seen<KubeAttachment>{{"a", ++attached.revision, "w1", "disk"}});
  EXPECT_TRUE(attached.broken(*step).contains("S12 VolumeAttached"));
  Bench restored = bench;
  restored.world.went_backwards_at = restored.now;
  EXPECT_TRUE(restored.broken(*step).contains("S2 ClusterWentBackwards"));
  Step hard_first = *step;
  std::get<PowerOff>(hard_first.action).hard = true;
  EXPECT_TRUE(bench.broken(hard_first).contains("S21 SoftFirst"));
  Step late = *step;
  std::get<PowerOff>(late.action).expected_revision -= 1;
  EXPECT_TRUE(bench.broken(late).contains("S2 NodeChanged"));
  late = *step;
  late.fence = 7;
  EXPECT_TRUE(bench.broken(late).contains("S5 OldFence"));
}

}  // namespace
}  // namespace ecokube::core::test
