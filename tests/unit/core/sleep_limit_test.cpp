// S18, S26: a sleep may be as long as one that was woken from, and four times that for few.
#include "coordinator/core/sleep_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/safety.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

using std::chrono::hours;

class SleepLimit : public testing::Test {
 protected:
  SleepLimit() {
    bench.fleet({"w1", "w2", "w3"});
    bench.pass(minutes(2));
    for (const auto* name : {"w1", "w2"}) bench.put_to_sleep(name);
  }
  /// Passes `time` after w1 fell asleep; only who is awake speaks.
  void at(Duration time) { bench.pass(*bench.node("w1").sleep.since + time - bench.now); }
  Bench bench;
};

TEST_F(SleepLimit, TheFirstIsShortAndOneMaySleepLonger) {
  at(bench.policy.first_sleep - Duration(1));
  for (const auto* name : {"w1", "w2"}) EXPECT_FALSE(bench.want(name).on) << name;
  ASSERT_TRUE(bench.plan().reconsider_at);
  EXPECT_LE(*bench.plan().reconsider_at, bench.now + Duration(1));
  at(bench.policy.first_sleep + minutes(5));
  EXPECT_FALSE(bench.want("w1").on) << "it slept first, and tries a longer one";
  EXPECT_EQ(bench.want("w2").reason.code, "SleptAsProven");
  EXPECT_TRUE(bench.planned("w2", Verb::wake));
  at(4 * bench.policy.first_sleep);
  EXPECT_EQ(bench.want("w1").reason.code, "SleptAsProven") << "that is to be shown now";
}

TEST_F(SleepLimit, WhatOneHasShownHoldsForItsPool) {
  bench.world.nodes.at("w3").wake_proven_sleep = hours(2);
  at(hours(2) - Duration(1));
  for (const auto* name : {"w1", "w2"}) EXPECT_FALSE(bench.want(name).on) << name;
  at(hours(2) + minutes(5));
  EXPECT_FALSE(bench.want("w1").on);
  EXPECT_TRUE(bench.want("w2").on);
}

TEST_F(SleepLimit, OneThatDidNotComeBackTakesThePlace) {
  auto& w2 = bench.world.nodes.at("w2");
  w2.sleep.since = bench.now - hours(1);
  w2.sleep.woken_at = bench.now;
  w2.state = Lifecycle::quarantined;
  at(bench.policy.first_sleep + minutes(5));
  EXPECT_EQ(bench.want("w1").reason.code, "SleptAsProven");
  w2.state = Lifecycle::powering_up;
  w2.up.asked_at = bench.now;
  EXPECT_EQ(bench.want("w1").reason.code, "SleptAsProven") << "until it is up";
  w2.sleep.woken_at = w2.sleep.since;
  EXPECT_FALSE(bench.want("w1").on) << "it was woken at once, and failed for another reason";
}

TEST_F(SleepLimit, WhatIsHeldTakesNone) {
  at(bench.policy.first_sleep + minutes(5));
  EXPECT_FALSE(bench.want("w1").on);
  bench.world.nodes.at("w1").hold = Hold{"anna", "", {}};
  EXPECT_FALSE(bench.want("w2").on) << "it may try now";
}

TEST_F(SleepLimit, OnlyAWakeByPacketThatWasHeardAtOnceShowsASleep) {
  Node node = bench.node("w1");
  node.wake_proven_sleep = minutes(20);
  node.agent.boot_id = boot_of("w1", 2);
  node.up.asked_at = *node.sleep.since + hours(5);
  EXPECT_EQ(slept_at_wake(node), hours(5));
  node.up.method = WakeMethod::ipmi;
  EXPECT_EQ(slept_at_wake(node), minutes(20));
  node.up.method = WakeMethod::wol;
  node.wake_failures = 1;
  EXPECT_EQ(slept_at_wake(node), minutes(20)) << "a person may have pressed its button";
  node.wake_proven_boot = "aa";
  node.inventory.boot.fingerprint = "bb";
  EXPECT_EQ(slept_at_wake(node), Duration(0)) << "another kernel";
}

TEST_F(SleepLimit, ABmcHearsAfterAnySleep) {
  auto& given = bench.policy.nodes["w2"];
  given.bmc = true;
  given.methods = {WakeMethod::ipmi};
  at(hours(20));
  EXPECT_FALSE(bench.want("w2").on);
}

