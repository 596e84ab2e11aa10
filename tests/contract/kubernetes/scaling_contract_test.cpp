// What scalers name: seen, scaled and, where that can't be, told by name without harm to the rest.
#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "tests/contract/kubernetes/contract_test.h"

namespace ecokube::test {
namespace {

using kubernetes::ScaleTarget;

constexpr const char* kPodTemplate = R"("template": {"metadata": {"labels": {"app": "NAME"}},
    "spec": {"restartPolicy": "POLICY", "containers": [{"name": "c", "image": "none",
      "resources": {"requests": {"cpu": "300m"}}}]}})";

std::string pod_template(const std::string& name, const std::string& policy) {
  std::string text = kPodTemplate;
  text.replace(text.find("NAME"), 4, name);
  return text.replace(text.find("POLICY"), 6, policy);
}

class Scaling : public ContractTest {
 protected:
  /// A StatefulSet or ReplicaSet without replicas.
  void create_set(const std::string& kind, const std::string& plural, const std::string& name) {
    create("/apis/apps/v1/namespaces/default/" + plural,
           fmt::format(R"({{"apiVersion": "apps/v1", "kind": "{0}", "metadata": {{"name": "{1}"}},
               "spec": {{"replicas": 0, "serviceName": "x",
                 "selector": {{"matchLabels": {{"app": "{1}"}}}}, {2}}}}})",
                       kind, name, pod_template(name, "Always")));
  }
  void create_job(const std::string& name, const std::string& suspend) {
    create("/apis/batch/v1/namespaces/default/jobs",
           fmt::format(R"({{"apiVersion": "batch/v1", "kind": "Job", "metadata": {{"name": "{}"}},
               "spec": {{"parallelism": 0, "completions": 9, "suspend": {}, {}}}}})",
                       name, suspend, pod_template(name, "Never")));
  }
  /// A kind of its own whose replicas stand at spec.size; returns its plural, its group is
  /// "<plural>.example.com".
  std::string create_kind(bool scalable) {
    const auto plural = fresh("things");
    const auto scale = scalable ? R"(, "scale": {"specReplicasPath": ".spec.size",
                                 "statusReplicasPath": ".status.size",
                                 "labelSelectorPath": ".status.selector"})"
                                : "";
    const auto crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    create(crds, fmt::format(R"({{"apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition", "metadata": {{"name": "{0}.{0}.example.com"}},
        "spec": {{"group": "{0}.example.com", "scope": "Namespaced",
          "names": {{"plural": "{0}", "singular": "x{0}", "kind": "Thing"}},
          "versions": [{{"name": "v1", "served": true, "storage": true,
            "subresources": {{"status": {{}}{1}}},
            "schema": {{"openAPIV3Schema": {{"type": "object",
              "x-kubernetes-preserve-unknown-fields": true}}}}}}]}}}})",
                             plural, scale));
    return plural;
  }
  Json create_thing(const std::string& plural, const std::string& name) {
    const auto collection = fmt::format("/apis/{0}.example.com/v1/namespaces/default/{0}", plural);
    const auto body = fmt::format(R"({{"apiVersion": "{}.example.com/v1", "kind": "Thing",
        "metadata": {{"name": "{}"}}, "spec": {{"size": 1}}}})",
                                  plural, name);
    // A server serves a new kind a moment after it was made.
    std::optional<Json> made;
    EXPECT_TRUE(wait([&] {
      boost::json::value object = boost::json::parse(body);
      auto answer = run(io_, admin_->create(collection, std::move(object)));
      if (answer) made = std::move(*answer);
      return made.has_value();
    }));
    return made.value();
  }
  std::shared_ptr<Client> start_for(const std::vector<ScaleTarget>& targets) {
    auto wanted = options();
    wanted.scaled = targets;
    auto client = start(wanted);
    EXPECT_TRUE(wait_synced(*client)) << "the rest of the cluster is seen in any case";
    return client;
  }
  /// As last told, by a list or a change.
  static const core::KubeWorkload* seen(const Client& client, const std::string& name) {
    const core::KubeWorkload* found = nullptr;
    for (const auto& fact : client.facts) {
      if (const auto* all = std::get_if<core::WorkloadsListed>(&fact)) {
        for (const auto& one : all->workloads) found = one.name == name ? &one : found;
      } else if (const auto* one = std::get_if<core::WorkloadSeen>(&fact)) {
        found = one->workload.name == name ? &one->workload : found;
      }
    }
    return found;
  }
  bool becomes(const Client& client, const std::string& name, std::int64_t replicas) {
    return wait([&] {
      const auto* workload = seen(client, name);
      return workload != nullptr && workload->replicas == replicas;
    });
  }
  Result<void> scale(Client& client, core::ScaleWorkload target) {
    return run(io_, client.cluster->scale(target));
  }
};

