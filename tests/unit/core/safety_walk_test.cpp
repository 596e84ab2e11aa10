// Tries to break the rules: hostile steps in bent Worlds, and long walks of a fleet.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "bench.h"
#include "mini_fleet.h"
#include "rules.h"

namespace ecokube::core::test {
namespace {

/// Bends one thing about the World or the policy, so that at most one rule more stands in the way.
class Bender {
 public:
  explicit Bender(std::uint64_t seed) : random_(seed) {}

  std::int64_t draw(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }

  void bend(Bench& bench) {
    Node& node = some_node(bench.world);
    switch (draw(4)) {
      case 0: return bend_around(bench, node);
      case 1: return bend_node(node, bench.now);
      case 2: return bend_bmc(bench);
      default: return bend_way_down(node);
    }
  }

 private:
  Node& some_node(World& world) {
    auto at = world.nodes.begin();
    std::advance(at, draw(std::ssize(world.nodes)));
    return at->second;
  }

  void bend_around(Bench& bench, Node& node) {
    World& world = bench.world;
    Pool& pool = bench.policy.pools.front();
    switch (draw(17)) {
      case 0: world.cluster_ok = false; return;
      case 1: world.cluster_seen_at = bench.now - seconds(29 + draw(3)); return;
      case 2: world.went_backwards_at = bench.now - seconds(29 + draw(3)); return;
      case 3: world.fence = draw(3); return;
      case 4: world.lease_valid_until = bench.now + Duration(draw(3) - 1); return;
      case 5: world.fence_highest_seen = draw(3); return;
      case 6: bench.policy.dry_run = true; return;
      case 7: pool.min_on = draw(4); return;
      case 8: pool.mode = Mode::advise; return;
      case 9: bench.policy.host_node = node.name; return;
      case 10: bench.policy.unready_percent_max = draw(100); return;
      case 11: bench.policy.downs_per_day_max = draw(3); return;
      case 12: world.freeze.now = Freeze{draw(2) == 0, "anna", ""}; return;
      case 13: world.attachments["a"] = {"a", 1, node.name, "disk"}; return;
      case 14: world.local_volumes["v"] = {"v", 1, {node.name}, "default/data"}; return;
      case 15: node.kube->owned_by = "kured"; return;
      default: return bend_pods(world, node);
    }
  }

  void bend_pods(World& world, Node& node) {
    constexpr std::array kOwners{"DaemonSet", "Job", "ReplicaSet", ""};
    KubePod pod = bound_pod("late", node.name);
    pod.owner_kind = kOwners[static_cast<std::size_t>(draw(std::ssize(kOwners)))];
    pod.phase = draw(4) == 0 ? PodPhase::succeeded : PodPhase::running;
    pod.local_storage = draw(8) == 0;
    if (draw(8) == 0) pod.labels["ecokube.io/quorum"] = "db";
    if (draw(8) == 0) pod.safe_to_evict = false;
    world.pods_on[node.name].insert(pod.uid);
    world.pods[pod.uid] = pod;
  }

  void bend_node(Node& node, TimePoint now) {
    switch (draw(14)) {
      case 0: node.kube->unschedulable = true; return;
      case 1: node.kube->ready = Readiness::not_ready; return;
      case 2: node.kube->labels.erase("role"); return;
      case 3: node.kube->labels["node-role.kubernetes.io/control-plane"] = ""; return;
      case 4: node.hold = Hold{"anna", "", now + seconds(draw(3) - 1)}; return;
      case 5: node.agent.vetoes = {"no"}; return;
      case 6: node.agent.heard_at = now - seconds(19 + draw(3)); return;
      case 7: node.agent.connected = false; return;
      case 8:
        for (auto& nic : node.agent.nics) nic.wake_armed = false;
        return;
      case 9: node.inventory.wake_address.clear(); return;
      case 10: node.wake_proven_at.reset(); return;
      case 11:
        node.downs.assign(static_cast<std::size_t>(draw(30)), now - minutes(draw(3000)));
        return;
      case 12: node.work_ended_at = now - seconds(59 + draw(3)); return;
      default:
        node.request = Request{draw(2) == 0 ? PersonVerb::sleep : PersonVerb::wake, "anna", "",
                               now - seconds(draw(200)), now + seconds(draw(3) - 1)};
    }
  }

