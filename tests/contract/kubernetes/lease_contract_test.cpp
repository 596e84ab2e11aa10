// The one Lease (S5): one holder at a time, a fence that only rises, and a loss that is told in
// time.
#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/lease_claim.h"
#include "tests/contract/kubernetes/contract_test.h"

namespace ecokube::test {
namespace {

const std::string kLeases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const std::string kOurs = kLeases + "/" + std::string(names::kLeaseName);

class Leasing : public ContractTest {
 protected:
  Leasing() {
    delete_lease();
    free_lease();
  }
  ~Leasing() override { delete_lease(); }

  void delete_lease() { (void)run(io_, admin_->remove(kOurs, nullptr)); }
  /// As a holder before this one left it, so that the first need not wait.
  void free_lease() {
    create(kLeases, fmt::format(R"({{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                            "metadata": {{"name": "{}"}},
                            "spec": {{"holderIdentity": "", "leaseDurationSeconds": 1}}}})",
                                names::kLeaseName));
  }
  kubernetes::KubernetesOptions with_lease(const std::string& identity) {
    auto wish = options();
    wish.lease = true;
    wish.identity = identity;
    wish.lease_duration = std::chrono::milliseconds(1000);
    return wish;
  }
  std::shared_ptr<Client> start_holder(const std::string& identity) {
    auto client = start(with_lease(identity));
    EXPECT_TRUE(wait([&] { return count<core::LeaseHeld>(*client) > 0; })) << identity;
    return client;
  }
  static std::int64_t fence_of(const Client& client) {
    const auto* held = last<core::LeaseHeld>(client);
    return held != nullptr ? held->fence : 0;
  }
  static std::string freeze_of(const Client& client) {
    const auto* freeze = last<core::FreezeSeen>(client);
    return freeze != nullptr ? freeze->text : "";
  }
  std::int64_t fence_on_server() {
    const auto lease = get(kOurs);
    return std::stoll(std::string(kubernetes::annotation_of(lease.get_object(), names::kFence)));
  }
  std::string holder_on_server() {
    const auto lease = get(kOurs);
    return std::string(kubernetes::find_text(lease.get_object(), {"spec", "holderIdentity"}));
  }
};

TEST_P(Leasing, IsTakenRenewedAndGivenBack) {
  auto client = start_holder("a");
  const auto first = *last<core::LeaseHeld>(*client);
  EXPECT_GE(first.fence, 1);
  EXPECT_EQ(fence_on_server(), first.fence);
  EXPECT_TRUE(holder_on_server().starts_with("a_")) << "an identity of this start's own";
  EXPECT_TRUE(wait([&] { return count<core::LeaseHeld>(*client) >= 3; }));
  EXPECT_EQ(fence_of(*client), first.fence) << "renewing does not raise the fence";
  EXPECT_GT(last<core::LeaseHeld>(*client)->valid_until, first.valid_until);
  stop(*client);
  EXPECT_EQ(count<core::LeaseLost>(*client), 1U);
  EXPECT_EQ(holder_on_server(), "");
}

TEST_P(Leasing, TheNextHolderTakesAHigherFenceAtOnceWhenItWasGivenBack) {
  auto first = start_holder("a");
  const auto fence = fence_of(*first);
  stop(*first);
  auto second = start_holder("b");
  EXPECT_GT(fence_of(*second), fence);
  EXPECT_EQ(fence_on_server(), fence_of(*second));
}

TEST_P(Leasing, ASecondWaitsWhileTheFirstRenews) {
  auto first = start_holder("a");
  auto second = start(with_lease("b"));
  const auto renewed = count<core::LeaseHeld>(*first);
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*first) >= renewed + 5; }));
  EXPECT_EQ(count<core::LeaseHeld>(*second), 0U);
  EXPECT_EQ(count<core::LeaseLost>(*first), 0U);
}

TEST_P(Leasing, ASecondTakesItAfterTheFirstLapsedAndTheFirstKnows) {
  auto first = start_holder("a");
  const auto fence = fence_of(*first);
  auto beside = with_lease("b");
  beside.access = server_->access();  // another way to the server
  auto second = start(beside);
  proxy_->refuse();  // the first is cut off
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*second) > 0; }));
  // It must have told its loss before another could be told its gain.
  EXPECT_EQ(count<core::LeaseLost>(*first), 1U);
  EXPECT_GT(fence_of(*second), fence);
  proxy_->accept_again();
  const auto renewed = count<core::LeaseHeld>(*second);
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*second) >= renewed + 3; }));
  EXPECT_EQ(fence_of(*first), fence) << "the old one does not take it back";
}

TEST_P(Leasing, OneWhoLosesItToAnotherIsToldAtItsNextRenewal) {
  auto client = start_holder("a");
  patch(kOurs, R"({"spec": {"holderIdentity": "a usurper"}})");
  ASSERT_TRUE(wait([&] { return count<core::LeaseLost>(*client) > 0; }));
  EXPECT_NE(last<core::LeaseLost>(*client)->why.find("a usurper"), std::string::npos);
}

// A tool that only adds a label must not cost us the Lease.
TEST_P(Leasing, AForeignWriteBesideUsIsNoLoss) {
  auto client = start_holder("a");
  const auto renewed = count<core::LeaseHeld>(*client);
  patch(kOurs, R"({"metadata": {"labels": {"backup": "yes"}}})");
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*client) >= renewed + 3; }));
  EXPECT_EQ(count<core::LeaseLost>(*client), 0U);
  const auto lease = get(kOurs);
  EXPECT_EQ(lease.at("metadata").at("labels").at("backup"), "yes");
}

