// What bounds our acts is seen as it is, and its end too: budgets, attachments, local volumes,
// autoscalers, and what a pod says of itself.
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/kubernetes/json_access.h"
#include "tests/contract/kubernetes/contract_test.h"

namespace ecokube::test {
namespace {

class Constraints : public ContractTest {
 protected:
  Constraints() : name_(fresh("thing")) {}

  /// Seen now: by a list or since.
  template <class Kube>
  static std::optional<Kube> now(const Client& client, const std::string& name,
                                 std::vector<Kube> core::ClusterListed::* list) {
    std::optional<Kube> found;
    for (const auto& fact : client.facts) {
      if (const auto* all = std::get_if<core::ClusterListed>(&fact)) {
        const auto& objects = all->*list;
        const auto at = std::find_if(objects.begin(), objects.end(),
                                     [&](const Kube& object) { return object.name == name; });
        found = at == objects.end() ? std::nullopt : std::optional(*at);
      } else if (const auto* seen = std::get_if<core::Seen<Kube>>(&fact)) {
        if (seen->object.name == name) found = seen->object;
      } else if (const auto* gone = std::get_if<core::Gone<Kube>>(&fact)) {
        if (found && gone->key == found->key()) found.reset();
      }
    }
    return found;
  }
  /// By one who watches and by one who begins with a list.
  template <class Kube>
  Kube seen_by_both(std::vector<Kube> core::ClusterListed::* list,
                    const std::function<bool(const Kube&)>& done) {
    const auto is_done = [&](const Client& client) {
      const auto object = now(client, name_, list);
      return object && done(*object);
    };
    EXPECT_TRUE(wait([&] { return is_done(*watching_); }));
    listing_ = start();
    EXPECT_TRUE(wait_synced(*listing_));
    EXPECT_TRUE(wait([&] { return is_done(*listing_); }));
    return now(*listing_, name_, list).value_or(Kube{});
  }
  template <class Kube>
  bool wait_gone(std::vector<Kube> core::ClusterListed::* list) {
    return wait([&] {
      return !now(*watching_, name_, list) && !now(*listing_, name_, list) &&
             count<core::Gone<Kube>>(*listing_) > 0;
    });
  }
  void watch() {
    watching_ = start();
    ASSERT_TRUE(wait_synced(*watching_));
  }

  std::string name_;
  std::shared_ptr<Client> watching_, listing_;
};

TEST_P(Constraints, Budgets) {
  watch();
  const std::string budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  create(budgets, fmt::format(R"({{"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
      "metadata": {{"name": "{}"}}, "spec": {{"maxUnavailable": "50%", "selector": {{
        "matchLabels": {{"app": "x"}},
        "matchExpressions": [{{"key": "tier", "operator": "In", "values": ["a", "b"]}}]}}}}}})",
                              name_));
  const auto budget = seen_by_both<core::KubeBudget>(&core::ClusterListed::budgets,
                                                     [](const auto&) { return true; });
  EXPECT_EQ(budget.key(), "default/" + name_);
  EXPECT_EQ(budget.selector.match_labels, (core::Labels{{"app", "x"}}));
  EXPECT_EQ(budget.selector.expressions,
            (std::vector<core::Selector::Expression>{{"tier", "In", {"a", "b"}}}));
  EXPECT_EQ(budget.disruptions_allowed, 0);
  EXPECT_FALSE(budget.never_allows) << "it has no pod yet";
  remove(budgets + "/" + name_);
  EXPECT_TRUE(wait_gone(&core::ClusterListed::budgets));
}

TEST_P(Constraints, Attachments) {
  watch();
  const std::string attachments = "/apis/storage.k8s.io/v1/volumeattachments";
  create(attachments, fmt::format(R"({{"apiVersion": "storage.k8s.io/v1",
      "kind": "VolumeAttachment", "metadata": {{"name": "{}"}}, "spec": {{"attacher": "none",
        "nodeName": "worker7", "source": {{"persistentVolumeName": "data"}}}}}})",
                                  name_));
  const auto attachment = seen_by_both<core::KubeAttachment>(&core::ClusterListed::attachments,
                                                             [](const auto&) { return true; });
  EXPECT_EQ(attachment.node, "worker7");
  EXPECT_EQ(attachment.volume, "data");
  remove(attachments + "/" + name_);
  EXPECT_TRUE(wait_gone(&core::ClusterListed::attachments));
}

