// The kube-scheduler configuration that we ship, on a real control plane: it packs where the
// scheduler by itself spreads. The nodes have no kubelet; where a pod is bound is all that counts.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/real_control_plane.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

constexpr std::size_t kNodes = 3;
constexpr std::size_t kPods = 6;

/// What kubectl printed when that was as wished, or last.
std::string kubectl_until(RealControlPlane& plane, const std::string& arguments,
                          const std::function<bool(const std::string&)>& done) {
  const auto until = std::chrono::steady_clock::now() + kRunLimit;
  while (true) {
    auto printed = plane.kubectl(arguments);
    if (done(printed) || std::chrono::steady_clock::now() >= until) return printed;
  }
}

void add_ready_nodes(RealControlPlane& plane) {
  const auto file = plane.files().folder / "node.json";
  for (std::size_t i = 1; i <= kNodes; ++i) {
    const auto name = "worker" + std::to_string(i);
    std::ofstream(file) << R"({"apiVersion": "v1", "kind": "Node", "metadata": {"name": ")" << name
                        << R"(", "labels": {"kubernetes.io/hostname": ")" << name << R"("}}})";
    plane.kubectl("create -f " + file.string());
    const auto patch = plane.files().folder / "status.json";
    std::ofstream(patch) << R"({"status": {
      "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
      "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
      "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]}})";
    plane.kubectl("patch node " + name + " --subresource=status --patch-file " + patch.string());
  }
  // The controllers took them for not ready at first; under that taint no pod would be bound.
  kubectl_until(plane, "get nodes -o jsonpath='{.items[*].spec.taints}'",
                [](const std::string& taints) { return taints.empty(); });
}

std::multiset<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

/// The nodes that pods are bound to, once all of them are.
std::multiset<std::string> nodes_of_pods(RealControlPlane& plane) {
  return words_of(
      kubectl_until(plane, "get pods -o jsonpath='{.items[*].spec.nodeName}'",
                    [](const std::string& nodes) { return words_of(nodes).size() == kPods; }));
}

std::multiset<std::string> place(const std::vector<std::string>& options) {
  std::vector<std::string> all{"--node-grace-s", "3600"};
  all.insert(all.end(), options.begin(), options.end());
  RealControlPlane plane("127.0.42.1", 6443, nullptr, all);
  add_ready_nodes(plane);
  const auto file = plane.files().folder / "deployment.json";
  std::ofstream(file) << R"({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"replicas": )"
                      << kPods << R"(, "selector": {"matchLabels": {"app": "web"}},
      "template": {"metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "none",
          "resources": {"requests": {"cpu": "200m", "memory": "64Mi"}}}]}}}})";
  plane.kubectl("create -f " + file.string());
  return nodes_of_pods(plane);
}

std::size_t count_different(const std::multiset<std::string>& nodes) {
  return std::set<std::string>(nodes.begin(), nodes.end()).size();
}

TEST(SchedulerConfig, PacksADeploymentOntoOneNode) {
  const auto nodes = place({"--scheduler-config", ECOKUBE_SCHEDULER_CONFIG});
  EXPECT_EQ(nodes.size(), kPods);
  EXPECT_EQ(count_different(nodes), 1U) << testing::PrintToString(nodes);
}

/// Without it the test above would prove nothing.
TEST(SchedulerConfig, IsNotWhatTheSchedulerDoesByItself) {
  const auto nodes = place({});
  EXPECT_EQ(nodes.size(), kPods);
  EXPECT_EQ(count_different(nodes), kNodes) << testing::PrintToString(nodes);
}

}  // namespace
}  // namespace ecokube::test
