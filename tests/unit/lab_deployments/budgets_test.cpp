// Goal: a budget's status is what the original's disruption controller would write.
#include "lab/deployments/budgets.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace ecokube::lab {
namespace {

/// A Deployment of four replicas with so many pods, all of them ready.
struct BudgetScene {
  Deployments deployments;
  DeploymentPods pods;

  explicit BudgetScene(int present) {
    Deployment deployment;
    deployment.uid = "d1";
    deployment.replicas = 4;
    deployments["default/w"] = deployment;
    for (int i = 0; i < present; ++i) pod(fmt::format("w-{}", i));
  }
  DeploymentPod& pod(const std::string& name) {
    auto& pod = pods["default/" + name];
    pod.pod.ns = "default";
    pod.pod.name = name;
    pod.pod.labels = {{"app", "w"}};
    pod.owner_uid = "d1";
    pod.ready = true;
    return pod;
  }
  [[nodiscard]] BudgetStatus count(std::string_view amount,
                                   std::string_view disrupted = "{}") const {
    const auto budget = parse(amount, disrupted);
    return count_budget(budget, deployments, pods);
  }
  static Budget parse(std::string_view amount, std::string_view disrupted = "{}") {
    const auto object = boost::json::parse(fmt::format(
        R"({{"metadata": {{"name": "b", "namespace": "default", "resourceVersion": "9",
             "generation": 2}}, "spec": {{{}, "selector": {{"matchLabels": {{"app": "w"}}}}}},
             "status": {{"disruptedPods": {}}}}})",
        amount, disrupted));
    return *parse_lab_budget(object.as_object());
  }
};

TEST(Budgets, ANumberThatMustStayIsOfThePodsThatAreThere) {
  const auto status = BudgetScene(3).count(R"("minAvailable": 2)");
  EXPECT_EQ(status, (BudgetStatus{2, 3, 2, 3, 1, {}}));
}

TEST(Budgets, APartOfTheReplicasIsRoundedUp) {
  EXPECT_EQ(BudgetScene(4).count(R"("minAvailable": "30%")"), (BudgetStatus{2, 4, 2, 4, 2, {}}));
  EXPECT_EQ(BudgetScene(4).count(R"("maxUnavailable": "30%")"), (BudgetStatus{2, 4, 2, 4, 2, {}}));
  EXPECT_EQ(BudgetScene(3).count(R"("maxUnavailable": 1)"), (BudgetStatus{2, 4, 3, 3, 0, {}}))
      << "one is missing already";
  EXPECT_EQ(BudgetScene(4).count(R"("maxUnavailable": 9)").desired_healthy, 0);
}

TEST(Budgets, OnlyReadyPodsThatStayAreHealthy) {
  BudgetScene scene(4);
  scene.pod("w-0").ready = false;
  scene.pod("w-1").pod.deleting = true;
  EXPECT_EQ(scene.count(R"("minAvailable": 1)"), (BudgetStatus{2, 4, 1, 2, 1, {}}));
}

// Its deletion may be seen later than the eviction was allowed.
TEST(Budgets, AnEvictedPodIsNotCountedUntilItIsSeenToGo) {
  BudgetScene scene(4);
  const auto evicted = scene.count(R"("minAvailable": 1)", R"({"w-0": "t", "other": "t"})");
  EXPECT_EQ(evicted, (BudgetStatus{2, 4, 1, 3, 2, {"w-0"}}));
  scene.pod("w-0").pod.deleting = true;
  EXPECT_TRUE(scene.count(R"("minAvailable": 1)", R"({"w-0": "t"})").disrupted.empty());
}

TEST(Budgets, WithoutPodsNothingIsAllowed) {
  EXPECT_EQ(BudgetScene(0).count(R"("minAvailable": 0)"), (BudgetStatus{2, 0, 0, 0, 0, {}}));
}

TEST(Budgets, ThePatchHoldsForThisRevisionAndSettlesWhatIsGone) {
  const auto budget = BudgetScene::parse(R"("minAvailable": 1)", R"({"a": "t", "b": "t"})");
  EXPECT_EQ(boost::json::value(budget_patch(budget, {2, 3, 1, 2, 1, {"b"}})),
            boost::json::parse(R"({"metadata": {"resourceVersion": "9"}, "status": {
              "observedGeneration": 2, "expectedPods": 3, "desiredHealthy": 1,
              "currentHealthy": 2, "disruptionsAllowed": 1, "disruptedPods": {"a": null}}})"));
}

}  // namespace
}  // namespace ecokube::lab
