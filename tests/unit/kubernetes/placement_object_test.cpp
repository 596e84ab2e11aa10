// What a pod demands of its place, as the API writes it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::kubernetes {
namespace {

core::KubePod parse(const std::string& spec, const std::string& more_metadata = "") {
  const auto pod =
      parse_pod(boost::json::parse(fmt::format(R"({{"metadata": {{"name": "p", "namespace": "shop",
                             "uid": "u", "resourceVersion": "1",
                             "creationTimestamp": "2026-11-25T07:08:23Z",
                             "labels": {{"app": "web", "hash": "h1"}} {}}}, "spec": {}}})",
                                               more_metadata, spec))
                    .as_object());
  EXPECT_TRUE(pod) << pod.error().message;
  return pod.value_or(core::KubePod());
}

/// Of a pod of our scheduler with this in its spec.
std::string not_placeable(const std::string& field) {
  return parse(R"({"schedulerName": "ecokube", )" + field + "}").not_placeable;
}

TEST(PlacementObject, WhoBindsItAndInWhichOrder) {
  const auto ours = parse(R"({"schedulerName": "ecokube", "priority": 7})");
  EXPECT_EQ(ours.scheduler, "ecokube");
  EXPECT_EQ(ours.priority, 7);
  EXPECT_EQ(ours.created, from_ms(1'795'590'503'000));
  EXPECT_EQ(ours.not_placeable, "");
  EXPECT_FALSE(ours.gated);
  EXPECT_EQ(parse(R"({"schedulerName": "default-scheduler"})").scheduler, "");
  EXPECT_EQ(parse("{}").scheduler, "");
  EXPECT_TRUE(parse(R"({"schedulingGates": [{"name": "g"}]})").gated);
}

TEST(PlacementObject, ATimeThatIsNoneIsTheEpoch) {
  for (const auto* text : {"", "soon", "2026-13-45T00:00:00Z"}) {
    const boost::json::object object{{"at", text}};
    EXPECT_EQ(find_time(object, {"at"}), TimePoint()) << text;
  }
}

TEST(PlacementObject, RequiredNodeAffinity) {
  const auto pod = parse(R"({"affinity": {"nodeAffinity": {
      "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}],
      "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]},
                              {"key": "cores", "operator": "Gt", "values": ["4"]}]},
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["w1"]}]}]}}}})");
  const std::vector<core::NodeTerm> terms{
      {{{"zone", "In", {"a", "b"}}, {"cores", "Gt", {"4"}}}, {}},
      {{}, {{"metadata.name", "In", {"w1"}}}}};
  EXPECT_EQ(pod.node_affinity, terms);
  EXPECT_TRUE(core::matches(terms, "w1", {}));
  EXPECT_FALSE(core::matches(terms, "w2", {{"zone", "a"}}));
  EXPECT_FALSE(core::matches(terms, "w2", {{"zone", "a"}, {"cores", "4"}}));
  EXPECT_FALSE(core::matches(terms, "w2", {{"zone", "a"}, {"cores", "many"}}));
  EXPECT_TRUE(core::matches(terms, "w2", {{"zone", "a"}, {"cores", "8"}}));
}

TEST(PlacementObject, RequiredTermsAboutOtherPods) {
  const auto pod = parse(R"({"affinity": {
      "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "zone", "namespaces": ["db"],
         "labelSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}},
        {"topologyKey": "zone", "namespaceSelector": {},
         "labelSelector": {"matchLabels": {"app": "x"}}}]},
      "podAntiAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {}}],
        "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "host",
          "labelSelector": {"matchLabels": {"app": "web"}}}, {"topologyKey": "host"}]}}})");
  ASSERT_EQ(pod.pod_terms.size(), 4U);
  EXPECT_EQ(pod.pod_terms[0],
            (core::PodTerm{false, {{}, {{"app", "Exists", {}}}}, {"db"}, "zone"}));
  EXPECT_EQ(pod.pod_terms[1], (core::PodTerm{false, {{{"app", "x"}}, {}}, {}, "zone"}));
  EXPECT_EQ(pod.pod_terms[2], (core::PodTerm{true, {{{"app", "web"}}, {}}, {"shop"}, "host"}));
  EXPECT_FALSE(core::matches(pod.pod_terms[3].selector, {})) << "no selector selects nothing";
}

TEST(PlacementObject, HardSpreadOnly) {
  const auto pod = parse(R"({"topologySpreadConstraints": [
      {"topologyKey": "zone", "maxSkew": 2, "minDomains": 3, "whenUnsatisfiable": "DoNotSchedule",
       "labelSelector": {"matchLabels": {"app": "web"}}, "matchLabelKeys": ["hash", "absent"],
       "nodeTaintsPolicy": "Honor", "nodeAffinityPolicy": "Ignore"},
      {"topologyKey": "host", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}]})");
  ASSERT_EQ(pod.spread.size(), 1U);
  EXPECT_EQ(
      pod.spread[0],
      (core::SpreadRule{2, 3, "zone", {{{"app", "web"}}, {{"hash", "In", {"h1"}}}}, false, true}));
}

TEST(PlacementObject, WhatWeCannotJudgeIsNamed) {
  const auto expect_named = [](const std::string& field, const std::string& what) {
    EXPECT_NE(not_placeable(field).find("the pod has " + what + ","), std::string::npos)
        << field << ": " << not_placeable(field);
  };
  expect_named(R"("volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}])",
               "a volume of kind persistentVolumeClaim");
  expect_named(R"("volumes": [{"name": "v", "csi": {"driver": "d"}}])", "a volume of kind csi");
  expect_named(R"("resourceClaims": [{"name": "gpu"}])", "resource claims");
  expect_named(R"("containers": [{"ports": [{"hostPort": 80}]}])", "a host port");
  expect_named(R"("containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}])",
               "the resource nvidia.com/gpu");
  expect_named(R"("initContainers": [{"resources": {"requests": {"ephemeral-storage": "1Gi"}}}])",
               "the resource ephemeral-storage");
  expect_named(R"("resources": {"requests": {"cpu": "1"}})", "resources of the pod as a whole");
  expect_named(R"("affinity": {"podAntiAffinity": {
      "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone",
        "namespaceSelector": {"matchLabels": {"team": "a"}}}]}})",
               "an affinity to namespaces by their labels");
  EXPECT_EQ(not_placeable(R"("volumes": [{"name": "t", "projected": {}}, {"name": "e",
      "emptyDir": {}}, {"name": "c", "configMap": {"name": "c"}}])"),
            "");
  EXPECT_EQ(parse(R"({"resourceClaims": [{"name": "gpu"}]})").not_placeable, "")
      << "another scheduler's pod is not ours to judge";
}

}  // namespace
}  // namespace ecokube::kubernetes