TEST_P(Leasing, TheFenceIsAboveTheFloor) {
  auto client = start_holder("a");
  EXPECT_EQ(fence_of(*client), fence_on_server());
  client->cluster->raise_fence_floor(1000);
  ASSERT_TRUE(wait([&] { return fence_of(*client) > 1000; }));
  EXPECT_EQ(fence_on_server(), fence_of(*client));
  const auto raised = fence_of(*client);
  client->cluster->raise_fence_floor(raised);  // what agents report of ourselves
  const auto renewed = count<core::LeaseHeld>(*client);
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*client) >= renewed + 2; }));
  EXPECT_EQ(fence_of(*client), raised);
}

// A standby that looks in the few milliseconds between may take it first, which is as good: here it
// is cut off while the Lease is deleted.
TEST_P(Leasing, ADeletedLeaseIsLostAndTakenAgainHigher) {
  auto direct = with_lease("a");
  direct.access = server_->access();
  auto client = start(direct);
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*client) > 0; }));
  auto second = start(with_lease("b"));
  ASSERT_TRUE(wait([&] { return count<core::LeaseSeen>(*second) > 0; }));
  proxy_->refuse();
  for (int times = 1; times <= 3; ++times) {
    const auto fence = fence_of(*client);
    delete_lease();
    ASSERT_TRUE(wait([&] { return fence_of(*client) > fence; }));
    EXPECT_EQ(fence_on_server(), fence_of(*client));
    EXPECT_GE(count<core::LeaseLost>(*client), static_cast<std::size_t>(times));
  }
  proxy_->accept_again();
  const auto renewed = count<core::LeaseHeld>(*client);
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*client) >= renewed + 5; }));
  EXPECT_EQ(count<core::LeaseHeld>(*second), 0U);
}

// Who comes to a cluster without a Lease can't know that nobody acts.
TEST_P(Leasing, AMissingLeaseIsMadeAtOnceAndActedOnWhenAnothersTimeIsOver) {
  auto first = start_holder("a");
  proxy_->refuse();  // it acts on, and does not hear of the deletion
  delete_lease();
  auto beside = with_lease("b");
  beside.access = server_->access();
  auto second = start(beside);
  EXPECT_TRUE(wait([&] {
    const auto made = run(io_, admin_->get(kOurs));
    return made && kubernetes::find_text(made->get_object(), {"spec", "holderIdentity"}) != "";
  }));
  EXPECT_EQ(count<core::LeaseHeld>(*second), 0U);
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*second) > 0; }));
  EXPECT_EQ(count<core::LeaseLost>(*first), 1U) << "before the other's gain";
  EXPECT_GT(fence_on_server(), 0);
}

// From what the two were told: when each sent the write that it acts on, in parts of the duration.
TEST_P(Leasing, AStandbyTakesItWithinItsDurationOfTheLastRenewal) {
  const std::chrono::milliseconds duration(3000);
  auto wish = with_lease("a");
  wish.lease_duration = duration;
  auto first = start(wish);
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*first) > 1; }));
  auto beside = with_lease("b");
  beside.lease_duration = duration;
  beside.access = server_->access();
  auto second = start(beside);
  ASSERT_TRUE(wait([&] { return count<core::LeaseSeen>(*second) > 0; }));
  proxy_->refuse();
  ASSERT_TRUE(wait([&] { return count<core::LeaseHeld>(*second) > 0; }));
  const auto acted_until = last<core::LeaseHeld>(*first)->valid_until;
  const auto renewed = acted_until - kubernetes::acts_for(duration);
  const auto taken = last<core::LeaseHeld>(*second)->valid_until - kubernetes::acts_for(duration);
  EXPECT_GE(taken, acted_until + duration / 20) << "not while the first acts";
  EXPECT_LE(taken, renewed + duration);
}

// A freeze must outlive its leader, and reach the next one before anything else does (S27).
TEST_P(Leasing, AFreezeIsSeenByAnotherBeforeItsListOfTheCluster) {
  auto client = start_holder("a");
  const auto frozen = run(io_, client->cluster->record_freeze("freeze ann: disk swap"));
  ASSERT_TRUE(frozen) << frozen.error().message;
  EXPECT_TRUE(wait([&] { return freeze_of(*client) == "freeze ann: disk swap"; }));
  auto second = start(with_lease("b"));
  ASSERT_TRUE(wait_synced(*second));
  EXPECT_EQ(freeze_of(*second), "freeze ann: disk swap");
  ASSERT_TRUE(run(io_, client->cluster->record_freeze("")));
  EXPECT_TRUE(wait([&] { return freeze_of(*second).empty(); }));
  EXPECT_EQ(count<core::FreezeSeen>(*second), 2U) << "told at each change only";
  EXPECT_EQ(count<core::LeaseLost>(*client), 0U);
}

TEST_P(Leasing, AFreezeOutlivesTheLeaseObject) {
  auto client = start_holder("a");
  patch(kOurs, R"({"metadata": {"annotations": {"ecokube.io/freeze": "by hand"}}})");
  ASSERT_TRUE(wait([&] { return freeze_of(*client) == "by hand"; }));
  const auto fence = fence_of(*client);
  delete_lease();
  ASSERT_TRUE(wait([&] { return fence_of(*client) > fence; }));
  const auto lease = get(kOurs);
  EXPECT_EQ(kubernetes::annotation_of(lease.get_object(), names::kFreeze), "by hand");
  EXPECT_EQ(freeze_of(*client), "by hand");
}

TEST_P(Leasing, AFreezeWithoutALeaseFails) {
  delete_lease();
  auto client = start();
  const auto frozen = run(io_, client->cluster->record_freeze("freeze ann: disk swap"));
  ASSERT_FALSE(frozen);
  EXPECT_EQ(frozen.error().code, Errc::not_found);
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Leasing, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
