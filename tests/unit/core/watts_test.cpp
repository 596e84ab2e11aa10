// S6: what all that are not proven off may draw together.
#include "coordinator/core/watts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench.h"
#include "coordinator/core/inrush.h"
#include "coordinator/core/marks.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

Policy capped_policy(std::int64_t watts) {
  Policy policy = worker_policy();
  policy.inrush.all.watts_cap = Power::watts(watts);
  policy.pools.front().peak = Power::watts(100);
  return policy;
}

KubePod pod_for(const NodeName& node) {
  KubePod pod = pending_pod("p-" + node, 3900);
  pod.node_selector = {{"kubernetes.io/hostname", node}};
  return pod;
}

/// All asleep, and as many pods pending as there are nodes, each for the node of its number.
Bench all_wanted(Policy policy) {
  Bench bench = all_asleep(std::move(policy));
  for (const auto* name : {"w1", "w2", "w3"}) bench.see(PodSeen{pod_for(name)});
  return bench;
}

void wake(Bench& bench, const NodeName& name) {
  bench.run(name, Verb::record_wake);
  bench.run(name, Verb::wake);
}

TEST(Watts, AWakeThatWouldPassTheCapWaitsAndIsToldForWhat) {
  Bench bench = all_wanted(capped_policy(200));
  wake(bench, "w1");
  EXPECT_TRUE(bench.planned("w2", Verb::record_wake));
  wake(bench, "w2");
  EXPECT_FALSE(bench.planned("w3", Verb::record_wake));
  const auto reason = bench.want("w3").reason;
  EXPECT_EQ(reason.code, "WattsCap");
  for (const auto* part : {"room is needed for pod default/p-w3", "all may draw 200 W",
                           "2 machines that are not proven off count 200 W", "this one 100 W more",
                           "one of them that is proven off, or a higher watts_cap, would free it",
                           "neither on nor proven off: w1, w2"}) {
    EXPECT_NE(reason.text.find(part), std::string::npos) << part << " in: " << reason.text;
  }
}

TEST(Watts, WithinOneDecisionEachWakeCountsForTheNext) {
  Bench bench = all_wanted(capped_policy(250));
  EXPECT_TRUE(bench.planned("w1", Verb::record_wake));
  EXPECT_TRUE(bench.planned("w2", Verb::record_wake));
  EXPECT_FALSE(bench.planned("w3", Verb::record_wake));
}

TEST(Watts, ALateNodeCountsUntilItsBmcProvesItOff) {
  Policy policy = capped_policy(200);
  policy.nodes["w1"].bmc = true;
  policy.nodes["w1"].methods = {WakeMethod::wol};
  Bench bench(policy);
  bench.fleet({"w1", "w2", "w3"});
  for (const auto* name : {"w2", "w3"}) bench.put_to_sleep(name);
  const Step shutdown = bench.take_down("w1");
  bench.goodbye("w1", LeaveOrigin::coordinator, shutdown.id.text());
  bench.hang_up("w1");
  bench.see_marked("w1", true, Readiness::unknown);
  for (int i = 0; i < kEqualReadings; ++i) bench.see(BmcSeen{"w1", false, guid_of("w1")});
  bench.run("w1", Verb::record_off);
  for (const auto* name : {"w1", "w2", "w3"}) bench.see(PodSeen{pod_for(name)});
  wake(bench, "w1");
  wake(bench, "w2");
  bench.see(BmcSeen{"w1", false, guid_of("w1")});
  bench.see(BmcSeen{"w1", false, guid_of("w1")});
  EXPECT_FALSE(bench.planned("w3", Verb::record_wake)) << "it is being woken";
  bench.pass(bench.policy.wake_repeat);
  bench.run("w1", Verb::wake);
  bench.pass(bench.policy.wake_deadline);
  bench.run("w1", Verb::quarantine);
  EXPECT_FALSE(bench.planned("w3", Verb::record_wake)) << "it is late, and nobody knows its power";
  EXPECT_TRUE(may_draw(bench.node("w1"), bench.policy, bench.now));
  bench.see(BmcSeen{"w1", false, guid_of("w1")});
  EXPECT_FALSE(bench.planned("w3", Verb::record_wake)) << "once is not twice";
  bench.see(BmcSeen{"w1", false, guid_of("w1")});
  EXPECT_TRUE(bench.planned("w3", Verb::record_wake));
}

TEST(Watts, WithoutABmcALateNodeCountsForAsLongAsItIsSilent) {
  Bench bench = all_wanted(capped_policy(200));
  wake(bench, "w1");
  bench.pass(bench.policy.wake_deadline);
  bench.run("w1", Verb::quarantine);
  wake(bench, "w2");
  bench.pass(bench.policy.quarantine_base - Duration(1));
  EXPECT_EQ(bench.want("w3").reason.code, "WattsCap");
  EXPECT_NE(bench.want("w3").reason.text.find("neither on nor proven off: w1"), std::string::npos);
}

