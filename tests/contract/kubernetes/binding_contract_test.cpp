// Our own scheduler's writes: a pod is bound once, by whoever comes first, and the server says to
// the others that it is not theirs.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "coordinator/kubernetes/json_access.h"
#include "tests/contract/kubernetes/contract_test.h"

namespace ecokube::test {
namespace {

class Binding : public ContractTest {
 protected:
  Binding() : node_(fresh("node")), client_(start()) { create_node(node_); }

  /// Of our scheduler; `spec` are more fields of it, `metadata` of that.
  core::PodRef make_pod(const std::string& spec = "", const std::string& metadata = "") {
    const auto name = fresh("pod");
    const auto pod = create(kPods, fmt::format(R"({{"apiVersion": "v1", "kind": "Pod",
                       "metadata": {{"name": "{}"{}}},
                       "spec": {{"schedulerName": "ecokube"{},
                         "containers": [{{"name": "c", "image": "none"}}]}}}})",
                                               name, metadata, spec));
    return {std::string(kubernetes::find_text(pod.get_object(), {"metadata", "uid"})), "default",
            name};
  }
  Result<void> bind(const core::PodRef& pod, const std::string& node) {
    const core::BindPod wish{pod, node};
    return run(io_, client_->cluster->bind(wish));
  }
  Result<void> report(const core::PodRef& pod, const std::string& message, bool newly) {
    const core::ReportUnschedulable wish{pod, message, newly};
    return run(io_, client_->cluster->report(wish));
  }
  void expect_refused(const Result<void>& bound, const std::string& pod) {
    ASSERT_FALSE(bound);
    EXPECT_EQ(bound.error().code, Errc::refused) << bound.error().message;
    EXPECT_NE(bound.error().message.find(pod), std::string::npos) << bound.error().message;
  }
  std::string node_of(const core::PodRef& pod) {
    const auto object = get(path_of(pod));
    return std::string(kubernetes::find_text(object.get_object(), {"spec", "nodeName"}));
  }
  Json condition_of(const core::PodRef& pod, std::string_view type) {
    const auto now = get(path_of(pod));
    for (const auto& one : kubernetes::find_array(now.get_object(), {"status", "conditions"})) {
      if (kubernetes::find_text(one.get_object(), {"type"}) == type) return one;
    }
    return boost::json::object();
  }
  static std::string path_of(const core::PodRef& pod) { return kPods + "/" + pod.name; }

  /// As it was last told, once that is `so`.
  template <class So>
  core::KubePod seen(const core::PodRef& pod, So so) {
    core::KubePod found;
    const auto look = [&](const core::KubePod& one) {
      if (one.uid == pod.uid) found = one;
    };
    const bool in_time = wait([&] {
      for (const auto& fact : client_->facts) {
        if (const auto* all = std::get_if<core::ClusterListed>(&fact)) {
          std::for_each(all->pods.begin(), all->pods.end(), look);
        } else if (const auto* one = std::get_if<core::PodSeen>(&fact)) {
          look(one->pod);
        }
      }
      return found.uid == pod.uid && so(found);
    });
    EXPECT_TRUE(in_time) << pod.name;
    return found;
  }

  static inline const std::string kPods = "/api/v1/namespaces/default/pods";
  std::string node_;
  std::shared_ptr<Client> client_;
};

TEST_P(Binding, AFreePodGoesToTheNode) {
  const auto pod = make_pod();
  EXPECT_EQ(seen(pod, [](const auto&) { return true; }).scheduler, "ecokube");
  const auto bound = bind(pod, node_);
  ASSERT_TRUE(bound) << bound.error().message;
  seen(pod, [&](const auto& now) { return now.node == node_; });
  const auto scheduled = condition_of(pod, "PodScheduled");
  EXPECT_EQ(kubernetes::find_text(scheduled.get_object(), {"status"}), "True");
}

TEST_P(Binding, OneThatIsBoundStaysWhereItIs) {
  const auto pod = make_pod();
  ASSERT_TRUE(bind(pod, node_));
  const auto other = fresh("node");
  create_node(other);
  for (const auto& node : {other, node_}) {
    const auto again = bind(pod, node);
    expect_refused(again, pod.name);
    EXPECT_NE(again.error().message.find("already assigned to node"), std::string::npos)
        << again.error().message;
  }
  EXPECT_EQ(node_of(pod), node_);
}

TEST_P(Binding, AnotherOneOfItsNameIsLeftAlone) {
  auto pod = make_pod();
  auto before = pod;
  before.uid = "uid-of-its-predecessor";
  expect_refused(bind(before, node_), pod.name);
  EXPECT_EQ(node_of(pod), "");
}

TEST_P(Binding, WhatIsGoneOrGoesIsRefused) {
  expect_refused(bind({"some-uid", "default", fresh("nobody")}, node_), "nobody");
  const auto going = make_pod("", R"(, "finalizers": ["ecokube.io/test"])");
  remove(path_of(going));
  const auto bound = bind(going, node_);
  expect_refused(bound, going.name);
  EXPECT_NE(bound.error().message.find("being deleted"), std::string::npos);
  patch(path_of(going), R"({"metadata": {"finalizers": null}})");
}

TEST_P(Binding, AGatedPodIsRefusedUntilItsGateIsGone) {
  const auto pod = make_pod(R"(, "schedulingGates": [{"name": "ecokube.io/test"}])");
  EXPECT_TRUE(seen(pod, [](const auto&) { return true; }).gated);
  expect_refused(bind(pod, node_), pod.name);
  EXPECT_EQ(node_of(pod), "");
  patch(path_of(pod), R"({"spec": {"schedulingGates": null}})");
  EXPECT_FALSE(seen(pod, [](const auto& now) { return !now.gated; }).gated);
  const auto bound = bind(pod, node_);
  ASSERT_TRUE(bound) << bound.error().message;
}