  /// Of the node that is dead, or of the one that hangs.
  void bend_bmc(Bench& bench) {
    const NodeName name = draw(2) == 0 ? "w8" : "w9";
    auto& bmc = bench.world.nodes.at(name).bmc;
    switch (draw(9)) {
      case 0: bmc.equal = static_cast<int>(draw(3)); return;
      case 1: bmc.on = draw(2) == 0; return;
      case 2: bmc.on.reset(); return;
      case 3: *bmc.read_at = bench.now - bench.policy.bmc_poll * 3 + seconds(draw(3) - 1); return;
      case 4: bmc.guid = guid_of("w7"); return;
      case 5: bmc.contradicts = true; return;
      case 6: bench.policy.nodes[name].bmc = false; return;
      case 7: bench.world.pods.erase("uid-dead"); return drop_pods(bench.world, "w8");
      default: bench.world.nodes.at(name).agent.heard_at = bench.now - seconds(draw(40));
    }
  }

  static void drop_pods(World& world, const NodeName& name) { world.pods_on[name].clear(); }

  void bend_way_down(Node& node) {
    auto& down = node.down;
    switch (draw(11)) {
      case 0: down.work_found = true; return;
      case 7: down.offs_ordered = draw(3); return;
      case 8: node.agent.goodbye.reset(); return;
      case 9:
        if (node.agent.closed_at) *node.agent.closed_at += seconds(draw(400));
        return;
      case 10:
        if (node.agent.goodbye) node.agent.goodbye->origin = LeaveOrigin::person;
        return;
      case 1: down.listed_at.reset(); return;
      case 2:
        if (down.listed_revision) *down.listed_revision -= draw(3);
        return;
      case 3:
        if (down.listed_at) *down.listed_at -= Duration(draw(3));
        return;
      case 4: node.agent.boot_id = "another"; return;
      case 5: node.kube->taints.clear(); return;
      default: ++node.transition;
    }
  }

