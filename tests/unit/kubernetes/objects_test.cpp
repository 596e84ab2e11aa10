#include "coordinator/kubernetes/objects.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>

#include "tests/unit/kubernetes/read_object.h"

namespace ecokube::kubernetes {
namespace {

TEST(Objects, NodeKeepsWhatDecisionsNeedAndOnlyOurAnnotations) {
  const auto node = parse_node(read(R"({
    "metadata": {"name": "worker1", "uid": "u1", "resourceVersion": "42",
      "labels": {"role": "worker"},
      "annotations": {"ecokube.io/hold": "ann: disk swap", "other.io/x": "y"}},
    "spec": {"unschedulable": true,
      "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"},
        {"key": "c", "effect": "NoExecute"}]},
    "status": {"nodeInfo": {"bootID": "b-1", "machineID": "m-1",
        "systemUUID": "c0ffee00-1111-4222-8333-444455556666"},
      "conditions": [{"type": "MemoryPressure", "status": "False"},
        {"type": "Ready", "status": "True"}],
      "allocatable": {"cpu": "1300m", "memory": "2Gi", "pods": "20"}}})"));
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->name, "worker1");
  EXPECT_EQ(node->revision, 42);
  EXPECT_EQ(node->annotations, (core::Labels{{"ecokube.io/hold", "ann: disk swap"}}));
  EXPECT_EQ(node->labels, (core::Labels{{"role", "worker"}}));
  EXPECT_EQ(node->taints,
            (std::vector<core::Taint>{{"a", "b", "NoSchedule"}, {"c", "", "NoExecute"}}));
  EXPECT_TRUE(node->unschedulable);
  EXPECT_EQ(node->ready, core::Readiness::ready);
  EXPECT_EQ(node->boot_id, "b-1");
  EXPECT_EQ(node->machine_id, "m-1");
  EXPECT_EQ(node->system_uuid, "c0ffee00-1111-4222-8333-444455556666");
  EXPECT_EQ(node->allocatable, (Resources{1300, 2147483648, 20}));
}

TEST(Objects, ANodeThatAnotherControllerOwnsIsItsUntilAPersonPausesThat) {
  const auto owner = [](std::string_view metadata, std::string_view spec = "{}") {
    return parse_node(
               read(fmt::format(
                   R"({{"metadata": {{"name": "n", "resourceVersion": "1", {}}}, "spec": {}}})",
                   metadata, spec)))
        ->owned_by;
  };
  constexpr auto kNobody = R"("labels": {})";
  EXPECT_EQ(owner(kNobody), "");
  EXPECT_EQ(owner(R"("annotations": {"cluster.x-k8s.io/machine": "m-1"})"),
            "Cluster API's Machine m-1");
  EXPECT_EQ(owner(R"("annotations": {"weave.works/kured-reboot-in-progress": "2026-01-01"})"),
            "kured");
  EXPECT_EQ(owner(kNobody, R"({"taints": [{"key": "ToBeDeletedByClusterAutoscaler"}]})"),
            "cluster-autoscaler");
  EXPECT_EQ(owner(R"("annotations": {"cluster.x-k8s.io/machine": "m-1",
                                     "ecokube.io/owner-paused": "true"})"),
            "");
}

TEST(Objects, AbsentOrUnknownReadyIsUnknown) {
  EXPECT_EQ(parse_node(read(R"({"metadata": {"name": "n", "resourceVersion": "1"}})"))->ready,
            core::Readiness::unknown);
  EXPECT_EQ(parse_node(read(R"({"metadata": {"name": "n", "resourceVersion": "1"},
              "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}})"))
                ->ready,
            core::Readiness::unknown);
  EXPECT_EQ(parse_node(read(R"({"metadata": {"name": "n", "resourceVersion": "1"},
              "status": {"conditions": [{"type": "Ready", "status": "False"}]}})"))
                ->ready,
            core::Readiness::not_ready);
}

TEST(Objects, ANodesDevicesAreTheExtendedResourcesThatItHasSomeOf) {
  const auto node = parse_node(read(R"({"metadata": {"name": "n", "resourceVersion": "1"},
      "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", "hugepages-2Mi": "0",
                                 "nvidia.com/gpu": "4", "example.com/broken": "0",
                                 "scheduling.kubernetes.io/foo": "1"}}})"));
  EXPECT_EQ(node->devices, std::set<std::string>{"nvidia.com/gpu"});
}

TEST(Objects, ANetworkIsMissingOnlyWhereTheNodeSaysSo) {
  const auto missing = [](const std::string& conditions) {
    return parse_node(read(R"({"metadata": {"name": "n", "resourceVersion": "1"},
                               "status": {"conditions": [)" +
                           conditions + "]}}"))
        ->network_unavailable;
  };
  EXPECT_TRUE(missing(R"({"type": "NetworkUnavailable", "status": "True"})"));
  EXPECT_FALSE(missing(R"({"type": "NetworkUnavailable", "status": "False"})"));
  EXPECT_FALSE(missing(R"({"type": "Ready", "status": "True"})"));
}

TEST(Objects, NodeErrorsNameTheNodeAndTheField) {
  const auto bad = parse_node(read(R"({"metadata": {"name": "n7", "resourceVersion": "1"},
                                       "status": {"allocatable": {"cpu": "lots"}}})"));
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("n7"), std::string::npos);
  EXPECT_NE(bad.error().message.find("cpu"), std::string::npos);
  EXPECT_FALSE(parse_node(read(R"({"metadata": {"name": "n", "resourceVersion": "abc"}})")));
  EXPECT_FALSE(parse_node(read(R"({"metadata": {"resourceVersion": "1"}})")));
}

