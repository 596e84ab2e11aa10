// S18: a proof of a wake is of one boot. Whole fleets get another kernel and may lose few machines
// to it; a good one is proven again by and by.
#include "coordinator/core/boot_proof.h"

#include <gtest/gtest.h>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

constexpr int kNodes = 200;
constexpr int kLostMax = 4;  // two in a hundred

int doubtful(const Policy& policy, const World& world) {
  int count = 0;
  for (const auto& [name, node] : world.nodes) count += in_doubt(policy, node) ? 1 : 0;
  return count;
}

/// All are awake, each by a wake that proves the boot "good".
void prove_all(MiniFleet& fleet) {
  fleet.coalesce = Duration(2000);
  fleet.policy.inrush.all = {};  // all at once
  fleet.install("900d", false);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.all_asleep(); }, minutes(30)))
      << "they are proven and idle";
  for (int i = 0; i < kNodes; ++i) fleet.add_pod(seconds(30), 3900);
  ASSERT_TRUE(fleet.run_until(
      [&] {
        for (const auto& [name, node] : fleet.world.nodes) {
          if (node.state != Lifecycle::ready || boot_unproven(fleet.policy, node)) return false;
        }
        return true;
      },
      minutes(60)));
}

/// Demand that comes and goes; at no time are more in doubt than may be.
void live_through(MiniFleet& fleet, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < kNodes; ++i) fleet.add_pod(seconds(30), 3900);
    for (int i = 0; i < 24; ++i) {
      fleet.run_for(seconds(10));
      ASSERT_LE(doubtful(fleet.policy, fleet.world), kLostMax) << fleet.describe();
    }
  }
}

TEST(BootProof, ABadKernelOn200ProvenNodesLosesAtMostFour) {
  MiniFleet fleet(1, kNodes, false);
  prove_all(fleet);
  if (HasFailure()) return;
  fleet.install("bad0", true);
  live_through(fleet, 3);
  EXPECT_GT(fleet.lost(), 0) << "else nothing was tried";
  EXPECT_LE(fleet.lost(), kLostMax);
  for (const auto& [name, machine] : fleet.machines) {
    if (machine.phase == Machine::Phase::booting) continue;
    EXPECT_EQ(machine.phase, Machine::Phase::up) << name;
  }
  const auto plan = decide(fleet.world, fleet.policy, fleet.now);
  ASSERT_EQ(plan.alarms.size(), 1U);
  EXPECT_EQ(plan.alarms[0].reason.code, "BootsFail");
  EXPECT_EQ(std::ssize(plan.alarms[0].nodes), fleet.lost());
}

TEST(BootProof, NorDoesItWhereCoordinatorsComeAndGoWithoutTheirStore) {
  MiniFleet fleet(3, kNodes, false);
  prove_all(fleet);
  if (HasFailure()) return;
  fleet.install("bad0", true);
  for (int life = 0; life < 4; ++life) {
    fleet.run_for(minutes(3));  // as many sleep as may
    for (int i = 0; i < kNodes; ++i) fleet.add_pod(seconds(30), 3900);
    fleet.run_for(minutes(4));  // and are given up
    fleet.kill(false);
    EXPECT_LE(fleet.lost(), kLostMax) << "life " << life;
  }
  EXPECT_GT(fleet.lost(), 0) << "else nothing was tried";
}

TEST(BootProof, AGoodKernelIsProvenAgainAFewAtATime) {
  MiniFleet fleet(4, kNodes, false);
  prove_all(fleet);
  if (HasFailure()) return;
  fleet.install("900d2", false);
  const auto proven = [&] {
    int count = 0;
    for (const auto& [name, node] : fleet.world.nodes)
      count += boot_unproven(fleet.policy, node) ? 0 : 1;
    return count;
  };
  live_through(fleet, 3);
  EXPECT_GT(proven(), kLostMax);
  EXPECT_EQ(fleet.lost(), 0);
  EXPECT_TRUE(decide(fleet.world, fleet.policy, fleet.now).alarms.empty());
}

class BootProofRules : public testing::Test {
 protected:
  BootProofRules() { bench.fleet({"w1", "w2", "w3"}); }
  /// What it boots next, and that it differs from what runs.
  void boots(const NodeName& name, const std::string& fingerprint,
             const std::string& pending = "") {
    auto beat = bench.beat_of(name);
    beat.boot = BootFacts{fingerprint, pending};
    bench.see(beat);
  }
  Bench bench;
};

TEST_F(BootProofRules, AnOldProofIsOfTheBootThatRunsIfThatIsTheNext) {
  EXPECT_FALSE(boot_unproven(bench.policy, bench.node("w1"))) << "its agent does not tell";
  boots("w1", "aa");
  EXPECT_FALSE(boot_unproven(bench.policy, bench.node("w1")));
  boots("w1", "bb");
  EXPECT_TRUE(boot_unproven(bench.policy, bench.node("w1")));
  boots("w1", "aa");
  EXPECT_FALSE(boot_unproven(bench.policy, bench.node("w1"))) << "the kernel was taken off again";
  boots("w2", "bb", "kernel 2 is installed, 1 runs");
  EXPECT_TRUE(boot_unproven(bench.policy, bench.node("w2"))) << "what it would boot never ran";
}

TEST_F(BootProofRules, OneAtATimeInASmallFleet) {
  for (const auto* name : {"w1", "w2", "w3"}) {
    boots(name, "aa");
    boots(name, "bb");
  }
  bench.put_to_sleep("w1");
  EXPECT_FALSE(bench.planned("w2", Verb::mark));
  EXPECT_EQ(bench.want("w2").reason.code, "BootNotProven");
  EXPECT_TRUE(bench.broken(bench.forced_mark("w2")).contains("S18 BootNotProven"));
  boots("w3", "aa");
  EXPECT_TRUE(bench.planned("w3", Verb::mark)) << "what is proven may sleep";
}

TEST_F(BootProofRules, APersonDoesNotPassOverIt) {
  for (const auto* name : {"w1", "w2"}) {
    boots(name, "aa");
    boots(name, "bb");
  }
  bench.put_to_sleep("w1");
  bench.ask("w2", PersonVerb::test_wake);
  EXPECT_FALSE(bench.planned("w2", Verb::mark));
}

TEST_F(BootProofRules, TheWakeProvesWhatWasBooted) {
  boots("w1", "aa");
  boots("w1", "bb");
  bench.put_to_sleep("w1");
  const auto& mark = bench.node("w1").kube->annotations;
  EXPECT_TRUE(in_doubt(bench.policy, bench.node("w1")));
  EXPECT_TRUE(mark.contains(std::string(names::kIntent)));
  bench.see(PodSeen{pending_pod("p", 4000)});
  bench.ask("w1", PersonVerb::wake);
  bench.run("w1", Verb::wake);
  Inventory inventory = inventory_of("w1");
  inventory.boot_id = boot_of("w1", 2);
  inventory.boot.fingerprint = "cc";  // its command line is another too
  bench.see(AgentConnected{"w1", 99, inventory, 0});
  bench.heartbeat("w1");
  bench.see_marked("w1", true, Readiness::ready, 2);
  const Step unmark = bench.run("w1", Verb::unmark);
  const auto proof = std::get<UnmarkNode>(unmark.action).wake_proof;
  EXPECT_EQ(parse_wake_proof_boot(proof), "cc");
  EXPECT_FALSE(in_doubt(bench.policy, bench.node("w1")));
  EXPECT_FALSE(boot_unproven(bench.policy, bench.node("w1")));
}

}  // namespace
}  // namespace ecokube::core::test
