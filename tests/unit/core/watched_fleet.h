#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "mini_fleet.h"

namespace ecokube::core::test {

/// Whatever interval one looks at, and whoever led then, no more have started than may.
inline void expect_rate(const std::vector<TimePoint>& starts, std::int64_t burst, Duration each,
                        std::uint64_t seed) {
  for (std::size_t i = 0; i < starts.size(); ++i) {
    for (std::size_t k = i; k < starts.size(); ++k) {
      const auto allowed = burst + (starts[k] - starts[i]) / each;
      ASSERT_LE(static_cast<std::int64_t>(k - i + 1), allowed) << "seed " << seed;
    }
  }
}

inline void expect_rate(const std::vector<TimePoint>& starts, const RateLimit& limit,
                        std::uint64_t seed) {
  expect_rate(starts, limit.burst, Duration(60'000) / limit.per_minute, seed);
}

/// A fleet whose starts, downs and boots are counted from outside (S6).
class Watched {
 public:
  Watched(std::uint64_t seed, int workers, bool trouble, Policy policy)
      : fleet(seed, workers, trouble, std::move(policy)), seed_(seed) {
    fleet.on_step = [this](const Step& step, const World& world, TimePoint now) {
      const auto& node = world.nodes.at(step.id.subject);
      if (step.id.verb == Verb::shutdown) downs_.push_back(now);
      if (step.id.verb != Verb::wake || node.state == Lifecycle::powering_up) return;
      starts_.push_back(now);
      woken_[step.id.subject] = {now, fleet.machines.at(step.id.subject).boot + 1};
    };
  }
  /// What the machines themselves do: those that we woke and that are still booting.
  void look() {
    std::int64_t booting = 0;
    for (const auto& [name, start] : woken_) {
      const auto& machine = fleet.machines.at(name);
      const bool boots = machine.phase == Machine::Phase::booting && machine.boot == start.boot;
      if (boots && fleet.now - start.at < fleet.policy.wake_deadline) ++booting;
    }
    most_booting_ = std::max(most_booting_, booting);
    if (limits().booting_max == 0) return;
    EXPECT_LE(booting, limits().booting_max) << "seed " << seed_ << "; " << fleet.describe();
  }
  void expect_limits() const {
    expect_rate(starts_, limits().starts, seed_);
    expect_rate(downs_, limits().downs, seed_);
    for (const auto& error : fleet.errors()) ADD_FAILURE() << "seed " << seed_ << ": " << error;
  }
  [[nodiscard]] std::int64_t starts() const { return std::ssize(starts_); }
  [[nodiscard]] std::int64_t most_booting() const { return most_booting_; }

  MiniFleet fleet;

 private:
  [[nodiscard]] const InrushLimits& limits() const { return fleet.policy.inrush.all; }

  std::uint64_t seed_;
  std::vector<TimePoint> starts_, downs_;
  struct Start {
    TimePoint at;
    int boot = 0;  ///< that it leads to; a later one is the machine's own doing
  };
  std::map<NodeName, Start> woken_;
  std::int64_t most_booting_ = 0;
};

}  // namespace ecokube::core::test
