// Goal: break S13. Method: seeded runs of commands, right and wrong, heartbeats, new connections,
// restarts of the agent (with what was on disk) and clock jumps; a second, plain book of what
// happened judges each acceptance.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "node-agent/shutdown/guard.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  void run(int events) {
    for (int i = 0; i < events && !testing::Test::HasFailure(); ++i) {
      switch (pick(12)) {
        case 0: new_connection(); break;
        case 1: restart(); break;
        case 2: now_ += milliseconds(pick(30'000)); break;
        case 3:
        case 4:
        case 5: beat(); break;
        case 6: finish(); break;
        case 7: announce(); break;
        default: ask(); break;
      }
      now_ += milliseconds(pick(1500));
    }
    still_works();
  }
  [[nodiscard]] int accepted() const { return accepted_; }
  [[nodiscard]] int confirmed() const { return confirmed_; }

 private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }

  void new_connection() { ++session_; }
  void restart() {
    guard_ = ShutdownGuard(on_disk_, now_);
    sent_.clear();
    sequence_ = 0;
    ++session_;
    under_way_ = false;
  }
  void beat() {
    guard_.heartbeat_sent(session_, ++sequence_, now_);
    sent_[{session_, sequence_}] = now_;
  }
  void announce() {
    const auto fence = fence_ + static_cast<std::int64_t>(pick(3)) - 1;
    guard_.fence_seen(fence);
    fence_ = std::max(fence_, fence);
    on_disk_ = guard_.memory();
  }
  Conditions conditions() {
    Conditions now{now_, pick(8) != 0, pick(8) != 0, pick(8) == 0 ? "held" : "", ""};
    if (pick(20) == 0) now.memory_problem = "disk full";
    if (pick(20) == 0) now.pods_problem = "no cgroups";
    if (pick(20) == 0) now.local_work = "a backup runs";
    if (pick(20) == 0) now.limit = "never_off";
    for (const auto* pod : {"a", "b", "c"}) {
      if (pick(4) == 0) now.living_pods.emplace_back(pod);
    }
    return now;
  }
  void ask() {
    ShutdownCommand command;
    command.id = "c" + std::to_string(pick(3) == 0 ? pick(next_id_ + 1) : ++next_id_);
    command.fence = fence_ + static_cast<std::int64_t>(pick(4)) - 1;
    for (const auto* pod : {"a", "b", "c"}) {
      if (pick(4) != 0) command.pods_that_may_remain.emplace_back(pod);
    }
    command.session = session_ - pick(8) / 7;  // or another connection, which is open too
    command.heartbeat_sequence = sequence_ - std::min(sequence_, pick(4)) + pick(8) / 7;
    const auto now = conditions();
    const auto refused = guard_.consider(command, now);
    if (!refused) {
      ++accepted_;
      judge(command, now);
      under_way_ = true;
      under_way_since_ = now_;
      under_way_fence_ = command.fence;
      may_remain_ = command.pods_that_may_remain;
    }
    // Book-keeping of a plain kind: everything a coordinator said under a new id raises the fence.
    if (now.peer_is_coordinator && ids_.insert(command.id).second) {
      fence_ = std::max(fence_, command.fence);
    }
    on_disk_ = guard_.memory();  // as the shell does before it answers
  }
  void judge(const ShutdownCommand& command, const Conditions& now) {
    EXPECT_TRUE(now.peer_is_coordinator);
    EXPECT_FALSE(ids_.contains(command.id)) << command.id;
    EXPECT_GE(command.fence, fence_);
    EXPECT_GT(command.fence, 0);
    const auto sent = sent_.find({command.session, command.heartbeat_sequence});
    ASSERT_NE(sent, sent_.end());
    EXPECT_LE(now_ - sent->second, seconds(10));
    EXPECT_TRUE(now.hold.empty());
    EXPECT_TRUE(now.wake_armed);
    EXPECT_TRUE(now.memory_problem.empty());
    EXPECT_FALSE(under_way_);
    judge_work(command.pods_that_may_remain, now);
  }
  static void judge_work(const std::vector<std::string>& may_remain, const Conditions& now) {
    EXPECT_TRUE(now.pods_problem.empty());
    EXPECT_TRUE(now.local_work.empty());
    EXPECT_TRUE(now.limit.empty());
    for (const auto& pod : now.living_pods) {
      EXPECT_EQ(std::count(may_remain.begin(), may_remain.end(), pod), 1) << pod;
    }
  }
  void finish() {
    if (pick(3) == 0) {
      guard_.abandon();
      under_way_ = false;
      return;
    }
    const auto now = conditions();
    if (!guard_.confirm(now)) {
      ++confirmed_;
      EXPECT_TRUE(under_way_);
      EXPECT_TRUE(now.peer_is_coordinator && now.wake_armed && now.hold.empty());
      EXPECT_LE(now_ - under_way_since_, seconds(25));
      EXPECT_GE(under_way_fence_, fence_);
      judge_work(may_remain_, now);
      guard_.abandon();  // the power-off failed: the machine goes on
    }
    under_way_ = false;
  }
  // Refusing everything would be safe and useless: after all that, a right command is accepted.
  void still_works() {
    guard_.abandon();
    beat();
    const ShutdownCommand command{"the-last", fence_ + 1, session_, sequence_, "", {}};
    EXPECT_EQ(guard_.consider(command, {now_, true, true, "", ""}), std::nullopt);
  }

  std::mt19937_64 random_;
  nanoseconds now_ = std::chrono::hours(1);
  GuardMemory on_disk_;
  ShutdownGuard guard_{{}, now_};
  std::uint64_t session_ = 1, sequence_ = 0, next_id_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, nanoseconds> sent_;
  std::set<std::string> ids_;
  std::int64_t fence_ = 0, under_way_fence_ = 0;
  std::vector<std::string> may_remain_;
  bool under_way_ = false;
  nanoseconds under_way_since_{};
  int accepted_ = 0, confirmed_ = 0;
};

TEST(GuardProperty, NoAcceptedCommandBreaksARule) {
  int accepted = 0, confirmed = 0;
  for (std::uint64_t seed = 1; seed <= 400 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.run(300);
    accepted += world.accepted();
    confirmed += world.confirmed();
  }
  EXPECT_GT(accepted, 1000) << "the runs must reach what they judge";
  EXPECT_GT(confirmed, 100);
}

}  // namespace
}  // namespace ecokube::agent