TEST_P(Binding, WhyItFitsNowhereIsInItsCondition) {
  const auto pod = make_pod();
  patch(path_of(pod) + "/status", R"({"status": {"conditions": [
      {"type": "example.org/ours", "status": "True", "reason": "Kept"}]}})");
  const auto reported = report(pod, "0/1 nodes are available: 1 Insufficient cpu.", true);
  ASSERT_TRUE(reported) << reported.error().message;
  const auto refused = seen(pod, [](const auto& now) { return now.unschedulable; });
  EXPECT_EQ(refused.refusal, "0/1 nodes are available: 1 Insufficient cpu.");
  const auto at = condition_of(pod, "PodScheduled").at("lastTransitionTime");
  EXPECT_TRUE(at.is_string());

  ASSERT_TRUE(report(pod, "0/1 nodes are available: 1 Too many pods.", false));
  seen(pod, [](const auto& now) { return now.refusal.ends_with("1 Too many pods."); });
  EXPECT_EQ(condition_of(pod, "PodScheduled").at("lastTransitionTime"), at) << "it did not change";
  EXPECT_EQ(condition_of(pod, "example.org/ours").at("reason"), "Kept");

  ASSERT_TRUE(bind(pod, node_));
  EXPECT_FALSE(seen(pod, [&](const auto& now) { return now.node == node_; }).unschedulable);
}

TEST_P(Binding, AnotherOneOfItsNameIsToldNothing) {
  auto pod = make_pod();
  auto before = pod;
  before.uid = "uid-of-its-predecessor";
  const auto reported = report(before, "0/0", true);
  ASSERT_FALSE(reported);
  EXPECT_EQ(reported.error().code, Errc::invalid) << reported.error().message;
  EXPECT_TRUE(condition_of(pod, "PodScheduled").get_object().empty());
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Binding, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

class SoftTainting : public ContractTest {
 protected:
  SoftTainting() : client_(start()) {}

  Result<core::Revision> soft_taint(const std::string& node, bool present) {
    const auto step = step_for(node, core::SoftTaint{present});
    return run(io_, client_->cluster->soft_taint(step));
  }
  /// "key:effect" of each, as the client sees them at this revision.
  std::vector<std::string> taints(const std::string& name, core::Revision revision) {
    const bool seen = wait([&] {
      const auto* node = last_node(*client_, name);
      return node != nullptr && node->revision >= revision;
    });
    EXPECT_TRUE(seen) << name << " at " << revision;
    std::vector<std::string> found;
    const auto* node = last_node(*client_, name);
    if (node == nullptr) return found;
    for (const auto& taint : node->taints) found.push_back(taint.key + ":" + taint.effect);
    std::sort(found.begin(), found.end());
    return found;
  }

  using Taints = std::vector<std::string>;
  std::shared_ptr<Client> client_;
};

TEST_P(SoftTainting, ComesAndGoesBesideTheTaintsOfOthers) {
  const auto name = fresh("node");
  create_node(name, R"({"taints": [{"key": "gpu", "effect": "NoSchedule"}]})");
  const auto put = soft_taint(name, true);
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_EQ(taints(name, *put),
            (Taints{"ecokube.io/candidate:PreferNoSchedule", "gpu:NoSchedule"}));
  EXPECT_EQ(soft_taint(name, true), put) << "it is there, so nothing is written";
  const auto taken = soft_taint(name, false);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taints(name, *taken), (Taints{"gpu:NoSchedule"}));
  EXPECT_EQ(soft_taint(name, false), taken);
}

TEST_P(SoftTainting, TheMarkTakesItsPlace) {
  const auto name = fresh("node");
  create_node(name);
  const auto put = soft_taint(name, true);
  ASSERT_TRUE(put) << put.error().message;
  const auto mark = step_for(name, core::MarkNode{*put, "boot-1", false, "", {}});
  const auto marked = run(io_, client_->cluster->mark(mark));
  ASSERT_TRUE(marked) << marked.error().message;
  const auto there = taints(name, *marked);
  EXPECT_EQ(std::count(there.begin(), there.end(), "ecokube.io/candidate:PreferNoSchedule"), 0);
  EXPECT_EQ(std::count(there.begin(), there.end(), "ecokube.io/powering-down:NoSchedule"), 1);
}

TEST_P(SoftTainting, UnmarkTakesALeftOverOff) {
  const auto name = fresh("node");
  const auto made = create_node(name);
  const auto mark = step_for(name, core::MarkNode{revision_of(made), "boot-1", false, "", {}});
  ASSERT_TRUE(run(io_, client_->cluster->mark(mark)));
  ASSERT_TRUE(soft_taint(name, true));
  const auto step = step_for(name, core::UnmarkNode{""});
  const auto unmarked = run(io_, client_->cluster->unmark(step));
  ASSERT_TRUE(unmarked) << unmarked.error().message;
  for (const auto& taint : taints(name, *unmarked)) {
    EXPECT_EQ(taint.find("ecokube.io/"), std::string::npos) << taint;
  }
}

TEST_P(SoftTainting, OfANodeThatIsGoneIsNotFound) {
  const auto put = soft_taint(fresh("nobody"), true);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Errc::not_found);
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, SoftTainting, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