TEST_P(Scaling, DeploymentsStatefulSetsAndReplicaSets) {
  const auto name = fresh("workers");
  create_deployment(name);
  create_set("StatefulSet", "statefulsets", name);
  create_set("ReplicaSet", "replicasets", name);
  for (const char* kind : {"Deployment", "StatefulSet", "ReplicaSet"}) {
    auto client = start_for({{"apps/v1", kind, "default", name}});
    EXPECT_TRUE(becomes(*client, name, 0)) << kind;
    const auto scaled = scale(*client, {kind, "default", name, 3});
    ASSERT_TRUE(scaled) << kind << ": " << scaled.error().message;
    EXPECT_TRUE(becomes(*client, name, 3)) << kind;
    EXPECT_EQ(seen(*client, name)->selector.match_labels.at("app"), name) << kind;
    const auto absent = scale(*client, {kind, "default", fresh("nobody"), 1});
    ASSERT_FALSE(absent) << kind;
    EXPECT_EQ(absent.error().code, Errc::not_found) << kind;
    ASSERT_TRUE(scale(*client, {kind, "default", name, 0})) << kind;
    EXPECT_TRUE(becomes(*client, name, 0)) << kind;
  }
}

TEST_P(Scaling, AJobByItsParallelism) {
  const auto name = fresh("batch");
  const auto other = fresh("batch");
  create_job(name, "false");
  create_job(other, "true");
  auto client =
      start_for({{"batch/v1", "Job", "default", name}, {"batch/v1", "Job", "default", other}});
  ASSERT_TRUE(becomes(*client, name, 0));
  EXPECT_EQ(seen(*client, name)->over, "");
  EXPECT_EQ(seen(*client, name)->pods_max, 9);
  EXPECT_EQ(seen(*client, name)->requests, (Resources{300, 0, 1}));
  EXPECT_EQ(seen(*client, other)->over, "suspended");
  const auto scaled = scale(*client, {"Job", "default", name, 2, "batch"});
  ASSERT_TRUE(scaled) << scaled.error().message;
  EXPECT_TRUE(becomes(*client, name, 2));
  ASSERT_TRUE(scale(*client, {"Job", "default", name, 0, "batch"}));
}

TEST_P(Scaling, OnlyWhatIsNamedIsKept) {
  const auto name = fresh("workers");
  const auto other = fresh("workers");
  auto client = start_for({{"apps/v1", "Deployment", "default", name}});
  ASSERT_TRUE(wait([&] { return count<core::WorkloadsListed>(*client) > 0; }));
  create_deployment(other);
  create_deployment(name);
  ASSERT_TRUE(becomes(*client, name, 0));
  EXPECT_EQ(seen(*client, other), nullptr);
  remove("/apis/apps/v1/namespaces/default/deployments/" + name);
  EXPECT_TRUE(wait([&] { return count<core::WorkloadDeleted>(*client) == 1; }));
}

TEST_P(Scaling, ACustomResourceWhereverItsReplicasAre) {
  const auto plural = create_kind(true);
  const auto name = fresh("thing");
  create_thing(plural, name);
  const auto group = plural + ".example.com";
  auto client = start_for({{group + "/v1", "Thing", "default", name}});
  ASSERT_TRUE(becomes(*client, name, 1));
  EXPECT_EQ(seen(*client, name)->requests, std::nullopt);
  EXPECT_EQ(seen(*client, name)->selector, core::Selector{});
  const auto scaled = scale(*client, {"Thing", "default", name, 4, group});
  ASSERT_TRUE(scaled) << scaled.error().message;
  EXPECT_TRUE(becomes(*client, name, 4));
  const auto path = fmt::format("/apis/{}/v1/namespaces/default/{}/{}", group, plural, name);
  const auto stored = get(path);
  EXPECT_EQ(stored.at("spec").at("size"), 4);
  patch(path + "/status", R"({"status": {"selector": "app=thing"}})");
  EXPECT_TRUE(wait([&] {
    return seen(*client, name)->selector.match_labels == core::Labels{{"app", "thing"}};
  })) << "its controller said later which pods are its";
}

TEST_P(Scaling, AKindThatIsNotServedIsToldAndFoundLater) {
  const auto missing = fresh("nothing") + ".example.com/v1";
  auto client = start_for({{missing, "Thing", "default", "one"}});
  ASSERT_TRUE(wait([&] { return count<core::WorkloadsLost>(*client) > 0; }));
  EXPECT_NE(last<core::WorkloadsLost>(*client)->why.find("404"), std::string::npos);
  EXPECT_EQ(count<core::ClusterLost>(*client), 0U);
  const auto scaled = scale(*client, {"Thing", "default", "one", 1, core::group_of(missing)});
  ASSERT_FALSE(scaled);
  EXPECT_EQ(scaled.error().code, Errc::unsupported);

  const auto plain = create_kind(false);
  create_thing(plain, fresh("thing"));
  const auto group = plain + ".example.com";
  auto other = start_for({{group + "/v1", "Thing", "default", "one"}});
  ASSERT_TRUE(wait([&] { return count<core::WorkloadsLost>(*other) > 0; }));
  EXPECT_NE(last<core::WorkloadsLost>(*other)->why.find("no scale subresource"), std::string::npos);
  const auto crd = fmt::format(
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{0}.{0}.example.com", plain);
  patch(crd, R"({"spec": {"versions": [{"name": "v1", "served": true, "storage": true,
      "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size",
        "statusReplicasPath": ".status.size"}},
      "schema": {"openAPIV3Schema": {"type": "object",
        "x-kubernetes-preserve-unknown-fields": true}}}]}})");
  EXPECT_TRUE(wait([&] { return count<core::WorkloadsListed>(*other) > 0; }));
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Scaling, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
