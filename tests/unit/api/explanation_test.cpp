// Why a node is as it is, and what would change that.
#include "coordinator/api/times.h"
#include "tests/unit/api/documents_fixture.h"

namespace ecokube {
namespace {

class ExplanationTest : public DocumentsFixture {};

TEST_F(ExplanationTest, AnIdleProvenNodeIsAboutToBePutToSleep) {
  const auto explanation = explain("worker1");
  EXPECT_EQ(codes(explanation), std::set<std::string>{}) << json::serialize(explanation);
  EXPECT_EQ(explanation.at("what_would_change"), "It is about to be put to sleep.");
}

TEST_F(ExplanationTest, BlockersAreNamedWithRuleAndSentence) {
  fleet_.policy_value.pools.front().prove_wakes = false;
  node("worker1").wake_proven_at.reset();
  node("worker1").agent.vetoes = {"hold file /etc/ecokube/hold"};
  const auto explanation = explain("worker1");
  EXPECT_EQ(codes(explanation), (std::set<std::string>{"WakeNotProven", "AgentVeto"}));
  const std::string change(explanation.at("what_would_change").as_string());
  EXPECT_NE(change.find("ecoctl test-wake worker1"), std::string::npos) << change;
  EXPECT_NE(change.find("S13"), std::string::npos) << change;
}

TEST_F(ExplanationTest, ANodeThatWaitsForItsOwnServicesSaysForWhichAndUntilWhen) {
  auto& rising = node("worker1");
  rising.state = core::Lifecycle::powering_up;
  rising.up.boot_proven = true;
  rising.up.ready_at = test::kNow;
  rising.kube->network_unavailable = true;
  EXPECT_EQ(
      what_would_change_of("worker1"),
      "It is Ready and kept from new pods until 2025-11-22T09:12:00.250Z at most: its network "
      "is not set up.");
}

TEST_F(ExplanationTest, ANodeOfAPoolThatProvesWakesIsAboutToProveIts) {
  node("worker1").wake_proven_at.reset();
  const auto explanation = explain("worker1");
  EXPECT_EQ(codes(explanation), std::set<std::string>{}) << json::serialize(explanation);
  EXPECT_NE(what_would_change_of("worker1").find("woken at once"), std::string::npos);
}

TEST_F(ExplanationTest, ASleeperSaysUntilWhenItMaySleep) {
  node("worker1").state = Lifecycle::powered_down;
  node("worker1").sleep.since = test::kNow;
  const auto until = rfc3339(test::kNow + fleet_.policy_value.first_sleep);
  EXPECT_NE(what_would_change_of("worker1").find("until " + until), std::string::npos);
}

TEST_F(ExplanationTest, ASleeperSaysHowItSleeps) {
  node("worker1").state = Lifecycle::powered_down;
  node("worker1").sleep.mode = core::SleepMode::suspend;
  node("worker1").marked = true;
  EXPECT_NE(what_would_change_of("worker1").find("It is suspended"), std::string::npos);
  EXPECT_EQ(explain("worker1").at("sleep_mode"), "suspend");
}

TEST_F(ExplanationTest, ANodeThatCannotSleepAsItsPoolWantsSaysSo) {
  fleet_.policy_value.pools.front().sleep_mode = core::SleepMode::suspend;
  EXPECT_EQ(explain("worker1").at("sleep_mode"), "power-off");
  EXPECT_NE(what_would_change_of("worker1").find("switched off: it cannot suspend"),
            std::string::npos)
      << what_would_change_of("worker1");
  node("worker1").inventory.machine.can_suspend = true;
  EXPECT_EQ(what_would_change_of("worker1").find("switched off"), std::string::npos);
}

TEST_F(ExplanationTest, AHeldNodeSaysByWhomAndHowToEndIt) {
  node("worker1").hold = core::Hold{"ann", "disk swap", std::nullopt};
  const auto explanation = explain("worker1");
  EXPECT_EQ(explanation.at("held"), "ann: disk swap");
  EXPECT_NE(what_would_change_of("worker1").find("ecoctl release worker1"), std::string::npos);
  node("worker1").hold->until = test::kNow;
  EXPECT_TRUE(explain("worker1").at("held").is_null()) << "a hold that ran out is none";
}

TEST_F(ExplanationTest, EachStateHasItsOwnSentence) {
  std::set<std::string> sentences;
  const std::vector<Lifecycle> states{Lifecycle::draining,     Lifecycle::powering_down,
                                      Lifecycle::powered_down, Lifecycle::powering_up,
                                      Lifecycle::quarantined,  Lifecycle::maintenance,
                                      Lifecycle::unknown,      Lifecycle::ready};
  for (const auto state : states) {
    node("worker1").state = state;
    const auto sentence = what_would_change_of("worker1");
    EXPECT_TRUE(sentence.ends_with('.')) << sentence;
    sentences.insert(sentence);
  }
  EXPECT_EQ(sentences.size(), states.size());
}

TEST_F(ExplanationTest, ANodeThatSleepsHasNoBlockers) {
  EXPECT_EQ(codes(explain("worker2")), std::set<std::string>{});
  EXPECT_NE(what_would_change_of("worker2").find("ecoctl wake worker2"), std::string::npos);
}

TEST_F(ExplanationTest, AWakeNamesThePodThatAskedAndWhatHoldsItBack) {
  auto& want = fleet_.plan_value.nodes[1];
  want = {"worker2", true, {"WattsCap", "room is needed for pod team-a/x and 2 more; it waits"}};
  want.needed_by = core::PodRef{"u", "team-a", "x"};
  want.others.count = 2;
  const auto shown = explain("worker2");
  const auto& by = shown.at("want").at("needed_by");
  EXPECT_EQ(by.at("namespace"), "team-a");
  EXPECT_EQ(by.at("pod"), "x");
  EXPECT_EQ(by.at("more"), 2);
  EXPECT_NE(what_would_change_of("worker2").find("waits for its turn: room is needed for"),
            std::string::npos);
  EXPECT_TRUE(explain("worker1").at("want").at("needed_by").is_null());
  node("worker2").state = Lifecycle::powering_up;
  node("worker2").up.asked_at = node("worker2").up.method_at = test::kNow;
  node("worker2").up.why = "room is needed for pod team-a/x and 2 more";
  EXPECT_NE(what_would_change_of("worker2").find(
                "woken by wol (room is needed for pod team-a/x and 2 more)"),
            std::string::npos);
}

TEST_F(ExplanationTest, StepsInFlightAreShown) {
  node("worker1").in_flight[{"worker1", core::Verb::mark, 4, 1}] = test::kNow - Duration(1500);
  const auto step = explain("worker1").at("in_flight").at(0);
  EXPECT_EQ(step.at("id"), "worker1:mark:4:1");
  EXPECT_EQ(step.at("for_s"), 1.5);
}

}  // namespace
}  // namespace ecokube
