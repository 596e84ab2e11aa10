#include "coordinator/kubernetes/workload_object.h"

#include <gtest/gtest.h>

#include "tests/unit/kubernetes/read_object.h"

namespace ecokube::kubernetes {
namespace {

ScaledKind kind(const char* api_version, const char* name) {
  return *built_in_kind(api_version, name);
}

const ScaledKind kThing{"example.com/v1", "Thing", "things", ScaledKind::By::scale_subresource,
                        false};

core::KubeWorkload job(const std::string& spec, const std::string& status) {
  const auto text = R"({"metadata": {"name": "j", "namespace": "d", "resourceVersion": "1"},
                        "spec": )" +
                    spec + R"(, "status": )" + status + "}";
  const auto parsed = parse_workload(read(text.c_str()), kind("batch/v1", "Job"));
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed.value_or(core::KubeWorkload{});
}

TEST(WorkloadObject, ADeploymentWithItsTemplate) {
  const auto workload = parse_workload(read(R"({
    "metadata": {"name": "eco-worker", "namespace": "default", "resourceVersion": "5"},
    "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "w"},
        "matchExpressions": [{"key": "tier", "operator": "Exists"}]},
      "template": {"spec": {"nodeSelector": {"role": "worker"},
        "containers": [{"resources": {"requests": {"cpu": "200m"}}}]}}}})"),
                                       kind("apps/v1", "Deployment"));
  ASSERT_TRUE(workload) << workload.error().message;
  EXPECT_EQ(workload->key(), "Deployment.apps/default/eco-worker");
  EXPECT_EQ(workload->replicas, 0);
  EXPECT_EQ(workload->requests, (Resources{200, 0, 1}));
  EXPECT_EQ(workload->selector.match_labels, (core::Labels{{"app", "w"}}));
  EXPECT_EQ(workload->selector.expressions.size(), 1U);
  EXPECT_EQ(workload->node_selector, (core::Labels{{"role", "worker"}}));
}

TEST(WorkloadObject, AReplicaSetOfADeploymentIsScaledByIt) {
  const auto workload = parse_workload(read(R"({
    "metadata": {"name": "web-5", "namespace": "default", "resourceVersion": "5",
      "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]},
    "spec": {"replicas": 2}})"),
                                       kind("apps/v1", "ReplicaSet"));
  ASSERT_TRUE(workload) << workload.error().message;
  EXPECT_EQ(workload->scaled_by, "Deployment web");
}

TEST(WorkloadObject, AJobByItsParallelism) {
  EXPECT_EQ(job("{}", "{}").replicas, 1);
  const auto queue = job(R"({"parallelism": 4})", "{}");
  EXPECT_EQ(queue.replicas, 4);
  EXPECT_EQ(queue.over, "");
  EXPECT_EQ(queue.pods_max, std::nullopt) << "as many as it is told";
  EXPECT_EQ(job(R"({"completions": 5})", R"({"succeeded": 3})").pods_max, 2);
  EXPECT_EQ(job("{}", R"({"succeeded": 1, "active": 2})").pods_max, 2)
      << "a work queue whose first pod is through starts no more";
  EXPECT_EQ(job(R"({"suspend": true})", "{}").over, "suspended");
  EXPECT_EQ(
      job(R"({"suspend": true})", R"({"conditions": [{"type": "Failed", "status": "True"}]})").over,
      "finished");
  EXPECT_EQ(job("{}", R"({"conditions": [{"type": "Complete", "status": "False"}]})").over, "");
}

TEST(WorkloadObject, OfACustomResourceItsScaleTells) {
  auto workload = parse_workload(read(R"({
    "metadata": {"name": "t", "namespace": "d", "resourceVersion": "5"},
    "spec": {"size": 3, "template": {"spec": {"model": "a"}}}})"),
                                 kThing);
  ASSERT_TRUE(workload) << workload.error().message;
  EXPECT_EQ(workload->key(), "Thing.example.com/d/t");
  EXPECT_EQ(workload->requests, std::nullopt) << "this template is none of a pod";
  ASSERT_TRUE(apply_scale(read(R"({"spec": {"replicas": 3}, "status": {"selector": "app=t"}})"),
                          *workload));
  EXPECT_EQ(workload->replicas, 3);
  EXPECT_EQ(workload->selector.match_labels, (core::Labels{{"app", "t"}}));
}

TEST(WorkloadObject, SelectorsAsText) {
  struct Row {
    const char* text;
    core::Labels yes, no;
  };
  for (const auto& [text, yes, no] : std::vector<Row>{
           {"a=b", {{"a", "b"}}, {{"a", "c"}}},
           {"a==b, c=d", {{"a", "b"}, {"c", "d"}}, {{"a", "b"}}},
           {"a!=b", {}, {{"a", "b"}}},
           {"a in (x, y)", {{"a", "y"}}, {{"a", "z"}}},
           {"a notin (x,y),b", {{"b", ""}}, {{"a", "x"}, {"b", ""}}},
           {"!a", {}, {{"a", ""}}},
       }) {
    const auto selector = parse_selector_text(text);
    ASSERT_TRUE(selector) << text;
    EXPECT_TRUE(core::matches(*selector, yes)) << text;
    EXPECT_FALSE(core::matches(*selector, no)) << text;
  }
  EXPECT_EQ(parse_selector_text(" "), core::Selector{});
  for (const auto* bad : {"a in x", "a b", "a>5", ",", "a in (x"}) {
    EXPECT_FALSE(parse_selector_text(bad)) << bad;
  }
}

TEST(ScaledKind, IsFoundByDiscovery) {
  const auto served = read(R"({"kind": "APIResourceList", "resources": [
    {"name": "things", "namespaced": true, "kind": "Thing"},
    {"name": "things/status", "namespaced": true, "kind": "Thing"},
    {"name": "things/scale", "namespaced": true, "kind": "Scale", "group": "autoscaling"},
    {"name": "plain", "namespaced": true, "kind": "Plain"},
    {"name": "wides", "namespaced": false, "kind": "Wide"},
    {"name": "wides/scale", "namespaced": false, "kind": "Scale"}]})");
  const auto thing = find_kind(served, "example.com/v1", "Thing");
  ASSERT_TRUE(thing) << thing.error().message;
  EXPECT_EQ(thing->collection(), "/apis/example.com/v1/things");
  EXPECT_EQ(thing->object("d", "t"), "/apis/example.com/v1/namespaces/d/things/t");
  EXPECT_EQ(find_kind(served, "example.com/v1", "Plain").error().code, Errc::unsupported);
  EXPECT_EQ(find_kind(served, "example.com/v1", "Wide").error().code, Errc::unsupported);
  EXPECT_EQ(find_kind(served, "example.com/v1", "Gone").error().code, Errc::not_found);
  EXPECT_EQ(discovery_path("v1"), "/api/v1");
}

}  // namespace
}  // namespace ecokube::kubernetes