TEST(Objects, PodWithOwnerConditionAndTolerations) {
  const auto pod = parse_pod(read(R"({
    "metadata": {"name": "w-1", "namespace": "default", "uid": "u", "resourceVersion": "9",
      "labels": {"app": "w"}, "deletionTimestamp": "2026-01-01T00:00:00Z",
      "annotations": {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.hash": "h"},
      "ownerReferences": [{"kind": "Other"},
        {"kind": "ReplicaSet", "name": "w", "controller": true}]},
    "spec": {"nodeSelector": {"role": "worker"},
      "tolerations": [{"operator": "Exists"},
        {"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute"}],
      "containers": [{"resources": {"requests": {"cpu": "200m", "memory": "64Mi"}}}]},
    "status": {"phase": "Pending",
      "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}})"));
  ASSERT_TRUE(pod) << pod.error().message;
  EXPECT_TRUE(pod->unschedulable);
  EXPECT_TRUE(pod->deleting);
  EXPECT_TRUE(pod->mirror);
  EXPECT_EQ(pod->static_uid, "h");
  EXPECT_EQ(pod->owner_kind, "ReplicaSet");
  EXPECT_EQ(pod->owner_name, "w");
  EXPECT_FALSE(pod->ready);
  EXPECT_EQ(pod->phase, core::PodPhase::pending);
  EXPECT_EQ(pod->requests, (Resources{200, 64 << 20, 1}));
  EXPECT_EQ(pod->tolerations,
            (std::vector<core::Toleration>{{"", true, "", ""}, {"k", false, "v", "NoExecute"}}));
}

TEST(Objects, OfAKubeSchedulerItsConfigFlagIsKept) {
  const auto config = [](std::string_view component, std::string_view container) {
    return parse_pod(read(fmt::format(R"({{"metadata": {{"name": "p", "uid": "u",
                       "resourceVersion": "9", "labels": {{"component": "{}"}}}},
                       "spec": {{"containers": [{}]}}}})",
                                      component, container)))
        ->config_file;
  };
  constexpr std::string_view kScheduler = "kube-scheduler";
  EXPECT_EQ(config(kScheduler, R"({"command": ["kube-scheduler", "--config=/etc/s.yaml"]})"),
            "/etc/s.yaml");
  EXPECT_EQ(config(kScheduler, R"({"command": ["kube-scheduler"], "args": ["--config", "/s"]})"),
            "/s");
  EXPECT_EQ(config(kScheduler, R"({"command": ["kube-scheduler", "--configz=/x", "--v=2"]})"), "");
  EXPECT_EQ(config(kScheduler, "{}"), "");
  EXPECT_EQ(config("etcd", R"({"command": ["etcd", "--config=/etc/s.yaml"]})"), "");
}

// A pod with scheduling gates is pending too, but nothing that wakes a node would help it.
TEST(Objects, OnlyReasonUnschedulableCounts) {
  const auto pod = parse_pod(read(R"({"metadata": {"name": "p", "uid": "u", "resourceVersion": "9"},
    "status": {"conditions": [{"type": "PodScheduled", "status": "False",
      "reason": "SchedulingGated"}]}})"));
  EXPECT_FALSE(pod->unschedulable);
}

// The pod may be the reason to keep its node on: it must not vanish because of one odd field.
TEST(Objects, PodWithUnreadableRequestsStaysVisibleAndFitsNowhere) {
  const auto pod = parse_pod(read(R"({"metadata": {"name": "p", "uid": "u", "resourceVersion": "9"},
    "spec": {"nodeName": "n", "containers": [{"resources": {"requests": {"cpu": "much"}}}]}})"));
  ASSERT_TRUE(pod);
  EXPECT_EQ(pod->node, "n");
  EXPECT_FALSE(pod->requests.fits_in(Resources{1'000'000, 1LL << 45, 1000}));
}

TEST(Objects, RequestsCountInitContainersSidecarsOverheadAndLimits) {
  const auto asked = parse_requests(read(R"({
    "overhead": {"cpu": "10m"},
    "initContainers": [
      {"restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
      {"resources": {"requests": {"cpu": "1", "memory": "1Ki"}}}],
    "containers": [
      {"resources": {"requests": {"cpu": "200m"}, "limits": {"cpu": "900m", "memory": "3Ki"}}},
      {"resources": {"requests": {"cpu": "100m"}}}]})"));
  ASSERT_TRUE(asked);
  EXPECT_EQ(*asked, (Resources{1060, 3072, 1}));
}

}  // namespace
}  // namespace ecokube::kubernetes
