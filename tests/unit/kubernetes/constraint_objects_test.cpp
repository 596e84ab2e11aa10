#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>

#include "coordinator/kubernetes/objects.h"
#include "tests/unit/kubernetes/read_object.h"

namespace ecokube::kubernetes {
namespace {

core::KubePod pod(std::string_view annotations, std::string_view spec) {
  auto parsed = parse_pod(read(fmt::format(R"({{"metadata": {{"name": "p", "uid": "u",
      "resourceVersion": "1", "annotations": {}}}, "spec": {}}})",
                                           annotations, spec)));
  return parsed.value_or(core::KubePod{});
}

TEST(ConstraintObjects, SafeToEvictIsKnownOrNot) {
  constexpr auto kKarpenter = "\"karpenter.sh/do-not-disrupt\": \"true\"";
  const auto safe = [](std::string_view said) {
    return fmt::format("\"cluster-autoscaler.kubernetes.io/safe-to-evict\": \"{}\"", said);
  };
  const auto of = [](const std::string& inside) {
    return pod("{" + inside + "}", "{}").safe_to_evict;
  };
  EXPECT_EQ(of(""), std::nullopt);
  EXPECT_EQ(of(safe("true")), true);
  EXPECT_EQ(of(safe("false")), false);
  EXPECT_EQ(of(safe("perhaps")), std::nullopt);
  EXPECT_EQ(of(kKarpenter), false);
  EXPECT_EQ(of(safe("true") + "," + kKarpenter), false) << "who says no wins";
}

TEST(ConstraintObjects, LocalStorageIsWhatStaysOnTheNode) {
  const auto has = [](std::string_view volume, std::string_view safe = "") {
    return pod(fmt::format(R"({{"cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes":
                               "{}"}})",
                           safe),
               fmt::format(R"({{"volumes": [{{"name": "v", {}}}]}})", volume))
        .local_storage;
  };
  EXPECT_TRUE(has(R"("emptyDir": {})"));
  EXPECT_TRUE(has(R"("emptyDir": {"medium": "Memory"})"));
  EXPECT_TRUE(has(R"("hostPath": {"path": "/data"})"));
  for (const auto* kind : {"projected", "configMap", "secret", "downwardAPI", "csi"}) {
    EXPECT_FALSE(has(fmt::format(R"("{}": {{}})", kind))) << kind;
  }
  EXPECT_FALSE(has(R"("emptyDir": {})", "a, v,b"));
  EXPECT_TRUE(has(R"("emptyDir": {})", "vv, a"));
}

TEST(ConstraintObjects, AHostPortOfAnyContainerCounts) {
  constexpr auto kPort = R"([{"ports": [{"containerPort": 1}, {"hostPort": 80}]}])";
  EXPECT_FALSE(pod("{}", R"({"containers": [{"ports": [{"hostPort": 0}]}]})").host_port);
  EXPECT_TRUE(pod("{}", fmt::format(R"({{"containers": {}}})", kPort)).host_port);
  EXPECT_TRUE(pod("{}", fmt::format(R"({{"initContainers": {}}})", kPort)).host_port);
}

core::KubeBudget budget(std::string_view status, std::string_view spec = "{}") {
  auto parsed = parse_budget(read(fmt::format(R"({{"metadata": {{"name": "b", "namespace": "d",
      "resourceVersion": "1", "generation": 2}}, "spec": {}, "status": {}}})",
                                              spec, status)));
  return parsed.value_or(core::KubeBudget{});
}

TEST(ConstraintObjects, ABudgetNeverAllowsWhatEveryPodIsNeededFor) {
  const auto full = budget(R"({"observedGeneration": 2, "expectedPods": 3, "desiredHealthy": 3})");
  EXPECT_EQ(full.key(), "d/b");
  EXPECT_TRUE(full.never_allows);
  const auto some = budget(R"({"observedGeneration": 2, "expectedPods": 3, "desiredHealthy": 2,
                               "disruptionsAllowed": 1})");
  EXPECT_FALSE(some.never_allows);
  EXPECT_EQ(some.disruptions_allowed, 1);
  EXPECT_FALSE(budget(R"({"observedGeneration": 2, "expectedPods": 0})").never_allows);
}

