// What a dead machine leaves behind is freed by force only when it is proven off, and the taint
// that does it is taken off again before the machine has work.
#include "coordinator/core/failover.h"

#include <gtest/gtest.h>

#include <functional>

#include "bench.h"
#include "coordinator/core/power.h"

namespace ecokube::core::test {
namespace {

constexpr auto* kUuid = "33221100-5544-7766-8899-aabbccddeeff";
constexpr auto* kGuid = "00112233445566778899aabbccddeeff";

class FailoverTest : public testing::Test {
 protected:
  FailoverTest() {
    bench.policy.nodes["w1"].bmc = true;
    bench.fleet({"w1", "w2"});
    bench.see(PodSeen{bound_pod("app", "w1")});
    see(Readiness::ready);
  }
  void see(Readiness ready, bool out_of_service = false, bool by_us = true) {
    auto kube = worker("w1");
    kube.system_uuid = kUuid;
    kube.ready = ready;
    if (out_of_service) {
      kube.taints.push_back({std::string(names::kOutOfServiceTaint), "nodeshutdown", "NoExecute"});
      if (by_us) kube.annotations[std::string(names::kOutOfServiceByUs)] = "true";
    }
    bench.see_node(std::move(kube));
  }
  void reads(bool on) { bench.see(BmcSeen{"w1", on, kGuid}); }
  /// Its power is cut under its pod.
  void die() {
    bench.silence(bench.policy.heartbeat_age_max + seconds(1));
    bench.see(ClusterAlive{bench.revision});
    bench.see(LeaseHeld{1, bench.now + seconds(15)});
    bench.heartbeat("w2");
    see(Readiness::unknown);
    reads(false);
    reads(false);
  }
  bool planned(Verb verb) const { return bench.planned("w1", verb).has_value(); }
  Step forged() const {
    return {{"w1", Verb::out_of_service, bench.node("w1").transition, 1},
            TakeOutOfService{bench.node("w1").kube->revision},
            {},
            bench.world.fence};
  }

