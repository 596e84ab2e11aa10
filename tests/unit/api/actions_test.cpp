#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "coordinator/api/events.h"
#include "coordinator/api/routes.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube {
namespace {

namespace json = boost::json;
using core::PersonVerb;
using Handler = HttpResponse (*)(const ApiContext&, const ApiRequest&);

class ActionsTest : public ::testing::Test {
 protected:
  ActionsTest() { test::fill(fleet_); }

  HttpResponse call(Handler handler, std::string node, std::string body = "") {
    ApiRequest request;
    request.node = std::move(node);
    request.body = std::move(body);
    return handler(ApiContext{fleet_, events_}, request);
  }
  json::object accepted(Handler handler, const std::string& node, const std::string& body = "") {
    const auto response = call(handler, node, body);
    EXPECT_EQ(response.status, 202) << response.body;
    return json::parse(response.body).as_object();
  }
  std::string refused(Handler handler, const std::string& node) {
    const auto response = call(handler, node);
    EXPECT_EQ(response.status, 409) << response.body;
    return std::string(json::parse(response.body).at("detail").as_string());
  }
  std::string happens(const json::object& answer) {
    return std::string(answer.at("what_happens").as_string());
  }
  core::Node& node(const std::string& name) { return fleet_.world_value.nodes.at(name); }