TEST_F(SleepLimit, NobodySleepsLongerThanBetweenTwoPatches) {
  bench.world.nodes.at("w3").wake_proven_sleep = hours(24 * 100);
  at(bench.policy.sleep_max - Duration(1));
  EXPECT_FALSE(bench.want("w1").on);
  at(bench.policy.sleep_max);
  EXPECT_EQ(bench.want("w1").reason.code, "SleptLongest");
}

/// Of the kubelet's certificate, renewed just now.
void let_in_for(Bench& bench, const NodeName& name, Duration life) {
  bench.world.nodes.at(name).inventory.kubelet_certificate =
      KubeletCertificate{Validity{bench.now, bench.now + life}};
}

TEST_F(SleepLimit, NobodySleepsUntilItsKubeletIsLetInNoMore) {
  bench.world.nodes.at("w3").wake_proven_sleep = hours(24 * 100);
  const auto since = bench.now;
  let_in_for(bench, "w1", hours(24));
  let_in_for(bench, "w2", hours(24 * 8));
  const auto pass_to = [&](Duration time) { bench.pass(since + time - bench.now); };
  pass_to(hours(20) - Duration(1));
  EXPECT_FALSE(bench.want("w1").on);
  ASSERT_TRUE(bench.plan().reconsider_at);
  EXPECT_LE(*bench.plan().reconsider_at, since + hours(20));
  EXPECT_EQ(SleepLimits(bench.world, bench.policy, bench.now).until(bench.node("w1")),
            since + hours(20));
  pass_to(hours(20));
  EXPECT_EQ(bench.want("w1").reason,
            (Reason{"KubeletCertificate",
                    "the kubelet's certificate ends in 4 h; it is woken so that it is renewed"}));
  EXPECT_TRUE(bench.planned("w1", Verb::wake));
  pass_to(hours(24 * 7) - Duration(1));
  EXPECT_FALSE(bench.want("w2").on);
  pass_to(hours(24 * 7));
  EXPECT_EQ(bench.want("w2").reason.code, "KubeletCertificate") << "a day before its end";
  pass_to(hours(24 * 10));
  EXPECT_NE(bench.want("w1").reason.text.find("ended 9 days ago"), std::string::npos);
}

TEST_F(SleepLimit, WhatIsKnownOfTheKubeletOutlivesAHelloAndEndsAsItsAgentSays) {
  const auto known = [&] { return bench.node("w3").inventory.kubelet_certificate; };
  auto beat = bench.beat_of("w3");
  const KubeletCertificate told{Validity{bench.now, bench.now + hours(24)}};
  beat.kubelet_certificate = told;
  bench.see(beat);
  EXPECT_EQ(known(), told);
  bench.hello("w3", 2);
  EXPECT_EQ(known(), told) << "its helper is asked only afterwards";
  beat = bench.beat_of("w3");
  beat.kubelet_certificate = KubeletCertificate{};
  bench.see(beat);
  EXPECT_EQ(known(), KubeletCertificate{});
}

TEST_F(SleepLimit, ALongerProofAndAPlaceToTryDoNotOutweighTheCertificate) {
  const auto since = *bench.node("w1").sleep.since;
  bench.world.nodes.at("w1").inventory.kubelet_certificate =
      KubeletCertificate{Validity{since, since + 12 * bench.policy.first_sleep / 5}};
  at(2 * bench.policy.first_sleep);
  EXPECT_EQ(bench.want("w1").reason.code, "KubeletCertificate") << "it would try a longer one";
}

TEST_F(SleepLimit, WhoseKubeletHasToRenewItsCertificateIsNotPutDown) {
  const auto codes = [&] {
    std::set<std::string> found;
    for (const auto& one : blockers(bench.world, bench.policy, bench.node("w3"), bench.now)) {
      if (one.rule == "S26") found.insert(one.code);
    }
    return found;
  };
  let_in_for(bench, "w3", hours(24));
  EXPECT_TRUE(codes().empty());
  bench.pass(hours(20));
  EXPECT_EQ(codes(), std::set<std::string>{"KubeletCertificate"});
  bench.ask("w3", PersonVerb::sleep);
  EXPECT_TRUE(codes().empty()) << "a person may, and its agent refuses";
  bench.world.nodes.at("w3").request.reset();
  let_in_for(bench, "w3", hours(24));
  EXPECT_TRUE(codes().empty());
  bench.world.nodes.at("w3").inventory.kubelet_certificate = KubeletCertificate{};
  EXPECT_TRUE(codes().empty()) << "there is none";
}

