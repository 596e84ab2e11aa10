#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <csignal>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "coordinator/kubernetes/api_client.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/kubeconfig.h"
#include "lab/certificates.h"
#include "lab/kubernetes/api_server.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

using boost::json::object;
using boost::json::value;
using kubernetes::find_array;
using kubernetes::find_int;
using kubernetes::find_text;

constexpr std::string_view kPods = "/api/v1/namespaces/default/pods";
constexpr std::string_view kDeployments = "/apis/apps/v1/namespaces/default/deployments";
constexpr std::string_view kDeployment = R"({"metadata": {"name": "naps"},
  "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "naps"}},
    "template": {"metadata": {"labels": {"app": "naps"}},
      "spec": {"terminationGracePeriodSeconds": 2,
        "containers": [{"name": "nap", "command": ["sleep", "600"],
          "resources": {"requests": {"cpu": "200m"}}}]}}}})";

/// One node's cluster: the double here, the lab's kubelet, scheduler and controllers as processes.
class LabCluster : public testing::Test {
 protected:
  LabCluster() {
    const auto ca = must(lab::make_ca(dir_.path(), "ca"));
    const auto files = must(
        lab::make_certificate(dir_.path(), ca, {.file_stem = "server", .sans = {"IP:127.0.0.1"}}));
    lab::ApiServerOptions options;
    options.certificate = files.certificate;
    options.key = files.key;
    options.tokens = {{"token-of-admin", "admin"}};
    server_ = must(lab::ApiServer::start(io_.get_executor(), std::move(options)));
    kubeconfig_ =
        dir_.write("kubeconfig",
                   fmt::format("apiVersion: v1\nkind: Config\ncurrent-context: lab\n"
                               "contexts: [{{name: lab, context: {{cluster: lab, user: lab}}}}]\n"
                               "clusters: [{{name: lab, cluster: {{server: 'https://127.0.0.1:{}', "
                               "certificate-authority: '{}'}}}}]\n"
                               "users: [{{name: lab, user: {{token: token-of-admin}}}}]\n",
                               server_->port(), ca.certificate.string()));
    client_ = must(kubernetes::ApiClient::make(io_.get_executor(),
                                               must(kubernetes::read_kubeconfig(kubeconfig_))));
    boot("boot-1");
    start("lab-scheduler", {});
    start("lab-deployments", {"--node-grace-s", "3"});
  }

  ~LabCluster() override {
    children_.clear();
    server_->stop();
  }

  void boot(const std::string& boot_id) {
    dir_.write("proc/sys/kernel/random/boot_id", boot_id);
    start("lab-kubelet",
          {"--node-name", "worker1", "--cpu", "1300m", "--memory", "2Gi", "--procfs-root",
           dir_ / "proc", "--pod-dir", dir_ / "pods", "--truth-log", truth_log()});
  }

  void start(const std::string& program, const std::vector<std::string>& arguments) {
    ChildOptions options;
    options.argv = {std::string(ECOKUBE_BIN_DIR) + "/" + program, "--kubeconfig", kubeconfig_};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.output_file = dir_ / (program + ".log");
    options.die_with_parent = true;
    children_[program] = must(start_child(io_.get_executor(), options));
  }

  object get(std::string_view path) {
    auto answer = run(io_, client_->get(std::string(path)));
    return must(std::move(answer)).as_object();
  }

  void create(std::string_view collection, std::string_view body) {
    must(run(io_, client_->create(std::string(collection), boost::json::parse(body))));
  }

  bool becomes(const std::function<bool()>& so) { return test::becomes(io_, so); }

  std::size_t pods_in(std::string_view phase) {
    const auto list = get(kPods);
    return static_cast<std::size_t>(
        std::ranges::count_if(find_array(list, {"items"}), [&](const value& pod) {
          return find_text(pod.as_object(), {"status", "phase"}) == phase;
        }));
  }

  bool node_is(std::string_view ready) {
    const auto nodes = get("/api/v1/nodes");
    for (const auto& node : find_array(nodes, {"items"})) {
      for (const auto& entry : find_array(node.as_object(), {"status", "conditions"})) {
        const auto& condition = entry.as_object();
        if (find_text(condition, {"type"}) != "Ready") continue;
        return find_text(condition, {"status"}) == ready;
      }
    }
    return false;
  }

  [[nodiscard]] std::string truth_log() const { return dir_ / "truth.jsonl"; }

  /// uid and pid of the pods that the kubelet says it started.
  std::map<std::string, pid_t> started_pods() {
    std::map<std::string, pid_t> pods;
    std::ifstream in(truth_log());
    for (std::string line; std::getline(in, line);) {
      const auto event = boost::json::parse(line).as_object();
      if (find_text(event, {"event"}) != "pod_started") continue;
      pods[std::string(find_text(event, {"uid"}))] =
          static_cast<pid_t>(find_int(event, {"pid"}, 0));
    }
    return pods;
  }

  /// A zombie that nobody reaps yet has no command line.
  static bool alive(pid_t pid) { return !read_text(fmt::format("/proc/{}/cmdline", pid)).empty(); }

  TempDir dir_;
  boost::asio::io_context io_{1};
  std::unique_ptr<lab::ApiServer> server_;
  std::filesystem::path kubeconfig_;
  std::shared_ptr<kubernetes::ApiClient> client_;
  std::map<std::string, std::unique_ptr<ChildProcess>> children_;
};

// Goal: a Deployment's pods are real processes, and none is left when it is scaled to nothing.
TEST_F(LabCluster, ADeploymentRunsAndEnds) {
  ASSERT_TRUE(becomes([&] { return node_is("True"); })) << read_text(dir_ / "lab-kubelet.log");
  create(kDeployments, kDeployment);
  ASSERT_TRUE(becomes([&] { return pods_in("Running") == 2; }));
  const auto pods = started_pods();
  ASSERT_EQ(pods.size(), 2U);
  for (const auto& [uid, pid] : pods) EXPECT_TRUE(alive(pid)) << uid;

  value none(object{{"spec", {{"replicas", 0}}}});
  must(run(io_, client_->merge_patch(std::string(kDeployments) + "/naps/scale", none)));
  ASSERT_TRUE(becomes([&] {
    const auto list = get(kPods);
    return find_array(list, {"items"}).empty();
  }));
  for (const auto& [uid, pid] : pods) EXPECT_FALSE(alive(pid)) << uid;
}

// Goal: a machine that goes away without a word takes its processes along and becomes NotReady;
// when it is back, in a new boot, its Deployment's pods run again.
TEST_F(LabCluster, AKilledKubeletIsNotReadyUntilItIsBack) {
  create(kDeployments, kDeployment);
  ASSERT_TRUE(becomes([&] { return pods_in("Running") == 2; }));
  const auto before = started_pods();

  children_["lab-kubelet"]->signal_group(SIGKILL);
  ASSERT_TRUE(becomes([&] { return node_is("Unknown"); }));
  for (const auto& [uid, pid] : before) EXPECT_FALSE(alive(pid)) << uid;

  boot("boot-2");
  ASSERT_TRUE(becomes([&] { return node_is("True"); }));
  ASSERT_TRUE(becomes([&] {
    const auto now = started_pods();
    return pods_in("Running") == 2 &&
           std::ranges::count_if(now, [](const auto& pod) { return alive(pod.second); }) == 2;
  }));
  const auto node = get("/api/v1/nodes/worker1");
  EXPECT_EQ(find_text(node, {"status", "nodeInfo", "bootID"}), "boot-2");
}

}  // namespace
}  // namespace ecokube::test
