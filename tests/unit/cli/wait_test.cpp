#include "cli/wait.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace ecokube::cli {
namespace {

using State = Progress::State;
constexpr std::int64_t kAsked = 1000;

boost::json::object node(std::string_view state, std::int64_t since_ms,
                         std::string_view problem = "", std::int64_t proven_ms = 0) {
  boost::json::object made{{"state", state}, {"since_ms", since_ms}, {"what_would_change", "..."}};
  if (!problem.empty()) made["last_problem"] = problem;
  if (proven_ms != 0) made["wake_proven_at_ms"] = proven_ms;
  return made;
}

State state_of(Verb verb, const boost::json::object& before, const boost::json::object& now) {
  return progress_of(verb, kAsked, before, now).state;
}

TEST(Wait, AWakeEndsWithReady) {
  const auto off = node("PoweredDown", 10);
  EXPECT_EQ(state_of(Verb::wake, off, off), State::under_way);
  EXPECT_EQ(state_of(Verb::wake, off, node("PoweringUp", 1100)), State::under_way);
  EXPECT_EQ(state_of(Verb::wake, off, node("Ready", 2000)), State::done);
  EXPECT_EQ(state_of(Verb::wake, off, node("Quarantined", 2000, "no boot in 600 s")),
            State::failed);
}

TEST(Wait, AWakeOfAQuarantinedNodeDoesNotFailAtOnce) {
  const auto before = node("Quarantined", 10, "no boot in 600 s");
  EXPECT_EQ(state_of(Verb::wake, before, before), State::under_way);
}

TEST(Wait, ASleepEndsWithOffOrComesBack) {
  const auto on = node("Ready", 10);
  EXPECT_EQ(state_of(Verb::sleep, on, on), State::under_way);
  EXPECT_EQ(state_of(Verb::sleep, on, node("Draining", 1001)), State::under_way);
  EXPECT_EQ(state_of(Verb::sleep, on, node("PoweredDown", 2000)), State::done);
  const auto back = progress_of(Verb::sleep, kAsked, on, node("Ready", 1500, "refused: hold file"));
  EXPECT_EQ(back, (Progress{State::failed, "refused: hold file"}));
}

TEST(Wait, ASleepAskedOfARisingNodeWaitsUntilItIsUp) {
  const auto rising = node("PoweringUp", 900);
  EXPECT_EQ(state_of(Verb::sleep, rising, node("Ready", 1500)), State::under_way);
  EXPECT_EQ(state_of(Verb::sleep, rising, node("Ready", 1500, "refused")), State::failed);
}

TEST(Wait, ATestWakeIsDoneWithANewProof) {
  const auto on = node("Ready", 10, "", 500);
  EXPECT_EQ(state_of(Verb::test_wake, on, on), State::under_way);
  EXPECT_EQ(state_of(Verb::test_wake, on, node("PoweredDown", 1500, "", 500)), State::under_way);
  EXPECT_EQ(state_of(Verb::test_wake, on, node("Ready", 3000, "", 2900)), State::done);
  EXPECT_EQ(state_of(Verb::test_wake, on, node("Ready", 1500, "refused", 500)), State::failed);
}

TEST(NotBack, NamesWhatSleepsOrBearsOurMark) {
  const auto list = boost::json::parse(R"({"nodes": [
    {"name": "a", "pool": "w", "state": "Ready", "kubernetes": {"marked_by_us": false}},
    {"name": "b", "pool": "w", "state": "Ready", "kubernetes": {"marked_by_us": true}},
    {"name": "c", "pool": "w", "state": "PoweringUp", "kubernetes": {"marked_by_us": false}},
    {"name": "d", "pool": "w", "state": "Ready", "kubernetes": null},
    {"name": "e", "pool": null, "state": "Unknown", "kubernetes": null}]})");
  EXPECT_EQ(not_back(list.as_object()), "b (Ready), c (PoweringUp), d (Ready)");
}

}  // namespace
}  // namespace ecokube::cli