TEST_F(SleepLimit, APersonsPoolIsLeftToThePerson) {
  bench.policy.pools.front().mode = Mode::advise;
  at(bench.policy.sleep_max + hours(1));
  EXPECT_FALSE(bench.want("w1").on);
}

TEST_F(SleepLimit, HowLongItSleptStandsInItsProofAndOnItsNode) {
  const auto since = *bench.node("w1").sleep.since;
  at(minutes(60));
  bench.see_node([&] {
    auto kube = *bench.node("w1").kube;
    kube.annotations[std::string(names::kPower)] = format_off("off (inferred)", since);
    return kube;
  }());
  bench.run("w1", Verb::wake);
  const auto woken = bench.now;
  bench.pass(seconds(40));
  bench.hello("w1", 2);
  bench.heartbeat("w1");
  bench.see_marked("w1", true, Readiness::ready, 2);
  const auto unmark = bench.start("w1", Verb::unmark);
  const auto proof = std::get<UnmarkNode>(unmark.action).wake_proof;
  EXPECT_EQ(parse_wake_proof_sleep(proof), woken - since);
  bench.end(unmark);
  bench.see_marked("w1", false, Readiness::ready, 2);
  EXPECT_EQ(bench.state("w1"), Lifecycle::ready);
  EXPECT_EQ(bench.node("w1").wake_proven_sleep, woken - since);
  EXPECT_FALSE(bench.node("w1").sleep.since);

  auto kube = worker("w9");
  kube.annotations[std::string(names::kWakeProof)] = proof;
  bench.see_node(kube);
  EXPECT_EQ(bench.node("w9").wake_proven_sleep, woken - since);
}

TEST(SleepMarks, SinceWhenItIsOffIsRead) {
  EXPECT_EQ(parse_off_since(format_off("off (BMC)", from_ms(77))), from_ms(77));
  EXPECT_FALSE(parse_off_since("off (BMC)"));
  EXPECT_FALSE(parse_off_since("on since_ms=5"));
  EXPECT_EQ(parse_wake_proof_sleep("wol at_ms=5"), Duration(0));
  EXPECT_EQ(parse_wake_proof_sleep("wol at_ms=5 slept_ms=-7"), Duration(0));
}

/// Sleeps, is woken as it must be, and sleeps again: for days, with nothing to do.
class IdleFleet : public testing::Test {
 protected:
  static Policy slow_to_trust() {
    auto policy = fast_policy();
    policy.first_sleep = minutes(15);
    policy.inrush.all = {};
    return policy;
  }
  explicit IdleFleet(int nodes = 20) : fleet(5, nodes, false, slow_to_trust()) {
    fleet.coalesce = Duration(1000);
  }
  [[nodiscard]] std::int64_t quarantined() const {
    return std::count_if(fleet.world.nodes.begin(), fleet.world.nodes.end(), [](const auto& entry) {
      return entry.second.state == Lifecycle::quarantined;
    });
  }
  MiniFleet fleet;
};

TEST_F(IdleFleet, TrustGrowsFourfold) {
  fleet.run_for(hours(7));
  Duration proven{};
  for (const auto& [name, node] : fleet.world.nodes) {
    proven = std::max(proven, node.wake_proven_sleep);
  }
  EXPECT_GE(proven, hours(4)) << "15 min, 1 h, 4 h";
  EXPECT_LT(proven, hours(5));
  EXPECT_EQ(quarantined(), 0);
  EXPECT_TRUE(fleet.errors().empty());
}

class LargeIdleFleet : public IdleFleet {
 protected:
  LargeIdleFleet() : IdleFleet(100) {}
};

TEST_F(LargeIdleFleet, WhereEveryPortGoesDeafAfterAnHourTwoInAHundredAreLost) {
  for (auto& [name, machine] : fleet.machines) machine.deaf_after = hours(1);
  fleet.run_for(hours(2));
  fleet.kill(false);
  fleet.run_for(hours(2));
  EXPECT_GT(quarantined(), 0) << "else nothing was tried";
  std::int64_t lost = 0;
  for (const auto& [name, machine] : fleet.machines) {
    const bool off = machine.phase == Machine::Phase::off;
    if (off && fleet.now - machine.off_since >= hours(1)) ++lost;
  }
  EXPECT_LE(lost, 2);
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace ecokube::core::test
