// The ClusterRole that we ship, on a real control plane: enough for all that the coordinator does,
// and nothing in it is too much.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "common/boot_clock.h"
#include "coordinator/kubernetes/cluster_api.h"
#include "coordinator/kubernetes/event_recorder.h"
#include "tests/support/real_control_plane.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

constexpr const char* kAddress = "127.0.41.1";

/// One right: its place in rbac.yaml, and what the API server calls it when it is missing.
struct Right {
  std::size_t document = 0;
  std::size_t rule = 0;
  std::string verb, resource;
};

std::vector<Right> all_rights(const std::vector<YAML::Node>& documents) {
  std::vector<Right> rights;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const auto& rules = documents[i]["rules"];
    if (!rules) continue;
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
      for (const auto& verb : rules[rule]["verbs"]) {
        rights.push_back(
            {i, rule, verb.as<std::string>(), rules[rule]["resources"][0].as<std::string>()});
      }
    }
  }
  return rights;
}

/// The coordinator's whole work in the cluster with the ServiceAccount's rights.
class RbacTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    plane_ = new RealControlPlane(kAddress, 6443);
    plane_->kubectl(std::string("apply -f ") + ECOKUBE_RBAC);
    make_workloads();
    const auto node = plane_->files().folder / "node.json";
    std::ofstream(node)
        << R"({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker"}})";
    plane_->kubectl("create -f " + node.string());
    // What a pod of this ServiceAccount would be given.
    std::filesystem::create_directory(service_account());
    auto token = plane_->kubectl("create token ecokube-coordinator -n kube-system");
    token.erase(token.find_last_not_of('\n') + 1);
    std::ofstream(service_account() / "token") << token;
    std::filesystem::copy(plane_->files().certificate("ca"), service_account() / "ca.crt");
    ::setenv("KUBERNETES_SERVICE_HOST", kAddress, 1);
    ::setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
  }
  /// One of each kind that a scaler may name, all called "workers" and without pods.
  static void make_workloads() {
    plane_->kubectl("create deployment workers --image=none --replicas=0");
    plane_->kubectl(std::string("apply -f ") + ECOKUBE_TEST_WORKLOADS);
    plane_->kubectl("wait --for=condition=Established crd/things.example.com --timeout=30s");
    const auto thing = plane_->files().folder / "thing.yaml";
    std::ofstream(thing) << "{apiVersion: example.com/v1, kind: Thing, metadata: {name: workers, "
                            "namespace: default}, spec: {replicas: 0}}\n";
    plane_->kubectl("apply -f " + thing.string());
  }
  static void TearDownTestSuite() {
    delete plane_;
    plane_ = nullptr;
  }

  /// The rights in a file as shipped, but for one; none is missing when `without` is null.
  static void grant(const std::string& shipped, const Right* without) {
    auto documents = YAML::LoadAllFromFile(shipped);
    YAML::Emitter out;
    if (without != nullptr) {
      YAML::Node verbs = documents[without->document]["rules"][without->rule]["verbs"];
      YAML::Node left(YAML::NodeType::Sequence);
      for (const auto& verb : verbs) {
        if (verb.as<std::string>() != without->verb) left.push_back(verb);
      }
      // A rule must have a verb; this one grants nothing.
      if (left.size() == 0) left.push_back("impersonate");
      documents[without->document]["rules"][without->rule]["verbs"] = left;
    }
    for (const auto& document : documents) out << YAML::BeginDoc << document;
    const auto file = plane_->files().folder / "rbac.yaml";
    std::ofstream(file) << out.c_str() << "\n";
    plane_->kubectl("apply -f " + file.string());
  }

  void scale_every_kind() {
    grant(ECOKUBE_RBAC, nullptr);
    for (const char* kind : {"StatefulSet", "ReplicaSet"}) {
      scaled_.push_back({"apps/v1", kind, "default", "workers"});
    }
    scaled_.push_back({"batch/v1", "Job", "default", "workers"});
    scaled_.push_back({"example.com/v1", "Thing", "default", "workers"});
  }

  void expect_each_is_needed(const std::string& shipped, std::size_t rights_expected) {
    const auto rights = all_rights(YAML::LoadAllFromFile(shipped));
    ASSERT_EQ(rights.size(), rights_expected);
    for (const auto& right : rights) {
      grant(shipped, &right);
      const auto expected = fmt::format("cannot {} resource \"{}\"", right.verb, right.resource);
      std::string said;
      // The API server knows of a changed role a moment later.
      for (int attempt = 0; attempt < 3 && !contains(said, expected); ++attempt) {
        said = work(expected);
      }
      EXPECT_TRUE(contains(said, expected)) << "without it nobody says: " << expected << "\n"
                                            << said;
    }
  }

  /// All of the coordinator's work in the cluster, once; returns what was said about it.
  std::string work(const std::string& until_said) {
    plane_->kubectl("delete lease ecokube-coordinator -n kube-system --ignore-not-found");
    said_.str("");
    auto made = kubernetes::make_kubernetes(io_.get_executor(), options());
    if (!made) throw std::runtime_error(made.error().message);
    auto& cluster = **made;
    bool listed = false;
    bool held = false;
    std::set<std::string> kinds;  // what was said of, good or bad
    cluster.start([&](const core::Fact& fact) {
      listed = listed || std::holds_alternative<core::ClusterListed>(fact);
      held = held || std::holds_alternative<core::LeaseHeld>(fact);
      if (const auto* lost = std::get_if<core::ClusterLost>(&fact)) said_ << lost->why << '\n';
      if (const auto* seen = std::get_if<core::WorkloadsListed>(&fact)) kinds.insert(seen->kind);
      if (const auto* unseen = std::get_if<core::WorkloadsLost>(&fact)) {
        kinds.insert(unseen->kind);
        said_ << unseen->why << '\n';
      }
    });
    const auto settled = [&] {
      return contains(said_.str(), until_said) ||
             (listed && held && kinds.size() == scaled_.size());
    };
    if (!run_until(io_, settled)) said_ << "the cluster was not seen or the Lease not held\n";
    if (listed && held) {
      write(cluster);
      tell(until_said);
      if (!until_said.empty()) run_until(io_, [&] { return contains(said_.str(), until_said); });
    }
    run(io_, cluster.stop());
    return said_.str();
  }

  void write(kubernetes::KubernetesCluster& cluster) {
    const auto tell = [&](const auto& result) {
      if (!result) said_ << result.error().message << '\n';
    };
    const auto revision =
        std::stoll(plane_->kubectl("get node worker -o jsonpath='{.metadata.resourceVersion}'"));
    const auto step = [](core::Action action) {
      const auto verb = static_cast<core::Verb>(action.index());
      return core::Step{core::StepId{"worker", verb, 1, 1}, std::move(action), {}, 1};
    };
    tell(run(io_, cluster.mark(step(core::MarkNode{revision, "boot-1", false, "", {}}))));
    const core::EvictPods nobody{{{"some-uid", "default", "nobody"}}};
    tell(run(io_, cluster.evict(nobody)));
    const core::BindPod bind{{"some-uid", "default", "nobody"}, "worker"};
    tell(run(io_, cluster.bind(bind)));
    const core::ReportUnschedulable report{bind.pod, "0/1 nodes are available.", true};
    tell(run(io_, cluster.report(report)));
    tell(run(io_, cluster.list_pods("worker", 0)));
    tell(run(io_, cluster.record_freeze("")));
    for (const auto& target : scaled_) {
      tell(run(io_, cluster.scale({target.kind, target.ns, target.name, 0,
                                   core::group_of(target.api_version)})));
    }
    tell(run(io_, cluster.unmark(step(core::UnmarkNode{""}))));
  }

  /// The same thing again once it was written: that only counts it up.
  void tell(const std::string& until_said) {
    auto events = kubernetes::make_event_recorder(io_.get_executor(), options().access, "test",
                                                  [this] { return clock_.now(); });
    if (!events) throw std::runtime_error(events.error().message);
    const std::string message = fmt::format("at {}", to_ms(clock_.now()));
    for (int times = 1; times <= 2; ++times) {
      (*events)->tell({kubernetes::about_node("worker"), false, "Waking", message});
      const auto counted = fmt::format("{}={} ", message, times);
      const auto written = [&] {
        return contains(said_.str(), until_said) ||
               contains(plane_->kubectl("get events -n default -o "
                                        "jsonpath='{range .items[*]}{.message}={.count} {end}'"),
                        counted);
      };
      run_until(io_, written);
    }
  }

  static bool contains(const std::string& text, const std::string& part) {
    return !part.empty() && text.find(part) != std::string::npos;
  }

  kubernetes::KubernetesOptions options() {
    auto access = kubernetes::read_service_account(service_account());
    if (!access) throw std::runtime_error(access.error().message);
    kubernetes::KubernetesOptions options;
    options.access = *std::move(access);
    options.clock = [this] { return clock_.now(); };
    options.identity = "test";
    options.scaled = scaled_;
    options.lease_duration = std::chrono::seconds(1);  // renewals are soon
    return options;
  }

  RbacTest() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(said_)));
  }
  ~RbacTest() override {
    spdlog::set_default_logger(spdlog::stderr_logger_mt(fmt::format("after{}", fmt::ptr(this))));
  }

  static inline RealControlPlane* plane_ = nullptr;
  static std::filesystem::path service_account() {
    return plane_->files().folder / "service-account";
  }
  boost::asio::io_context io_{1};
  RealClock clock_;
  std::ostringstream said_;
  std::vector<kubernetes::ScaleTarget> scaled_{{"apps/v1", "Deployment", "default", "workers"}};
};

TEST_F(RbacTest, WhatIsShippedIsEnough) {
  grant(ECOKUBE_RBAC, nullptr);
  const auto said = work("");
  EXPECT_EQ(said.find("cannot "), std::string::npos) << said;
  EXPECT_EQ(said.find("not seen"), std::string::npos) << said;
}

TEST_F(RbacTest, EachRightIsNeededAndItsLackIsNamed) { expect_each_is_needed(ECOKUBE_RBAC, 30); }

TEST_F(RbacTest, WithTheOtherFileScalersMayNameAnyKind) {
  scale_every_kind();
  grant(ECOKUBE_RBAC_SCALERS, nullptr);
  std::string said;
  for (int attempt = 0; attempt < 3; ++attempt) {  // known a moment later
    said = work("");
    if (!contains(said, "cannot ")) break;
  }
  EXPECT_EQ(said.find("cannot "), std::string::npos) << said;
  EXPECT_EQ(said.find("can't be scaled"), std::string::npos) << said;
}

TEST_F(RbacTest, EachRightOfTheOtherFileIsNeededToo) {
  scale_every_kind();
  expect_each_is_needed(ECOKUBE_RBAC_SCALERS, 13);
}

}  // namespace
}  // namespace ecokube::test