TEST(Watts, ItsOwnPlaceIsKeptForALateNodeThatIsTriedAgain) {
  Bench bench = all_wanted(capped_policy(200));
  wake(bench, "w1");
  wake(bench, "w2");
  bench.pass(bench.policy.wake_deadline);
  bench.run("w1", Verb::quarantine);
  bench.pass(bench.policy.quarantine_base);
  wake(bench, "w1");
  EXPECT_EQ(bench.state("w1"), Lifecycle::powering_up);
}

TEST(Watts, NobodyPassesTheCapNotEvenAPersonOrAnEvacuation) {
  Bench bench = all_asleep(capped_policy(100));
  bench.see(PodSeen{pod_for("w1")});
  wake(bench, "w1");
  bench.ask("w2", PersonVerb::wake);
  bench.see(FleetAsked{FleetVerb::evacuate, "anna", "goodbye"});
  for (const auto* name : {"w2", "w3"}) {
    EXPECT_FALSE(bench.planned(name, Verb::record_wake)) << name;
    EXPECT_FALSE(bench.planned(name, Verb::wake)) << name;
    EXPECT_EQ(bench.want(name).reason.code, "WattsCap") << name;
  }
}

TEST(Watts, DemandGoesWhereTheCapLeavesRoomThoughAnotherWouldBeCheaper) {
  Policy policy = worker_policy();
  policy.pools.front().peak = Power::watts(100);
  policy.inrush.power_domains["rack1"].watts_cap = Power::watts(100);
  policy.nodes["w1"].power_domain = policy.nodes["w2"].power_domain = "rack1";
  policy.nodes["w3"].power_domain = "rack2";
  Bench bench = all_asleep(policy);
  bench.see(PodSeen{pod_for("w1")});
  wake(bench, "w1");
  bench.world.nodes.at("w3").inventory.idle = Power::watts(500);
  bench.see(PodSeen{pending_pod("z-anywhere", 3900)});
  EXPECT_TRUE(bench.planned("w3", Verb::wake));
  EXPECT_FALSE(bench.want("w2").on);
  bench.see(PodSeen{pod_for("w2")});
  const auto reason = bench.want("w2").reason;
  EXPECT_EQ(reason.code, "WattsCap");
  EXPECT_NE(reason.text.find("power domain rack1 may draw 100 W"), std::string::npos);
}

TEST(Watts, ANodeOfUnknownPowerCountsAndADeletedOneOnlyWhileItIsOn) {
  Bench bench = all_asleep(capped_policy(200));
  bench.see(PodSeen{pod_for("w1")});
  bench.see_node(worker("silent"));
  auto silent = worker("silent");
  silent.ready = Readiness::unknown;
  bench.see_node(silent);
  wake(bench, "w1");
  bench.see(PodSeen{pod_for("w2")});
  EXPECT_EQ(bench.want("w2").reason.code, "WattsCap");
  bench.see(NodeDeleted{"silent", ++bench.revision});
  EXPECT_TRUE(bench.planned("w2", Verb::record_wake));
}

TEST(Watts, TheGateCountsByItself) {
  Bench bench = all_wanted(capped_policy(100));
  wake(bench, "w1");
  const auto transition = bench.node("w2").transition;
  Step forged{{"w2", Verb::wake, transition, 1}, WakeNode{"a:9", {}}, {}, 1};
  forged.tokens = start_tokens(bench.policy, bench.node("w2"));
  EXPECT_EQ(bench.broken(forged), (std::set<std::string>{"S6 WattsCap", "S6 NotRecorded"}));
  const Step record{{"w2", Verb::record_wake, transition, 1}, RecordWake{bench.now}, {}, 1};
  EXPECT_EQ(bench.broken(record), std::set<std::string>{"S6 WattsCap"});
  bench.policy.inrush.all.watts_cap = Power::watts(200);
  EXPECT_TRUE(bench.broken(record).empty());
}

TEST(Watts, APlaceThatNobodyUsedIsFreeAfterTheTimeOfAWake) {
  Bench bench = all_asleep(capped_policy(100));
  bench.see(PodSeen{pod_for("w1")});
  bench.run("w1", Verb::record_wake);
  bench.see(PodDeleted{"uid-p-w1", 0});
  bench.see(PodSeen{pod_for("w2")});
  EXPECT_FALSE(bench.planned("w2", Verb::record_wake));
  bench.pass(bench.policy.wake_deadline);
  EXPECT_TRUE(bench.planned("w2", Verb::record_wake));
}

/// What another leader left on the Nodes of `first`, seen by one that knows nothing else.
Bench successor_of(const Bench& first, const std::string& waking) {
  Bench second(first.policy);
  second.now = first.now + minutes(20);
  ClusterListed listed{200, {}, {}, {}};
  for (const auto& [name, node] : first.world.nodes) listed.nodes.push_back(*node.kube);
  for (auto& kube : listed.nodes) {
    kube.annotations[std::string(names::kPower)] = "off (inferred)";
    kube.annotations[std::string(names::kWakeRecipe)] =
        format_wake_recipe({"127.0.0.255:9", {*MacAddress::parse("02:00:00:00:00:01")}});
    if (kube.name == "w1") kube.annotations[std::string(names::kWaking)] = waking;
  }
  listed.pods.push_back(pod_for("w2"));
  second.see(listed);
  second.see(LeaseHeld{2, second.now + seconds(15)});
  return second;
}

