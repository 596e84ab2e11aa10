// Goal: an eviction is decided by the budget's status, and takes one off what it allows. The
// contract tests compare the rest with a real API server.
#include <gmock/gmock.h>

#include "tests/unit/lab_kubernetes/api_fixture.h"

namespace ecokube::lab {
namespace {

using ::testing::HasSubstr;

const std::string kBudgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

class Evicting : public ApiFixture {
 protected:
  void SetUp() override {
    start();
    for (const auto* pod : {"a", "b"}) {
      make_pod(pod, R"({"app":"w"})");
      bind(pod, "worker1");
      merge(kPods + "/" + pod + "/status", R"({"status":{"phase":"Running",
              "conditions":[{"type":"Ready","status":"True"}]}})");
    }
  }
  void make_budget(const std::string& selector, const std::string& status) {
    EXPECT_EQ(
        send("POST", kBudgets, R"({"metadata":{"name":"b"},"spec":{"selector":)" + selector + "}}")
            .status,
        201);
    merge(kBudgets + "/b/status", R"({"status":)" + status + "}");
  }
  Answer evict(const std::string& pod, const std::string& options = "{}") {
    return send("POST", kPods + "/" + pod + "/eviction",
                R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":")" + pod +
                    R"("},"deleteOptions":)" + options + "}");
  }
};

constexpr auto kOneMayGo = R"({"observedGeneration":1,"disruptionsAllowed":1,
    "currentHealthy":2,"desiredHealthy":1})";

TEST_F(Evicting, TakesOneOffTheBudget) {
  make_budget(R"({"matchLabels":{"app":"w"}})", kOneMayGo);
  EXPECT_EQ(evict("a").status, 201);
  EXPECT_FALSE(get(kPods + "/a").text("metadata.deletionTimestamp").empty());
  const auto status = get(kBudgets + "/b").body.at("status");
  EXPECT_EQ(status.at("disruptionsAllowed").to_number<int>(), 0);
  EXPECT_TRUE(status.at("disruptedPods").as_object().contains("a"));
  EXPECT_EQ(evict("b").status, 429);
  EXPECT_EQ(evict("a").status, 201) << "it goes already";
}

TEST_F(Evicting, SelectorsByExpressionCoverToo) {
  make_budget(R"({"matchExpressions":[{"key":"app","operator":"In","values":["v","w"]},
                                      {"key":"gpu","operator":"DoesNotExist"}]})",
              R"({"observedGeneration":1})");
  const auto refused = evict("a");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.text("reason"), "TooManyRequests");
}

TEST_F(Evicting, AnOlderStatusAllowsNothingAndSaysWhenToAskAgain) {
  make_budget("{}", R"({"observedGeneration":0,"disruptionsAllowed":1})");
  const auto refused = evict("a");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body.at("details").at("retryAfterSeconds").to_number<int>(), 10);
}

TEST_F(Evicting, AnUnreadyPodGoesFromWhatHasEnough) {
  make_budget("{}", R"({"observedGeneration":1,"disruptionsAllowed":0,"currentHealthy":1,
                        "desiredHealthy":1})");
  merge(kPods + "/a/status", R"({"status":{"conditions":[]}})");
  EXPECT_EQ(evict("a").status, 201);
  EXPECT_EQ(evict("b").status, 429);
}

TEST_F(Evicting, WithoutASelectorABudgetCoversNone) {
  EXPECT_EQ(send("POST", kBudgets, R"({"metadata":{"name":"b"},"spec":{}})").status, 201);
  EXPECT_EQ(evict("a").status, 201);
}

TEST_F(Evicting, MistakesAreRefused) {
  EXPECT_EQ(evict("none").status, 404);
  const auto another = evict("a", R"({"preconditions":{"uid":"x"}})");
  EXPECT_EQ(another.status, 409);
  EXPECT_THAT(another.text("message"), HasSubstr("UID in the precondition"));
  EXPECT_EQ(send("POST", kPods + "/a/eviction", R"({"metadata":{"name":"b"}})").status, 400);
  EXPECT_EQ(get(kPods + "/a").text("metadata.deletionTimestamp"), "");
}

}  // namespace
}  // namespace ecokube::lab
