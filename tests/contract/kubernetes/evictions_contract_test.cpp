// Pods leave by the Eviction API, under their budgets (S12).
#include <fmt/format.h>

#include "coordinator/kubernetes/json_access.h"
#include "tests/contract/kubernetes/contract_test.h"

namespace ecokube::test {
namespace {

class Evicting : public ContractTest {
 protected:
  Evicting() : node_(fresh("node")), client_(start()) {
    server_->start_controllers();
    create_node(node_);
  }

  /// Runs, is ready, and has the label app=<app>.
  core::PodRef run_pod(const std::string& app) {
    const auto name = fresh("pod");
    create_pod(name, node_);
    const auto path = kPods + "/" + name;
    patch(path, fmt::format(R"({{"metadata": {{"labels": {{"app": "{}"}}}}}})", app));
    const auto pod = patch(path + "/status", R"({"status": {"phase": "Running",
                                    "conditions": [{"type": "Ready", "status": "True"}]}})");
    return {std::string(kubernetes::find_text(pod.get_object(), {"metadata", "uid"})), "default",
            name};
  }
  std::string create_budget(const std::string& app, int min_available) {
    const auto name = fresh("budget");
    create(kBudgets, fmt::format(R"({{"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                       "metadata": {{"name": "{}"}}, "spec": {{"minAvailable": {},
                         "selector": {{"matchLabels": {{"app": "{}"}}}}}}}})",
                                 name, min_available, app));
    return name;
  }
  /// As it was last seen.
  const core::KubeBudget* budget(const std::string& name) {
    const core::KubeBudget* found = nullptr;
    for (const auto& fact : client_->facts) {
      const auto* seen = std::get_if<core::Seen<core::KubeBudget>>(&fact);
      if (seen != nullptr && seen->object.name == name) found = &seen->object;
    }
    return found;
  }
  bool wait_allows(const std::string& name, std::int64_t disruptions) {
    return wait([&] {
      const auto* seen = budget(name);
      return seen != nullptr && seen->disruptions_allowed == disruptions &&
             seen->never_allows == (disruptions == 0);
    });
  }
  Result<void> evict(std::vector<core::PodRef> pods) {
    const core::EvictPods wish{std::move(pods)};
    return run(io_, client_->cluster->evict(wish));
  }
  bool is_going(const core::PodRef& pod) {
    const auto now = get(kPods + "/" + pod.name);
    return kubernetes::find(now.get_object(), {"metadata", "deletionTimestamp"}) != nullptr;
  }

  static inline const std::string kPods = "/api/v1/namespaces/default/pods";
  static inline const std::string kBudgets =
      "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  std::string node_;
  std::shared_ptr<Client> client_;
};

TEST_P(Evicting, APodWithoutABudgetIsToldToGo) {
  const auto pod = run_pod(fresh("app"));
  const auto evicted = evict({pod});
  ASSERT_TRUE(evicted) << evicted.error().message;
  EXPECT_TRUE(is_going(pod)) << "it ends in its own time";
  EXPECT_TRUE(evict({pod})) << "a second time changes nothing";
}

TEST_P(Evicting, ABudgetRefusesUntilItAllows) {
  ASSERT_TRUE(wait_synced(*client_));
  const auto app = fresh("app");
  const auto pod = run_pod(app);
  const auto name = create_budget(app, 1);
  ASSERT_TRUE(wait_allows(name, 0));
  const auto refused = evict({pod});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused) << refused.error().message;
  EXPECT_NE(refused.error().message.find(pod.name), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find(name + " needs 1 healthy pods and has 1 currently"),
            std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(is_going(pod));

  const auto sibling = run_pod(app);
  ASSERT_TRUE(wait_allows(name, 1));
  const auto evicted = evict({pod});
  ASSERT_TRUE(evicted) << evicted.error().message;
  EXPECT_TRUE(is_going(pod));
  ASSERT_TRUE(wait([&] { return budget(name)->disruptions_allowed == 0; }));
  EXPECT_EQ(evict({sibling}).error().code, Errc::refused) << "the last one stays";
}

TEST_P(Evicting, OneThatIsRefusedDoesNotKeepTheOthers) {
  ASSERT_TRUE(wait_synced(*client_));
  const auto app = fresh("app");
  const auto guarded = run_pod(app);
  const auto free = run_pod(fresh("free"));
  ASSERT_TRUE(wait_allows(create_budget(app, 1), 0));
  const auto refused = evict({guarded, free});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_FALSE(is_going(guarded));
  EXPECT_TRUE(is_going(free));
}

TEST_P(Evicting, TwoBudgetsAreARefusal) {
  ASSERT_TRUE(wait_synced(*client_));
  const auto app = fresh("app");
  const auto pod = run_pod(app);
  ASSERT_TRUE(wait_allows(create_budget(app, 0), 1));
  ASSERT_TRUE(wait_allows(create_budget(app, 0), 1));
  const auto refused = evict({pod});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused) << refused.error().message;
  EXPECT_NE(refused.error().message.find("more than one"), std::string::npos);
  EXPECT_FALSE(is_going(pod));
}

// The status of an older spec allows nothing, and its Retry-After holds nobody else back.
TEST_P(Evicting, ABudgetOfAnOlderSpecAllowsNothing) {
  ASSERT_TRUE(wait_synced(*client_));
  const auto app = fresh("app");
  const auto pod = run_pod(app);
  const auto name = create_budget(app, 0);
  ASSERT_TRUE(wait_allows(name, 1));
  patch(kBudgets + "/" + name, R"({"spec": {"minAvailable": 1}})");
  const auto refused = evict({pod});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused) << refused.error().message;
  const auto asked = clock_.now();
  ASSERT_TRUE(run(io_, client_->cluster->list_pods(node_, 0)));
  EXPECT_LT(clock_.now() - asked, std::chrono::seconds(9)) << "held back by the Retry-After of 10";
}

TEST_P(Evicting, WhatIsGoneIsASuccess) {
  EXPECT_TRUE(evict({{"some-uid", "default", fresh("nobody")}}));
  const auto pod = run_pod(fresh("app"));
  const auto evicted = evict({{"uid-of-its-predecessor", "default", pod.name}});
  EXPECT_TRUE(evicted) << evicted.error().message;
  EXPECT_FALSE(is_going(pod)) << "another one of the same name is left alone";
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Evicting, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