TEST(ConstraintObjects, TheStatusOfAnOlderSpecAllowsNothingAndForeseesNothing) {
  const auto old = budget(R"({"observedGeneration": 1, "expectedPods": 3, "desiredHealthy": 3,
                              "disruptionsAllowed": 1})");
  EXPECT_EQ(old.disruptions_allowed, 0);
  EXPECT_FALSE(old.never_allows);
}

TEST(ConstraintObjects, ABudgetsSelector) {
  const core::Labels labels{{"app", "w"}, {"tier", "a"}};
  const auto covers = [&](std::string_view spec) {
    return core::matches(budget("{}", spec).selector, labels);
  };
  EXPECT_FALSE(covers("{}")) << "without a selector it is for no pod";
  EXPECT_TRUE(covers(R"({"selector": {}})")) << "with an empty one for all";
  EXPECT_TRUE(covers(R"({"selector": {"matchLabels": {"app": "w"}, "matchExpressions": [
      {"key": "tier", "operator": "In", "values": ["a", "b"]},
      {"key": "gpu", "operator": "DoesNotExist"}]}})"));
  EXPECT_FALSE(covers(R"({"selector": {"matchExpressions": [
      {"key": "tier", "operator": "NotIn", "values": ["a"]}]}})"));
}

TEST(ConstraintObjects, AServiceThatSelectsNothingIsForNoPod) {
  const auto selector = [](std::string_view spec) {
    return parse_service(read(fmt::format(R"({{"metadata": {{"name": "s", "namespace": "d",
        "resourceVersion": "1"}}, "spec": {}}})",
                                          spec)))
        ->selector;
  };
  EXPECT_EQ(selector(R"({"selector": {"app": "web"}, "clusterIP": "None"})"),
            (core::Labels{{"app", "web"}}));
  EXPECT_TRUE(selector("{}").empty());
  EXPECT_TRUE(selector(R"({"type": "ExternalName", "selector": {"app": "web"}})").empty());
}

core::KubeLocalVolume volume(std::string_view phase, std::string_view expression) {
  auto parsed = parse_local_volume(read(fmt::format(
      R"({{"metadata": {{"name": "v", "resourceVersion": "1"}}, "status": {{"phase": "{}"}},
          "spec": {{"claimRef": {{"namespace": "d", "name": "c"}}, "nodeAffinity": {{"required":
            {{"nodeSelectorTerms": [{{"matchExpressions": [{}]}}]}}}}}}}})",
      phase, expression)));
  return parsed.value_or(core::KubeLocalVolume{});
}

TEST(ConstraintObjects, AClaimedVolumeBindsTheNodesOfItsAffinity) {
  constexpr auto kTwo =
      R"({"key": "kubernetes.io/hostname", "operator": "In", "values": ["w1", "w2"]})";
  EXPECT_EQ(volume("Bound", kTwo).nodes, (std::vector<NodeName>{"w1", "w2"}));
  EXPECT_EQ(volume("Bound", kTwo).claim, "d/c");
  EXPECT_TRUE(volume("Available", kTwo).nodes.empty());
  EXPECT_TRUE(volume("Released", kTwo).nodes.empty());
  EXPECT_TRUE(
      volume("Bound", R"({"key": "zone", "operator": "In", "values": ["z"]})").nodes.empty());
  EXPECT_TRUE(
      volume("Bound", R"({"key": "kubernetes.io/hostname", "operator": "NotIn", "values": ["w"]})")
          .nodes.empty());
}

}  // namespace
}  // namespace ecokube::kubernetes