TEST_P(Constraints, LocalVolumesAsLongAsTheyAreClaimed) {
  watch();
  const std::string volumes = "/api/v1/persistentvolumes";
  const std::string claims = "/api/v1/namespaces/default/persistentvolumeclaims";
  create(volumes, fmt::format(R"({{"apiVersion": "v1", "kind": "PersistentVolume",
      "metadata": {{"name": "{0}"}}, "spec": {{"capacity": {{"storage": "1Gi"}},
        "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
        "persistentVolumeReclaimPolicy": "Retain", "local": {{"path": "/data"}},
        "claimRef": {{"namespace": "default", "name": "{0}"}},
        "nodeAffinity": {{"required": {{"nodeSelectorTerms": [{{"matchExpressions": [
          {{"key": "kubernetes.io/hostname", "operator": "In",
            "values": ["worker7"]}}]}}]}}}}}}}})",
                              name_));
  EXPECT_FALSE(now(*watching_, name_, &core::ClusterListed::local_volumes));
  create(claims, fmt::format(R"({{"apiVersion": "v1", "kind": "PersistentVolumeClaim",
      "metadata": {{"name": "{0}"}}, "spec": {{"accessModes": ["ReadWriteOnce"],
        "storageClassName": "none", "volumeName": "{0}",
        "resources": {{"requests": {{"storage": "1Gi"}}}}}}}})",
                             name_));
  const auto say = [&](const std::string& phase) {
    if (server_->has_controllers()) return;  // they say it
    patch(volumes + "/" + name_ + "/status",
          fmt::format(R"({{"status": {{"phase": "{}"}}}})", phase));
  };
  say("Bound");
  const auto volume = seen_by_both<core::KubeLocalVolume>(&core::ClusterListed::local_volumes,
                                                          [](const auto&) { return true; });
  EXPECT_EQ(volume.nodes, (std::vector<NodeName>{"worker7"}));
  EXPECT_EQ(volume.claim, "default/" + name_);
  remove(claims + "/" + name_);
  say("Released");
  EXPECT_TRUE(wait_gone(&core::ClusterListed::local_volumes));
}

TEST_P(Constraints, Autoscalers) {
  watch();
  const std::string autoscalers =
      "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
  create(autoscalers, fmt::format(R"({{"apiVersion": "autoscaling/v2",
      "kind": "HorizontalPodAutoscaler", "metadata": {{"name": "{}"}}, "spec": {{
        "minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": {{
          "apiVersion": "apps/v1", "kind": "Deployment", "name": "eco-worker"}}}}}})",
                                  name_));
  const auto autoscaler = seen_by_both<core::KubeAutoscaler>(&core::ClusterListed::autoscalers,
                                                             [](const auto&) { return true; });
  EXPECT_EQ(autoscaler.key(), "default/" + name_);
  EXPECT_EQ(autoscaler.target_kind, "Deployment");
  EXPECT_EQ(autoscaler.target_name, "eco-worker");
  remove(autoscalers + "/" + name_);
  EXPECT_TRUE(wait_gone(&core::ClusterListed::autoscalers));
}

TEST_P(Constraints, ServicesAsLongAsTheySelectPods) {
  watch();
  const std::string services = "/api/v1/namespaces/default/services";
  create(services, fmt::format(R"({{"apiVersion": "v1", "kind": "Service",
      "metadata": {{"name": "{}"}},
      "spec": {{"selector": {{"app": "web"}}, "ports": [{{"port": 80}}]}}}})",
                               name_));
  const auto list = &core::ClusterListed::services;
  const auto service = seen_by_both<core::KubeService>(
      list, [](const auto& seen) { return seen.selector == core::Labels{{"app", "web"}}; });
  EXPECT_EQ(service.key(), "default/" + name_);
  patch(services + "/" + name_, R"({"spec": {"selector": null}})");
  EXPECT_TRUE(wait_gone<core::KubeService>(list));
}

TEST_P(Constraints, WhatAPodSaysOfItself) {
  watch();
  const std::string pods = "/api/v1/namespaces/default/pods";
  create(pods, fmt::format(R"({{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "{}",
      "annotations": {{"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}}}},
    "spec": {{"containers": [{{"name": "c", "image": "none",
        "ports": [{{"containerPort": 80, "hostPort": 8080}}]}}],
      "volumes": [{{"name": "scratch", "emptyDir": {{}}}}]}}}})",
                           name_));
  core::KubePod pod;
  const auto seen = [&](bool ready) {
    return wait([&] {
      for (const auto& fact : watching_->facts) {
        const auto* one = std::get_if<core::PodSeen>(&fact);
        if (one != nullptr && one->pod.name == name_) pod = one->pod;
      }
      return pod.name == name_ && pod.ready == ready;
    });
  };
  ASSERT_TRUE(seen(false));
  EXPECT_EQ(pod.safe_to_evict, true);
  EXPECT_TRUE(pod.host_port);
  EXPECT_TRUE(pod.local_storage);
  const auto path = pods + "/" + name_;
  patch(path, R"({"metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true",
      "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "other, scratch"}}})");
  patch(path + "/status", R"({"status": {"conditions": [{"type": "Ready", "status": "True"}]}})");
  ASSERT_TRUE(seen(true));
  EXPECT_EQ(pod.safe_to_evict, false);
  EXPECT_FALSE(pod.local_storage);
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Constraints, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
