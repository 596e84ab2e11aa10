// Goal: a Deployment gets exactly the pods it asks for, and loses the least useful first.
#include "lab/deployments/replicas.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace ecokube::lab {
namespace {

struct ReplicaScene {
  Deployment deployment;
  DeploymentPods pods;

  explicit ReplicaScene(std::int64_t replicas) {
    deployment.ns = "default";
    deployment.name = "eco-worker";
    deployment.uid = "d1";
    deployment.generation = 3;
    deployment.replicas = replicas;
  }
  DeploymentPod& pod(const std::string& name, core::PodPhase phase = core::PodPhase::running,
                     const std::string& created = "2026-11-22T10:00:00Z") {
    auto& pod = pods["default/" + name];
    pod.pod.ns = "default";
    pod.pod.name = name;
    pod.pod.uid = "uid-" + name;
    pod.pod.owner_kind = "ReplicaSet";
    pod.pod.phase = phase;
    pod.pod.node = "worker1";
    pod.owner_name = "eco-worker-lab";
    pod.owner_uid = "d1";
    pod.ready = phase == core::PodPhase::running;
    pod.created = created;
    return pod;
  }
  [[nodiscard]] std::vector<std::string> removed() const {
    std::vector<std::string> names;
    for (const auto* gone : plan_replicas(deployment, pods, 0).remove) {
      names.push_back(gone->pod.name);
    }
    return names;
  }
};

using Names = std::vector<std::string>;

TEST(Replicas, CreatesWhatIsMissingLessWhatIsComing) {
  ReplicaScene scene(5);
  scene.pod("a");
  scene.pod("foreign").owner_uid = "other";
  EXPECT_EQ(plan_replicas(scene.deployment, scene.pods, 0).create, 4);
  EXPECT_EQ(plan_replicas(scene.deployment, scene.pods, 3).create, 1);
  EXPECT_EQ(plan_replicas(scene.deployment, scene.pods, 9).create, 0);
  EXPECT_TRUE(scene.removed().empty());
}

TEST(Replicas, ReplacesEndedAndDyingPods) {
  ReplicaScene scene(3);
  scene.pod("done", core::PodPhase::succeeded);
  scene.pod("broken", core::PodPhase::failed);
  scene.pod("dying").pod.deleting = true;
  scene.pod("good");
  EXPECT_EQ(plan_replicas(scene.deployment, scene.pods, 0).create, 2);
  EXPECT_EQ(scene.removed(), (Names{"broken", "done"}));
}

TEST(Replicas, RemovesTheLeastUsefulFirst) {
  ReplicaScene scene(0);
  scene.pod("old", core::PodPhase::running, "2026-11-22T10:00:00Z");
  scene.pod("young", core::PodPhase::running, "2026-11-22T10:00:09Z");
  scene.pod("lost", core::PodPhase::unknown);
  scene.pod("starting", core::PodPhase::pending);
  scene.pod("waiting", core::PodPhase::pending).pod.node.clear();
  EXPECT_EQ(scene.removed(), (Names{"waiting", "starting", "lost", "young", "old"}));
  scene.deployment.replicas = 3;
  EXPECT_EQ(scene.removed(), (Names{"waiting", "starting"}));
}

TEST(Replicas, ADeploymentThatGoesWantsNothing) {
  ReplicaScene scene(2);
  scene.pod("a");
  scene.deployment.deleting = true;
  EXPECT_EQ(scene.removed(), Names{"a"});
}

TEST(Replicas, CountsTheStatus) {
  ReplicaScene scene(3);
  scene.pod("a");
  scene.pod("b", core::PodPhase::pending);
  scene.pod("c").pod.deleting = true;
  EXPECT_EQ(plan_replicas(scene.deployment, scene.pods, 0).status, (DeploymentStatus{3, 2, 1}));
}

TEST(Replicas, FindsPodsWhoseDeploymentIsGone) {
  ReplicaScene scene(1);
  scene.pod("kept");
  scene.pod("left").owner_uid = "gone";
  auto& foreign = scene.pod("foreign");
  foreign.owner_uid = "gone";
  foreign.owner_name = "made-by-another";
  const auto found = orphans({{"default/eco-worker", scene.deployment}}, scene.pods);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front()->pod.name, "left");
}

TEST(Replicas, APodCarriesTheTemplateAndItsOwner) {
  const auto object = boost::json::parse(R"({
    "metadata": {"name": "eco-worker", "namespace": "default", "uid": "d1", "generation": 2},
    "spec": {"replicas": 4, "template": {"metadata": {"labels": {"app": "w"}},
                                         "spec": {"containers": [{"name": "c"}]}}},
    "status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 1}})");
  const auto deployment = parse_deployment(object.as_object());
  ASSERT_TRUE(deployment) << deployment.error().message;
  EXPECT_EQ(deployment->replicas, 4);
  EXPECT_EQ(deployment->status, (DeploymentStatus{1, 2, 1}));
  const auto expected = boost::json::parse(R"({
    "apiVersion": "v1", "kind": "Pod",
    "metadata": {"generateName": "eco-worker-", "namespace": "default", "labels": {"app": "w"},
      "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "eco-worker-lab",
                           "uid": "d1", "controller": true}]},
    "spec": {"containers": [{"name": "c"}]}})");
  EXPECT_EQ(boost::json::value(pod_of(*deployment)), expected);
}

}  // namespace
}  // namespace ecokube::lab
