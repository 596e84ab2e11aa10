#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "bench.h"

// A fleet in which every kind of step is about to be taken, and what may be wrong with it.
namespace ecokube::core::test {

/// w1 is listed and about to be shut down, w2 and w3 idle, w4 asleep, w5 off by a person; w6 is
/// emptied for a person, its pod has a sibling on w7; w8 lost its power under a
/// pod; w9 said goodbye and hangs.
[[nodiscard]] Bench all_kinds();

/// Every kind of step on every node, whether it may be taken or not.
[[nodiscard]] std::vector<Step> hostile_steps(const World& world, const Policy& policy);

/// A start of every node for a pod, with a token of its namespace's quota and without.
[[nodiscard]] std::vector<Step> wakes_for_a_pod(const World& world, const Policy& policy);

/// Bends one thing about the World or the policy, so that at most one rule more stands in the way.
class Bender {
 public:
  explicit Bender(std::uint64_t seed) : random_(seed) {}

  std::int64_t draw(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  void bend(Bench& bench);

 private:
  Node& some_node(World& world);
  void bend_around(Bench& bench, Node& node);
  void bend_proofs(Bench& bench);
  void bend_sleep(Bench& bench);
  void bend_services(Bench& bench, Node& node);
  void bend_certificates(Bench& bench);
  void bend_segments(Bench& bench);
  void bend_buckets(Bench& bench);
  void bend_booting(Bench& bench, Node& node);
  void bend_watts(Bench& bench);
  void bend_quota(Bench& bench);
  void bend_pods(World& world, Node& node);
  void bend_node(Node& node, TimePoint now);
  /// Who it is, and what it boots next.
  void bend_identity(World& world, Node& node);
  /// Of the node that is dead, or of the one that hangs.
  void bend_bmc(Bench& bench);
  void bend_way_down(Node& node);

  std::mt19937_64 random_;
};

}  // namespace ecokube::core::test
