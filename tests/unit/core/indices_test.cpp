// What World keeps beside the pods, so that a decision need not walk over all of them, is what a
// walk would give.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "bench.h"

namespace ecokube::core::test {
namespace {

void expect_a_recount_agrees(const World& world, std::uint64_t seed) {
  std::set<std::string> unbound;
  std::map<NodeName, std::set<std::string>> on;
  std::map<NodeName, Resources> requested;
  std::map<NodeName, std::map<std::string, std::int64_t>> of_controllers;
  for (const auto& [uid, pod] : world.pods) {
    const bool lives = pod.phase != PodPhase::succeeded && pod.phase != PodPhase::failed;
    if (lives && !pod.owner_kind.empty()) {
      const auto* replicas = replicas_of(world, pod);
      EXPECT_TRUE(replicas != nullptr && replicas->pods.contains(uid)) << "seed " << seed;
    }
    if (pod.node.empty()) {
      unbound.insert(uid);
      continue;
    }
    on[pod.node].insert(uid);
    const bool over = pod.phase == PodPhase::succeeded || pod.phase == PodPhase::failed;
    if (!over) requested[pod.node] += pod.requests;
    if (!over && !pod.owner_kind.empty()) ++of_controllers[pod.node][pod.owner_name];
  }
  for (const auto& [name, shares] : world.replicas.on) {
    std::map<std::string, std::int64_t> kept;
    for (const auto& share : shares) {
      const auto& one = *world.replicas.all.at(share.replicas).pods.begin();
      kept[world.pods.at(one).owner_name] += share.pods;
    }
    EXPECT_EQ(kept, of_controllers[name]) << "seed " << seed << " " << name;
    of_controllers.erase(name);
  }
  EXPECT_TRUE(of_controllers.empty()) << "seed " << seed;
  EXPECT_EQ(world.pods_unbound, unbound) << "seed " << seed;
  for (const auto& [name, node] : world.nodes) {
    const auto kept = world.pods_on.find(name);
    EXPECT_EQ(kept == world.pods_on.end() ? std::set<std::string>() : kept->second, on[name])
        << "seed " << seed << " " << name;
    const auto asked = world.requested_on.find(name);
    EXPECT_EQ(asked == world.requested_on.end() ? Resources() : asked->second, requested[name])
        << "seed " << seed << " " << name;
  }
}

/// One of eight pods as it may be seen: bound or not, moved, grown, finished.
KubePod any_pod(std::mt19937_64& random) {
  const auto draw = [&](std::uint64_t below) { return random() % below; };
  auto pod = pending_pod("p" + std::to_string(draw(8)), static_cast<std::int64_t>(1 + draw(3)));
  if (draw(3) > 0) pod.node = "w" + std::to_string(1 + draw(3));
  if (draw(4) == 0) pod.phase = PodPhase::succeeded;
  if (draw(3) == 0) pod.owner_name = "other";
  if (draw(6) == 0) pod.owner_kind.clear();
  return pod;
}

TEST(Indices, FollowThePodsWhateverIsSeenOfThem) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    Bench bench;
    bench.fleet({"w1", "w2", "w3"});
    for (int turn = 0; turn < 60; ++turn) {
      const auto pod = any_pod(random);
      switch (random() % 5) {
        case 0: bench.see(PodDeleted{pod.uid, 1}); break;
        case 1: bench.see(ClusterListed{1, {worker("w1"), worker("w2")}, {pod}, {}}); break;
        default: bench.see(PodSeen{pod});
      }
      expect_a_recount_agrees(bench.world, seed);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(Indices, ATurnsCountOfTheFleetGivesTheSameBlockers) {
  Bench bench;
  bench.policy.pools.front().min_on = 1;
  bench.fleet({"w1", "w2", "w3", "w4"});
  bench.put_to_sleep("w4");
  auto silent = worker("w2", ++bench.revision);
  silent.ready = Readiness::not_ready;
  bench.see(NodeSeen{silent});
  const auto counted = count_fleet(bench.world, bench.policy, bench.now);
  EXPECT_EQ(counted.should_be_on, 3);
  EXPECT_EQ(counted.unready, 1);
  EXPECT_EQ(counted.on, (std::map<const Pool*, std::int64_t>{{&bench.policy.pools.front(), 2}}));
  // Of w1's two others one is unready, of w2's none.
  const auto unwell = [&](const NodeName& name) {
    const auto found = blockers(bench.world, bench.policy, counted, bench.node(name), bench.now);
    return std::any_of(found.begin(), found.end(),
                       [](const Violation& violation) { return violation.rule == "S16"; });
  };
  EXPECT_TRUE(unwell("w1"));
  EXPECT_FALSE(unwell("w2"));
}

}  // namespace
}  // namespace ecokube::core::test