TEST(Watts, ANewLeaderWithoutADatabaseCountsWhatAnotherWokeThoughItIsLate) {
  Bench first = all_wanted(capped_policy(100));
  const Step record = first.run("w1", Verb::record_wake);
  first.run("w1", Verb::wake);
  const auto waking = format_waking(std::get<RecordWake>(record.action).at);
  const Bench second = successor_of(first, waking);
  EXPECT_EQ(second.state("w1"), Lifecycle::powered_down);
  EXPECT_EQ(second.want("w2").reason.code, "WattsCap");
}

TEST(Watts, ANewLeaderTakesAGoodbyeFromBeforeAWakeForNoOffAfterIt) {
  Bench first = all_wanted(capped_policy(100));
  const Step record = first.run("w1", Verb::record_wake);
  first.run("w1", Verb::wake);
  const auto waking = format_waking(std::get<RecordWake>(record.action).at);
  Bench second(first.policy);
  second.now = first.now + minutes(1);
  second.see(Recovered{{remembered(first.node("w1")), remembered(first.node("w2"))}, {}});
  ClusterListed listed{200, {}, {pod_for("w2")}, {}};
  for (const auto* name : {"w1", "w2"}) {
    listed.nodes.push_back(*first.node(name).kube);
    if (name == std::string("w1")) {
      listed.nodes.back().annotations[std::string(names::kWaking)] = waking;
    }
  }
  second.see(listed);
  second.see(LeaseHeld{2, second.now + seconds(15)});
  second.pass(second.policy.silence_to_off);
  second.run("w1", Verb::record_off);
  second.run("w2", Verb::record_off);
  second.pass(second.policy.wake_deadline);
  EXPECT_EQ(second.want("w2").reason.code, "WattsCap");
  EXPECT_FALSE(may_draw(second.node("w2"), second.policy, second.now));
}

TEST(Watts, WhoeverCameUpAndWentDownAgainIsOff) {
  Bench bench = all_asleep(capped_policy(100));
  bench.see(PodSeen{pod_for("w1")});
  wake(bench, "w1");
  bench.see(PodDeleted{"uid-p-w1", 0});
  bench.hello("w1", 2);
  bench.see_marked("w1", true, Readiness::ready, 2);
  bench.run("w1", Verb::unmark);
  bench.see_marked("w1", false, Readiness::ready, 2);
  ASSERT_EQ(bench.state("w1"), Lifecycle::ready);
  bench.pass(*bench.policy.pools.front().unneeded_time);
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready, 2);
  bench.pass(bench.policy.settle);
  bench.run("w1", Verb::list_pods);
  const Step shutdown = bench.run("w1", Verb::shutdown);
  bench.goodbye("w1", LeaveOrigin::coordinator, shutdown.id.text());
  bench.hang_up("w1");
  bench.see_marked("w1", true, Readiness::unknown, 2);
  EXPECT_TRUE(may_draw(bench.node("w1"), bench.policy, bench.now));
  bench.pass(bench.policy.silence_to_off);
  bench.run("w1", Verb::record_off);
  EXPECT_FALSE(may_draw(bench.node("w1"), bench.policy, bench.now));
}

/// How many machines really are not off.
std::int64_t not_off(const MiniFleet& fleet) {
  return std::ranges::count_if(fleet.machines, [](const auto& machine) {
    return machine.second.phase != Machine::Phase::off;
  });
}

TEST(Watts, NoFleetInTroubleIsBroughtAboveItsCapWhoeverLeads) {
  constexpr std::int64_t kMost = 4;
  int rounds_below = 0;
  std::int64_t boots = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Policy policy = fast_policy();
    policy.pools.front().peak = Power::watts(100);
    policy.inrush.all.watts_cap = Power::watts(100 * kMost);
    MiniFleet fleet(seed, 8, true, policy);
    if (seed % 2 == 0) fleet.give_bmcs();
    bool below = false;
    for (int round = 0; round < 8; ++round) {
      for (int i = 0; i < 6; ++i) fleet.add_pod(minutes(fleet.draw(1, 3)), 3900);
      const auto until = fleet.now + minutes(fleet.draw(4, 12));
      const auto dies = fleet.now + seconds(fleet.draw(1, 300));
      bool alive = true;
      while (fleet.now < until && !testing::Test::HasFailure()) {
        fleet.run_for(seconds(1));
        const auto count = not_off(fleet);
        if (below) {
          EXPECT_LE(count, kMost) << "seed " << seed << "; " << fleet.describe();
        }
        below = below || count <= kMost;
        if (!alive || fleet.now < dies) continue;
        alive = false;
        fleet.kill(fleet.draw(0, 1) == 0);
      }
      rounds_below += below ? 1 : 0;
    }
    boots += fleet.boots();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(rounds_below, 60);
  EXPECT_GT(boots, 50);
}

}  // namespace
}  // namespace ecokube::core::test