  boost::asio::io_context io_{1};
  test::FakeFleet fleet_;
  EventHub events_{io_.get_executor(), fleet_, 16, std::chrono::seconds(15)};
};

TEST_F(ActionsTest, PutsTheRequestInAndSaysWhatHappens) {
  const auto answer =
      accepted(post_wake, "worker2", R"({"reason": "tests", "for_s": 600, "by": "ann"})");
  EXPECT_EQ(answer.at("now"), true);
  EXPECT_EQ(answer.at("verb"), "wake");
  EXPECT_NE(happens(answer).find("magic packet"), std::string::npos);
  EXPECT_NE(happens(answer).find("10 min"), std::string::npos);
  ASSERT_EQ(fleet_.posted.size(), 1U);
  const auto& asked = std::get<core::PersonAsked>(fleet_.posted[0]);
  EXPECT_EQ(asked.node, "worker2");
  EXPECT_EQ(asked.verb, PersonVerb::wake);
  EXPECT_EQ(asked.by, "ann");
  EXPECT_EQ(asked.reason, "tests");
  EXPECT_EQ(asked.valid_for, Duration(600'000));
}

TEST_F(ActionsTest, EachVerbIsItsOwn) {
  accepted(post_sleep, "worker1");
  accepted(post_hold, "worker1");
  accepted(post_release, "worker1");
  accepted(post_test_wake, "worker1");
  EXPECT_NE(refused(post_unquarantine, "worker1").find("not quarantined"), std::string::npos);
  node("worker1").state = core::Lifecycle::quarantined;
  accepted(post_unquarantine, "worker1");
  std::vector<PersonVerb> verbs;
  for (const auto& fact : fleet_.posted) {
    verbs.push_back(std::get<core::PersonAsked>(fact).verb);
    EXPECT_EQ(std::get<core::PersonAsked>(fact).by, "root");
  }
  EXPECT_EQ(verbs, (std::vector{PersonVerb::sleep, PersonVerb::hold, PersonVerb::release,
                                PersonVerb::test_wake, PersonVerb::unquarantine}));
}

TEST_F(ActionsTest, TheWholeFleetIsFrozenWithAReason) {
  EXPECT_EQ(call(post_freeze, "").status, 400) << "others must read why";
  EXPECT_EQ(call(post_freeze, "", R"({"reason": "x", "for_s": 5})").status, 400);
  EXPECT_TRUE(fleet_.posted.empty());
  EXPECT_EQ(accepted(post_freeze, "", R"({"reason": "storage", "by": "ann"})").at("verb"),
            "freeze");
  accepted(post_evacuate, "", R"({"reason": "moving"})");
  accepted(post_unfreeze, "");
  ASSERT_EQ(fleet_.posted.size(), 3U);
  const auto& freeze = std::get<core::FleetAsked>(fleet_.posted[0]);
  EXPECT_EQ(freeze.verb, core::FleetVerb::freeze);
  EXPECT_EQ(freeze.by, "ann");
  EXPECT_EQ(freeze.reason, "storage");
  EXPECT_EQ(std::get<core::FleetAsked>(fleet_.posted[1]).verb, core::FleetVerb::evacuate);
  EXPECT_EQ(std::get<core::FleetAsked>(fleet_.posted[2]).verb, core::FleetVerb::unfreeze);
}

TEST_F(ActionsTest, SaysWhyNothingCanHappenNow) {
  node("worker1").agent.vetoes = {"a backup runs"};
  const auto answer = accepted(post_sleep, "worker1");
  EXPECT_EQ(answer.at("now"), false);
  EXPECT_EQ(answer.at("blockers").at(0).at("code"), "AgentVeto");
  EXPECT_NE(happens(answer).find("a backup runs"), std::string::npos);
}

TEST_F(ActionsTest, APersonsSleepDoesNotWaitForTheProofOfAWake) {
  node("worker1").wake_proven_at.reset();
  EXPECT_EQ(accepted(post_sleep, "worker1").at("now"), true);
}

TEST_F(ActionsTest, AHeldNodeIsLeftAlone) {
  node("worker1").hold = core::Hold{"ann", "disk swap", std::nullopt};
  for (const Handler handler : {post_sleep, post_test_wake, post_wake}) {
    EXPECT_NE(refused(handler, "worker1").find("ecoctl release worker1"), std::string::npos);
  }
  EXPECT_TRUE(fleet_.posted.empty());
}

TEST_F(ActionsTest, ANodeThatCannotBeWokenSaysWhy) {
  node("worker2").inventory.wake_address.clear();
  EXPECT_NE(refused(post_wake, "worker2").find("no wake address"), std::string::npos);
  node("worker2").inventory.nics.clear();
  EXPECT_NE(refused(post_wake, "worker2").find("no MAC address"), std::string::npos);
  fleet_.policy_value.pools.clear();
  EXPECT_NE(refused(post_wake, "worker2").find("in no pool"), std::string::npos);
}

// Goal: a standby does what it can do, and names the leader for the rest.
TEST_F(ActionsTest, AStandbyNamesTheLeader) {
  fleet_.world_value.fence = 0;
  fleet_.world_value.leader = "other_17";
  EXPECT_NE(refused(post_sleep, "worker1").find("other_17 leads"), std::string::npos);
  EXPECT_NE(refused(post_test_wake, "worker1").find("other_17 leads"), std::string::npos);
  EXPECT_NE(refused(post_wake, "worker1").find("other_17 leads"), std::string::npos);
  EXPECT_TRUE(fleet_.posted.empty());
  EXPECT_NE(happens(accepted(post_wake, "worker2")).find("other_17"), std::string::npos);
  EXPECT_EQ(accepted(post_hold, "worker1").at("now"), true);
  EXPECT_EQ(accepted(post_release, "worker1").at("now"), true);
  EXPECT_EQ(fleet_.posted.size(), 3U);
}

TEST_F(ActionsTest, ADryRunSaysSo) {
  fleet_.policy_value.dry_run = true;
  const auto answer = accepted(post_sleep, "worker1");
  EXPECT_EQ(answer.at("now"), false);
  EXPECT_TRUE(happens(answer).starts_with("Dry run"));
}

TEST_F(ActionsTest, RefusesBadBodiesAndPostsNothing) {
  for (const auto* body : {"{", "[]", R"({"for": 3})", R"({"for_s": "1h"})", R"({"for_s": 0})",
                           R"({"for_s": 1e3})", R"({"for_s": 99999999999})", R"({"reason": 3})",
                           R"({"reason": "two\nlines"})", R"({"by": "\u0007"})"}) {
    const auto response = call(post_hold, "worker1", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(response.header("Content-Type"), "application/problem+json");
  }
  EXPECT_EQ(call(post_hold, "worker1", R"({"reason": ")" + std::string(501, 'x') + "\"}").status,
            400);
  EXPECT_TRUE(fleet_.posted.empty());
}

TEST_F(ActionsTest, AnUnknownNodeSaysWhichThereAre) {
  const auto response = call(post_wake, "worker9");
  EXPECT_EQ(response.status, 404);
  const auto problem = json::parse(response.body).as_object();
  const std::string detail(problem.at("detail").as_string());
  EXPECT_NE(detail.find("worker1, worker2"), std::string::npos) << detail;
  EXPECT_TRUE(fleet_.posted.empty());
}

}  // namespace
}  // namespace ecokube