  Bench bench;
};

TEST_F(FailoverTest, PodsOfAMachineThatIsProvenOffAreFreed) {
  die();
  const Step step = bench.run("w1", Verb::out_of_service);
  EXPECT_EQ(step.reason.code, "PodsLeftBehind");
  EXPECT_FALSE(planned(Verb::out_of_service)) << "until the view shows it";
  see(Readiness::unknown, true);
  EXPECT_FALSE(planned(Verb::out_of_service));
  EXPECT_FALSE(planned(Verb::in_service));
}

TEST_F(FailoverTest, ItIsNotWokenForThePodsThatAreBeingFreed) {
  die();
  bench.run("w1", Verb::out_of_service);
  EXPECT_FALSE(planned(Verb::wake)) << "the view does not show it yet";
  EXPECT_EQ(bench.want("w1").reason.code, "BeingFreed");
  see(Readiness::unknown, true);
  EXPECT_FALSE(planned(Verb::wake));
  see(Readiness::unknown, true, false);
  EXPECT_TRUE(planned(Verb::wake)) << "who else freed it may have other things in mind";
}

TEST_F(FailoverTest, VolumesToo) {
  die();
  bench.see(PodDeleted{"uid-app", ++bench.revision});
  see(Readiness::unknown);
  EXPECT_FALSE(planned(Verb::out_of_service)) << "nothing is left there";
  EXPECT_TRUE(bench.broken(forged()).contains("S12 NothingLeft"));
  bench.see(Seen<KubeAttachment>{{"a", ++bench.revision, "w1", "disk"}});
  EXPECT_EQ(bench.run("w1", Verb::out_of_service).reason.code, "VolumeLeftBehind");
}

/// Each of these alone is enough to leave it be: for the planner and for the gate.
TEST_F(FailoverTest, NothingLessThanProofWillDo) {
  die();
  ASSERT_TRUE(planned(Verb::out_of_service));
  ASSERT_EQ(bench.broken(forged()), std::set<std::string>{});
  using Bend = std::function<void(Bench&)>;
  const auto node = [](Bench& b) -> Node& { return b.world.nodes.at("w1"); };
  const std::vector<std::pair<const char*, Bend>> bends{
      {"S12 PowerNotSeen", [&](Bench& b) { node(b).bmc.equal = 1; }},
      {"S12 PowerNotSeen", [&](Bench& b) { b.see(BmcSeen{"w1", true, kGuid}); }},
      {"S12 PowerNotSeen", [&](Bench& b) { b.see(BmcFailed{"w1", Errc::timeout, ""}); }},
      {"S12 PowerNotSeen", [&](Bench& b) { b.now += b.policy.bmc_poll_close * 3 + Duration(1); }},
      {"S12 PowerNotSeen", [&](Bench& b) { node(b).state = Lifecycle::powering_up; }},
      {"S12 PowerNotSeen", [&](Bench& b) { b.policy.nodes["w1"].bmc = false; }},
      {"S12 PowerNotSeen", [&](Bench& b) { node(b).agent.heard_at = b.now; }},
      {"S19 BmcNotIdentified", [&](Bench& b) { node(b).bmc.guid.clear(); }},
      {"S19 BmcNotIdentified", [&](Bench& b) { node(b).bmc.guid = std::string(32, '1'); }},
      {"S19 BmcNotIdentified", [&](Bench& b) { node(b).kube->system_uuid.clear(); }},
      {"S19 BmcNotIdentified", [&](Bench& b) { node(b).bmc.contradicts = true; }},
      {"S12 StillReady", [&](Bench& b) { node(b).kube->ready = Readiness::ready; }},
      {"S4 Held", [](Bench& b) { b.see(PersonAsked{"w1", PersonVerb::hold, "anna", "", {}}); }},
      {"S4 NotInPool", [&](Bench& b) { node(b).kube->labels.erase("role"); }},
      {"S10 ModeNotAct", [](Bench& b) { b.policy.pools.front().mode = Mode::advise; }},
      {"S25 OwnedByOther", [&](Bench& b) { node(b).kube->owned_by = "Cluster API"; }},
      {"S5 NoLease", [](Bench& b) { b.see(LeaseLost{"gone"}); }},
  };
  for (const auto& [rule, bend] : bends) {
    Bench bent = bench;
    bend(bent);
    const auto step = forged();
    EXPECT_TRUE(bent.broken(step).contains(rule)) << rule;
    EXPECT_FALSE(bent.planned("w1", Verb::out_of_service)) << rule;
  }
  Bench stale = bench;
  stale.see(ClusterLost{"gone"});
  EXPECT_TRUE(stale.broken(forged()).contains("S2 ClusterViewStale"));
  Bench restored = bench;
  restored.world.went_backwards_at = restored.now;
  EXPECT_TRUE(restored.broken(forged()).contains("S2 ClusterWentBackwards"));
  Step late = forged();
  std::get<TakeOutOfService>(late.action).expected_revision -= 1;
  EXPECT_TRUE(bench.broken(late).contains("S2 NodeChanged"));
}

TEST_F(FailoverTest, AnInferredOffIsNoProof) {
  Bench plain;
  plain.fleet({"w1", "w2"});
  plain.put_to_sleep("w1");
  plain.see(PodSeen{bound_pod("app", "w1")});
  EXPECT_EQ(power_text(power_at(plain.node("w1"), plain.policy, plain.now)), "off (inferred)");
  EXPECT_FALSE(plain.planned("w1", Verb::out_of_service));
}

TEST_F(FailoverTest, TheTaintGoesAsSoonAsAnythingSaysThatItIsBack) {
  die();
  bench.run("w1", Verb::out_of_service);
  see(Readiness::unknown, true);
  Bench by_bmc = bench;
  by_bmc.see(BmcSeen{"w1", true, kGuid});
  EXPECT_TRUE(by_bmc.planned("w1", Verb::in_service));
  Bench by_agent = bench;
  by_agent.hello("w1", 2);
  EXPECT_TRUE(by_agent.planned("w1", Verb::in_service));
  see(Readiness::ready, true);
  bench.run("w1", Verb::in_service);
  EXPECT_FALSE(planned(Verb::in_service));
  EXPECT_FALSE(planned(Verb::out_of_service));
}

TEST_F(FailoverTest, ASuccessorTakesItOff) {
  see(Readiness::unknown, true);
  Bench successor;
  successor.policy.nodes["w1"].bmc = true;
  successor.see(ClusterListed{bench.revision, {*bench.node("w1").kube}, {}, {}});
  successor.revision = bench.revision;
  successor.see(LeaseHeld{2, successor.now + seconds(15)});
  EXPECT_FALSE(successor.planned("w1", Verb::in_service));
  successor.hello("w1", 2);
  successor.run("w1", Verb::in_service);
}

TEST_F(FailoverTest, AnothersTaintIsLeftToIt) {
  see(Readiness::ready, true, false);
  EXPECT_FALSE(planned(Verb::in_service));
  const Step step{{"w1", Verb::in_service, bench.node("w1").transition, 1}, PutInService{}, {}, 1};
  EXPECT_TRUE(bench.broken(step).contains("S11 NotOurs"));
  die();
  see(Readiness::unknown, true, false);
  EXPECT_FALSE(planned(Verb::out_of_service));
}

}  // namespace
}  // namespace ecokube::core::test