  std::mt19937_64 random_;
};

/// w1 is listed and about to be shut down, w2 and w3 idle, w4 asleep, w5 off by a person; w6 is
/// emptied for a person, its pod has a sibling on w7; w8 lost its power under a
/// pod; w9 said goodbye and hangs.
Bench all_kinds() {
  Bench bench;
  bench.policy.nodes["w8"].bmc = bench.policy.nodes["w9"].bmc = true;
  bench.policy.pools.front().hard_off = true;
  bench.fleet({"w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9"});
  bench.see(PodSeen{bound_pod("moves", "w6")});
  bench.see(PodSeen{bound_pod("stays", "w7")});
  const Step shutdown = bench.take_down("w9");
  bench.goodbye("w9", LeaveOrigin::coordinator, shutdown.id.text());
  bench.hang_up("w9");
  bench.pass(bench.policy.down_deadline);
  bench.put_to_sleep("w4");
  bench.goodbye("w5", LeaveOrigin::person);
  bench.hang_up("w5");
  bench.see(PodSeen{bound_pod("dead", "w8")});
  bench.hang_up("w8");
  bench.pass(bench.policy.pools.front().unneeded_time);
  auto dead = worker("w8");
  dead.ready = Readiness::unknown;
  dead.system_uuid = guid_of("w8");
  bench.see_node(dead);
  bench.see_marked("w9", true, Readiness::unknown);
  auto hangs = *bench.node("w9").kube;
  hangs.system_uuid = guid_of("w9");
  bench.see_node(hangs);
  for (int i = 0; i < kEqualReadings; ++i) {
    bench.see(BmcSeen{"w8", false, guid_of("w8")});
    bench.see(BmcSeen{"w9", true, guid_of("w9")});
  }
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  bench.pass(bench.policy.settle);
  bench.run("w1", Verb::list_pods);
  bench.see(PersonAsked{"w6", PersonVerb::sleep, "anna", "", {}});
  bench.run("w6", Verb::mark);
  bench.see_marked("w6", true, Readiness::ready);
  return bench;
}

std::vector<Step> hostile_steps(const World& world) {
  std::vector<Step> steps;
  for (const auto& [name, node] : world.nodes) {
    const auto id = [&](Verb verb) { return StepId{name, verb, node.transition, 1}; };
    steps.push_back({id(Verb::mark), MarkNode{0, "", false, ""}, {}, 1});
    steps.push_back({id(Verb::evict), EvictPods{{{"uid-moves", "default", "moves"}}}, {}, 1});
    steps.push_back({id(Verb::evict), EvictPods{{{"uid-late", "default", "late"}}}, {}, 1});
    steps.push_back({id(Verb::shutdown), ShutdownNode{1, {}}, {}, 1});
    steps.push_back(
        {id(Verb::out_of_service), TakeOutOfService{node.kube ? node.kube->revision : 0}, {}, 1});
    const Revision revision = node.kube ? node.kube->revision : 0;
    for (const bool hard : {false, true}) {
      steps.push_back({id(Verb::power_off), PowerOff{hard, guid_of(name), revision}, {}, 1});
    }
    steps.push_back({id(Verb::wake), WakeNode{"127.0.0.255:9", {}}, {}, 1});
  }
  return steps;
}

TEST(SafetyWalk, NoHostileStepGetsThroughInABentWorld) {
  const Bench base = all_kinds();
  std::map<Verb, int> passed, refused;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Bender bender(seed);
    Bench bench = base;
    const auto steps = hostile_steps(bench.world);
    for (auto bends = bender.draw(4); bends > 0; --bends) bender.bend(bench);
    for (const auto& step : steps) {
      const bool passes = check(bench.world, bench.policy, step, bench.now).empty();
      ++(passes ? passed : refused)[step.id.verb];
      if (!passes) continue;
      for (const auto& rule : broken_rules(bench.world, bench.policy, step, bench.now)) {
        FAIL() << "seed " << seed << ": " << step.id.text() << " passed against " << rule;
      }
    }
  }
  for (const auto verb : {Verb::mark, Verb::evict, Verb::shutdown, Verb::power_off,
                          Verb::out_of_service, Verb::wake}) {
    EXPECT_GT(passed[verb], 1000) << to_string(verb);
    EXPECT_GT(refused[verb], 1000) << to_string(verb);
  }
}

/// Where a BMC says off, the machine is off.
void expect_off_when_recorded(const MiniFleet& fleet, const Step& step, std::uint64_t seed) {
  const auto* record = std::get_if<RecordOff>(&step.action);
  if (record == nullptr || record->power != "off (BMC)") return;
  EXPECT_EQ(fleet.machines.at(step.id.subject).phase, Machine::Phase::off) << "seed " << seed;
}

TEST(SafetyWalk, EveryStepOfAFleetInTroubleKeepsTheRules) {
  int steps = 0;
  int evictions = 0;
  int failovers = 0;
  int cuts = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    MiniFleet fleet(seed, 4, true);
    if (seed % 2 == 0) fleet.give_bmcs();
    if (seed % 4 == 0) fleet.hang_on_the_way_down();
    fleet.policy.pools.front().min_on = fleet.draw(0, 1);
    fleet.set_evictions_a_minute(static_cast<int>(fleet.draw(0, 3)));
    fleet.on_step = [&](const Step& step, const World& world, TimePoint now) {
      ++steps;
      for (const auto& rule : broken_rules(world, fleet.policy, step, now)) {
        ADD_FAILURE() << "seed " << seed << ": " << step.id.text() << " against " << rule;
      }
      expect_off_when_recorded(fleet, step, seed);
    };
    for (int round = 0; round < 20; ++round) {
      fleet.run_for(seconds(fleet.draw(1, 180)));
      fleet.add_pod(seconds(fleet.draw(1, 200)), fleet.draw(500, 4000));
      if (fleet.draw(0, 2) == 0) {
        fleet.ask("w" + std::to_string(fleet.draw(1, 4)), PersonVerb::sleep);
      }
    }
    evictions += fleet.evictions();
    failovers += fleet.failovers();
    cuts += fleet.cuts();
    for (const auto& error : fleet.errors()) ADD_FAILURE() << "seed " << seed << ": " << error;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(steps, 1000);
  EXPECT_GT(evictions, 20);
  EXPECT_GT(failovers, 20);
  EXPECT_GT(cuts, 20);
}

TEST(SafetyWalk, S19TwoSwappedBmcsPutNothingDownAndFreeNothing) {
  MiniFleet fleet(6, 3, false);
  fleet.give_bmcs();
  fleet.swap_bmcs("w1", "w2");
  fleet.on_step = [](const Step& step, const World&, TimePoint) {
    EXPECT_EQ(step.id.subject, "w3") << step.id.text();
  };
  fleet.run_for(minutes(5));
  fleet.cut("w1");
  fleet.run_for(minutes(10));
  EXPECT_TRUE(fleet.machines.at("w2").phase == Machine::Phase::up);
  EXPECT_EQ(fleet.failovers(), 0);
  const auto wants = decide(fleet.world, fleet.policy, fleet.now).nodes;
  const auto& held = wants.at(1).reason;
  EXPECT_TRUE(held.code == "WrongBmc" || held.code == "BmcContradicts") << held.text;
}

TEST(SafetyWalk, S7TheSameDecisionThatWithdrawsAPromisePicksAnother) {
  Bench bench;
  bench.fleet({"w1", "w2"});
  bench.put_to_sleep("w1");
  bench.put_to_sleep("w2");
  bench.see(PodSeen{pending_pod("p")});
  bench.run("w1", Verb::wake);
  bench.pass(bench.policy.wake_deadline - Duration(1));
  EXPECT_FALSE(bench.planned("w2", Verb::wake));
  bench.pass(Duration(1));
  EXPECT_TRUE(bench.planned("w1", Verb::quarantine));
  EXPECT_TRUE(bench.planned("w2", Verb::wake));
}

TEST(SafetyWalk, S9ADryRunExplainsAndTouchesNothing) {
  MiniFleet fleet(3, 3, false);
  fleet.policy.dry_run = true;
  fleet.run_for(minutes(10));
  EXPECT_FALSE(decide(fleet.world, fleet.policy, fleet.now).steps.empty());
  EXPECT_EQ(fleet.steps_started(), 0);
  for (const auto& [name, machine] : fleet.machines) EXPECT_TRUE(fleet.up_and_clean(name));
}

TEST(SafetyWalk, S11WhatIsNotOursStays) {
  MiniFleet fleet(4, 3, true);
  fleet.cordon("w2");
  fleet.taint("w3", {"dedicated", "db", "NoSchedule"});
  fleet.on_step = [](const Step& step, const World&, TimePoint) {
    EXPECT_NE(step.id.subject, "w2") << step.id.text();
  };
  for (int round = 0; round < 20; ++round) {
    fleet.add_pod(minutes(1));
    fleet.run_for(minutes(5));
    if (round % 5 == 4) fleet.kill(false);
  }
  EXPECT_TRUE(fleet.node("w2").unschedulable);
  EXPECT_FALSE(fleet.node("w2").annotations.contains("ecokube.io/cordoned"));
  const auto& taints = fleet.node("w3").taints;
  EXPECT_NE(std::find(taints.begin(), taints.end(), Taint{"dedicated", "db", "NoSchedule"}),
            taints.end());
}

TEST(SafetyWalk, S17DownsOfADayAreBounded) {
  MiniFleet fleet(5, 2, false);
  fleet.policy.downs_per_day_max = 3;
  std::map<NodeName, int> downs;
  fleet.on_step = [&](const Step& step, const World&, TimePoint) {
    if (step.id.verb == Verb::shutdown) ++downs[step.id.subject];
  };
  for (int round = 0; round < 60; ++round) {
    fleet.add_pod(minutes(1));
    fleet.add_pod(minutes(1));
    fleet.run_for(minutes(15));
    if (round % 7 == 6) fleet.kill(true);
  }
  EXPECT_EQ(downs, (std::map<NodeName, int>{{"w1", 3}, {"w2", 3}}));
}

}  // namespace
}  // namespace ecokube::core::test
