// What the failover tests make, ask and change in the cluster.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/boot_clock.h"
#include "coordinator/core/marks.h"
#include "coordinator/kubernetes/json_access.h"
#include "tests/e2e/failover/failover_lab.h"
#include "tests/support/must.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

namespace json = boost::json;

constexpr const char* kPods = "/api/v1/namespaces/default/pods";
constexpr const char* kDeployments = "/apis/apps/v1/namespaces/default/deployments";
constexpr const char* kBudgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
constexpr const char* kLeases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

json::object nap() {
  return {{"name", "nap"},
          {"image", "nap"},
          {"command", json::array{"sleep", "600"}},
          {"resources", {{"requests", {{"cpu", "200m"}}}}}};
}

/// A node may be lost for a second before its pods are made anew elsewhere; five minutes are usual.
json::array soon_elsewhere() {
  json::array tolerations;
  for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    tolerations.push_back(json::object{
        {"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 1}});
  }
  return tolerations;
}

}  // namespace

/// As its last holder left it: the first coordinator need not wait.
void FailoverLab::free_lease() {
  json::object lease{{"apiVersion", "coordination.k8s.io/v1"},
                     {"kind", "Lease"},
                     {"metadata", {{"name", names::kLeaseName}}},
                     {"spec", {{"holderIdentity", ""}, {"leaseDurationSeconds", 1}}}};
  must(run(io_, admin_->create(kLeases, json::value(std::move(lease)))));
}

void FailoverLab::delete_lease() {
  must(run(io_, admin_->remove(fmt::format("{}/{}", kLeases, names::kLeaseName), nullptr)));
}

json::object FailoverLab::lease() {
  const auto found = run(io_, admin_->get(fmt::format("{}/{}", kLeases, names::kLeaseName)));
  return found ? found->as_object() : json::object();
}

void FailoverLab::prove_wake(const std::string& node) {
  const RealClock clock;
  json::object patch{
      {"metadata", {{"annotations", {{names::kWakeProof, core::format_wake_proof(clock.now())}}}}}};
  must(run(io_, admin_->merge_patch(fmt::format("/api/v1/nodes/{}", node),
                                    json::value(std::move(patch)))));
}

void FailoverLab::create_pod(const std::string& name, const std::string& node) {
  json::object pod{{"apiVersion", "v1"},
                   {"kind", "Pod"},
                   {"metadata", {{"name", name}}},
                   {"spec",
                    {{"nodeSelector", {{"kubernetes.io/hostname", node}}},
                     {"terminationGracePeriodSeconds", 1},
                     {"containers", json::array{nap()}}}}};
  must(run(io_, admin_->create(kPods, json::value(std::move(pod)))));
}

void FailoverLab::create_pod_for_us(const std::string& name) {
  json::object pod{{"apiVersion", "v1"},
                   {"kind", "Pod"},
                   {"metadata", {{"name", name}}},
                   {"spec",
                    {{"schedulerName", "ecokube"},
                     {"terminationGracePeriodSeconds", 1},
                     {"containers", json::array{nap()}}}}};
  must(run(io_, admin_->create(kPods, json::value(std::move(pod)))));
}

json::object FailoverLab::pod(const std::string& name) {
  auto pod = must(run(io_, admin_->get(fmt::format("{}/{}", kPods, name))));
  return std::move(pod.as_object());
}

std::set<std::string> FailoverLab::told_about(const std::string& pod) {
  std::set<std::string> reasons;
  const auto list = must(run(io_, admin_->get("/api/v1/namespaces/default/events")));
  for (const auto& item : list.at("items").as_array()) {
    const auto& event = item.as_object();
    if (kubernetes::find_text(event, {"involvedObject", "name"}) != pod) continue;
    reasons.emplace(kubernetes::find_text(event, {"reason"}));
  }
  return reasons;
}

void FailoverLab::delete_pod(const std::string& name) {
  must(run(io_, admin_->remove(fmt::format("{}/{}", kPods, name), nullptr)));
}

void FailoverLab::create_deployment(const std::string& name, int replicas) {
  const json::object labels{{"app", name}};
  // Where there are two nodes: who lets one of them sleep lets all replicas be on the other.
  const json::object declared{{"cluster-autoscaler.kubernetes.io/safe-to-evict", "true"}};
  auto container = nap();
  if (ends_in_.count() > 0) {
    container["command"] = json::array{"sh", "-c", "trap '' TERM; exec sleep 600"};
  }
  json::object spec{{"terminationGracePeriodSeconds", std::max<std::int64_t>(1, ends_in_.count())},
                    {"tolerations", soon_elsewhere()},
                    {"containers", json::array{std::move(container)}}};
  json::object deployment{{"apiVersion", "apps/v1"},
                          {"kind", "Deployment"},
                          {"metadata", {{"name", name}}},
                          {"spec",
                           {{"replicas", replicas},
                            {"selector", {{"matchLabels", labels}}},
                            {"template",
                             {{"metadata", {{"labels", labels}, {"annotations", declared}}},
                              {"spec", std::move(spec)}}}}}};
  must(run(io_, admin_->create(kDeployments, json::value(std::move(deployment)))));
}

void FailoverLab::create_service(const std::string& name, int available) {
  create_deployment(name, 2);
  json::object budget{
      {"apiVersion", "policy/v1"},
      {"kind", "PodDisruptionBudget"},
      {"metadata", {{"name", name}}},
      {"spec", {{"minAvailable", available}, {"selector", {{"matchLabels", {{"app", name}}}}}}}};
  must(run(io_, admin_->create(kBudgets, json::value(std::move(budget)))));
}

void FailoverLab::scale(const std::string& name, int replicas) {
  json::object patch{{"spec", {{"replicas", replicas}}}};
  must(run(io_, admin_->merge_patch(fmt::format("{}/{}", kDeployments, name),
                                    json::value(std::move(patch)))));
}

void FailoverLab::delete_deployment(const std::string& name) {
  json::object options{{"propagationPolicy", "Background"}};
  must(run(io_, admin_->remove(fmt::format("{}/{}", kDeployments, name),
                               json::value(std::move(options)))));
}

void FailoverLab::cordon(const std::string& node, bool cordoned) {
  json::object patch{{"spec", {{"unschedulable", cordoned}}}};
  must(run(io_, admin_->merge_patch(fmt::format("/api/v1/nodes/{}", node),
                                    json::value(std::move(patch)))));
}

std::map<std::string, int> FailoverLab::replicas(const std::string& service) {
  const auto list =
      must(run(io_, admin_->get(fmt::format("{}?labelSelector=app%3D{}", kPods, service))));
  std::map<std::string, int> running;
  for (const auto& item : list.at("items").as_array()) {
    const auto& pod = item.as_object();
    const bool leaves = !kubernetes::find_text(pod, {"metadata", "deletionTimestamp"}).empty();
    const bool runs = kubernetes::find_text(pod, {"status", "phase"}) == "Running";
    if (runs && !leaves) ++running[std::string(kubernetes::find_text(pod, {"spec", "nodeName"}))];
  }
  return running;
}

int FailoverLab::replicas_on(const std::string& service, const std::string& node) {
  return replicas(service)[node];
}

bool FailoverLab::pod_runs(const std::string& name) {
  const auto pod = run(io_, admin_->get(fmt::format("{}/{}", kPods, name)));
  return pod && kubernetes::find_text(pod->as_object(), {"status", "phase"}) == "Running";
}

json::object FailoverLab::kube_node(const std::string& name) {
  auto node = must(run(io_, admin_->get(fmt::format("/api/v1/nodes/{}", name))));
  return std::move(node.as_object());
}

std::string FailoverLab::annotation(const std::string& node, std::string_view key) {
  const auto object = kube_node(node);
  return std::string(kubernetes::annotation_of(object, key));
}

std::string FailoverLab::request_on(const std::string& node) {
  return annotation(node, names::kRequest);
}

bool FailoverLab::given_up(const std::string& node) {
  const auto object = kube_node(node);
  for (const auto& taint : kubernetes::find_array(object, {"spec", "taints"})) {
    const auto& fields = taint.as_object();
    if (kubernetes::find_text(fields, {"key"}) == "node.kubernetes.io/unreachable" &&
        kubernetes::find_text(fields, {"effect"}) == "NoExecute") {
      return true;
    }
  }
  return false;
}

bool FailoverLab::marked(const std::string& node) {
  return !annotation(node, names::kIntent).empty();
}

}  // namespace ecokube::test
