// What the coordinator writes on a cluster: only what is ours, only on what it has seen.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "coordinator/core/failover.h"
#include "coordinator/core/marks.h"
#include "tests/contract/kubernetes/contract_test.h"

namespace ecokube::test {
namespace {

class Writing : public ContractTest {
 protected:
  Writing() : client_(start()) {}

  Result<core::Revision> mark(const std::string& node, core::MarkNode action) {
    const auto step = step_for(node, std::move(action), 7);
    return run(io_, client_->cluster->mark(step));
  }
  Result<core::Revision> unmark(const std::string& node, const std::string& proof = {}) {
    const auto step = step_for(node, core::UnmarkNode{proof});
    return run(io_, client_->cluster->unmark(step));
  }
  Result<core::Revision> annotate(const std::string& node, core::Action action) {
    const auto step = step_for(node, std::move(action));
    return run(io_, client_->cluster->annotate(step));
  }
  Result<core::Revision> set_service(const std::string& node, core::Action action) {
    const auto step = step_for(node, std::move(action));
    return run(io_, client_->cluster->set_service(step));
  }
  core::KubeNode node_at(const std::string& name, core::Revision revision) {
    const bool seen = wait([&] {
      const auto* node = last_node(*client_, name);
      return node != nullptr && node->revision >= revision;
    });
    EXPECT_TRUE(seen) << name << " at " << revision;
    const auto* node = last_node(*client_, name);
    return node != nullptr ? *node : core::KubeNode{};
  }
  static bool has_our_taint(const core::KubeNode& node) {
    return std::any_of(node.taints.begin(), node.taints.end(), [](const auto& taint) {
      return taint.key == names::kTaint && taint.effect == "NoSchedule";
    });
  }
  static bool has_taint(const core::KubeNode& node, const std::string& key) {
    return std::any_of(node.taints.begin(), node.taints.end(),
                       [&](const auto& taint) { return taint.key == key; });
  }

  std::shared_ptr<Client> client_;
};

TEST_P(Writing, MarkTaintsCordonsAndSaysWhy) {
  const auto name = fresh("node");
  const auto made = create_node(name, R"({"taints": [{"key": "gpu", "effect": "NoSchedule"}]})");
  const auto marked = mark(name, {revision_of(made), "boot-1", false, "address=a:9 macs=", {}});
  ASSERT_TRUE(marked) << marked.error().message;
  EXPECT_GT(*marked, revision_of(made));
  const auto node = node_at(name, *marked);
  EXPECT_TRUE(has_our_taint(node));
  EXPECT_TRUE(has_taint(node, "gpu"));
  EXPECT_TRUE(node.unschedulable);
  const auto intent = core::parse_intent(node.annotations.at(std::string(names::kIntent)));
  EXPECT_EQ(intent, (core::Intent{7, "boot-1"}));
  EXPECT_EQ(node.annotations.at(std::string(names::kCordonedByUs)), "true");
  EXPECT_EQ(node.annotations.at(std::string(names::kWakeRecipe)), "address=a:9 macs=");
  EXPECT_TRUE(node.labels.contains(std::string(names::kExcludeDisruption)));
}

TEST_P(Writing, MarkOfAChangedNodeIsAConflictAndTouchesNothing) {
  const auto name = fresh("node");
  const auto made = create_node(name);
  patch("/api/v1/nodes/" + name, R"({"metadata": {"labels": {"by": "somebody"}}})");
  const auto marked = mark(name, {revision_of(made), "boot-1", false, "", {}});
  ASSERT_FALSE(marked);
  EXPECT_EQ(marked.error().code, Errc::conflict);
  EXPECT_FALSE(has_our_taint(node_at(name, revision_of(get("/api/v1/nodes/" + name)))));
}

TEST_P(Writing, MarkOfANodeThatIsGoneIsNotFound) {
  const auto marked = mark(fresh("nobody"), {1, "", false, "", {}});
  ASSERT_FALSE(marked);
  EXPECT_EQ(marked.error().code, Errc::not_found);
}

TEST_P(Writing, AForeignCordonStays) {
  const auto name = fresh("node");
  const auto made = create_node(name, R"({"unschedulable": true})");
  const auto marked = mark(name, {revision_of(made), "boot-1", true, "", {}});
  ASSERT_TRUE(marked) << marked.error().message;
  EXPECT_FALSE(node_at(name, *marked).annotations.contains(std::string(names::kCordonedByUs)));
  const auto unmarked = unmark(name);
  ASSERT_TRUE(unmarked) << unmarked.error().message;
  const auto node = node_at(name, *unmarked);
  EXPECT_TRUE(node.unschedulable);
  EXPECT_FALSE(has_our_taint(node));
}

TEST_P(Writing, ARevocationStandsOnTheNode) {
  const auto name = fresh("node");
  create_node(name);
  const auto written =
      run(io_, client_->cluster->record_revocation(name, "at_ms=7 ann: disk \"sold\""));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_TRUE(wait([&] {
    const auto* node = last_node(*client_, name);
    return node != nullptr && node->annotations.contains(std::string(names::kRevoked)) &&
           node->annotations.at(std::string(names::kRevoked)) == "at_ms=7 ann: disk \"sold\"";
  }));
  const auto none = run(io_, client_->cluster->record_revocation("no-such-node", "at_ms=7 ann: x"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found) << none.error().message;
}

TEST_P(Writing, UnmarkRemovesOnlyWhatIsOurs) {
  const auto name = fresh("node");
  const auto made = create_node(name, R"({"taints": [{"key": "gpu", "effect": "NoSchedule"}]})");
  ASSERT_TRUE(mark(name, {revision_of(made), "boot-1", false, "", {}}));
  ASSERT_TRUE(annotate(name, core::RecordOff{"off (inferred)", from_ms(1234)}));
  patch("/api/v1/nodes/" + name,
        R"({"metadata": {"annotations": {"theirs": "x", "ecokube.io/hold": "ann: disk"}}})");
  const auto unmarked = unmark(name, core::format_wake_proof(from_ms(1234)));
  ASSERT_TRUE(unmarked) << unmarked.error().message;
  const auto node = node_at(name, *unmarked);
  EXPECT_FALSE(has_our_taint(node));
  EXPECT_TRUE(has_taint(node, "gpu"));
  EXPECT_FALSE(node.unschedulable);
  EXPECT_FALSE(node.labels.contains(std::string(names::kExcludeDisruption)));
  for (const auto key :
       {names::kIntent, names::kPower, names::kCordonedByUs, names::kExcludedByUs}) {
    EXPECT_FALSE(node.annotations.contains(std::string(key))) << key;
  }
  EXPECT_EQ(node.annotations.at("ecokube.io/hold"), "ann: disk");
  EXPECT_EQ(core::parse_wake_proof(node.annotations.at(std::string(names::kWakeProof))),
            from_ms(1234));
  const auto object = get("/api/v1/nodes/" + name);
  EXPECT_EQ(object.at("metadata").at("annotations").at("theirs"), "x");
}

TEST_P(Writing, AForeignLabelAgainstDisruptionStays) {
  const auto name = fresh("node");
  create_node(name);
  const auto labelled = patch("/api/v1/nodes/" + name, R"({"metadata": {"labels": {
                                "node.kubernetes.io/exclude-disruption": "theirs"}}})");
  ASSERT_TRUE(mark(name, {revision_of(labelled), "boot-1", false, "", {}}));
  const auto unmarked = unmark(name);
  ASSERT_TRUE(unmarked) << unmarked.error().message;
  EXPECT_EQ(node_at(name, *unmarked).labels.at(std::string(names::kExcludeDisruption)), "theirs");
}

TEST_P(Writing, UnmarkTwiceIsASuccessThatWritesNothing) {
  const auto name = fresh("node");
  const auto made = create_node(name);
  const auto unmarked = unmark(name);
  ASSERT_TRUE(unmarked) << unmarked.error().message;
  EXPECT_EQ(*unmarked, revision_of(made));
}

// Somebody writes the Node again and again; unmarking must get through all the same.
TEST_P(Writing, UnmarkTriesAgainAfterAConflict) {
  const auto name = fresh("node");
  const auto made = create_node(name);
  ASSERT_TRUE(mark(name, {revision_of(made), "boot-1", false, "", {}}));
  bool done = false;
  Result<core::Revision> unmarked;
  const auto step = step_for(name, core::UnmarkNode{""});
  boost::asio::co_spawn(io_, client_->cluster->unmark(step),
                        [&](const std::exception_ptr&, Result<core::Revision> result) {
                          unmarked = std::move(result);
                          done = true;
                        });
  for (int i = 0; i < 3; ++i) {
    patch("/api/v1/nodes/" + name,
          fmt::format(R"({{"metadata": {{"labels": {{"round": "{}"}}}}}})", i));
  }
  ASSERT_TRUE(wait([&] { return done; }));
  ASSERT_TRUE(unmarked) << unmarked.error().message;
  EXPECT_FALSE(has_our_taint(node_at(name, *unmarked)));
}

TEST_P(Writing, OutOfServiceIsPutOnAndTakenOffOnlyWhereItIsOurs) {
  const auto name = fresh("node");
  const auto made = create_node(name, R"({"taints": [{"key": "gpu", "effect": "NoSchedule"}]})");
  const auto key = std::string(names::kOutOfServiceTaint);
  const auto taken = set_service(name, core::TakeOutOfService{revision_of(made)});
  ASSERT_TRUE(taken) << taken.error().message;
  auto node = node_at(name, *taken);
  const core::Taint ours{key, "nodeshutdown", "NoExecute"};
  EXPECT_EQ(std::count(node.taints.begin(), node.taints.end(), ours), 1);
  EXPECT_TRUE(has_taint(node, "gpu"));
  EXPECT_TRUE(core::out_of_service_by_us(node));
  const auto changed = set_service(name, core::TakeOutOfService{revision_of(made)});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Errc::conflict);
  const auto back = set_service(name, core::PutInService{});
  ASSERT_TRUE(back) << back.error().message;
  node = node_at(name, *back);
  EXPECT_FALSE(has_taint(node, key));
  EXPECT_TRUE(has_taint(node, "gpu"));
  EXPECT_EQ(set_service(name, core::PutInService{}), *back) << "nothing is left to do";

  const auto theirs = patch("/api/v1/nodes/" + name, R"({"spec": {"taints": [
      {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}]}})");
  EXPECT_EQ(set_service(name, core::PutInService{}), revision_of(theirs));
  EXPECT_FALSE(set_service(name, core::TakeOutOfService{revision_of(theirs)}));
  EXPECT_TRUE(has_taint(node_at(name, revision_of(theirs)), key));
}

TEST_P(Writing, AClaimIsWonByOneAlone) {
  const auto name = fresh("node");
  const auto made = create_node(name);
  const core::PowerOff off{false, "guid", revision_of(made)};
  const auto first = run(io_, client_->cluster->claim(step_for(name, off, 7)));
  ASSERT_TRUE(first) << first.error().message;
  const auto claimed = node_at(name, *first);
  const auto& claim = claimed.annotations.at(std::string(names::kPowerClaim));
  EXPECT_NE(claim.find("fence=1 step=" + name + ":power_off:7:1"), std::string::npos) << claim;
  const auto second = run(io_, client_->cluster->claim(step_for(name, off, 8)));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  const auto unmarked = unmark(name);
  ASSERT_TRUE(unmarked) << unmarked.error().message;
  EXPECT_FALSE(node_at(name, *unmarked).annotations.contains(std::string(names::kPowerClaim)));
}

TEST_P(Writing, UnmarkPutsItInServiceToo) {
  const auto name = fresh("node");
  const auto made = create_node(name);
  const auto marked = mark(name, {revision_of(made), "boot-1", false, "", {}});
  ASSERT_TRUE(marked) << marked.error().message;
  // A controller answers the cordon with a taint of its own, so the Node may be a newer one
  // already.
  ASSERT_TRUE(wait([&] {
    const auto seen = get("/api/v1/nodes/" + name);
    return set_service(name, core::TakeOutOfService{revision_of(seen)}).has_value();
  }));
  const auto unmarked = unmark(name);
  ASSERT_TRUE(unmarked) << unmarked.error().message;
  const auto node = node_at(name, *unmarked);
  EXPECT_FALSE(core::out_of_service(node));
  EXPECT_FALSE(node.annotations.contains(std::string(names::kOutOfServiceByUs)));
}

TEST_P(Writing, Annotations) {
  const auto name = fresh("node");
  create_node(name);
  const core::QuarantineNode quarantine{from_ms(5000), 3};
  ASSERT_TRUE(annotate(name, quarantine));
  auto written = annotate(name, core::RecordHold{"ann: disk swap"});
  ASSERT_TRUE(written) << written.error().message;
  auto node = node_at(name, *written);
  EXPECT_EQ(core::parse_quarantine(node.annotations.at(std::string(names::kQuarantine))),
            quarantine);
  EXPECT_EQ(node.annotations.at(std::string(names::kHold)), "ann: disk swap");
  ASSERT_TRUE(annotate(name, core::RecordRequest{"sleep at_ms=1 until_ms=0 ann: disk swap"}));
  written = annotate(name, core::RecordHold{""});
  ASSERT_TRUE(written);
  EXPECT_FALSE(node_at(name, *written).annotations.contains(std::string(names::kHold)));
}

TEST_P(Writing, ListsOnlyTheNodesPodsAndNoneOlderThanAsked) {
  const auto name = fresh("node");
  create_node(name);
  const auto other = fresh("node");
  create_node(other);
  for (int i = 0; i < 3; ++i) create_pod(fresh("pod"), name);
  create_pod(fresh("pod"), other);
  const auto newest = revision_of(create_pod(fresh("pending"), ""));
  const auto listed = run(io_, client_->cluster->list_pods(name, newest));
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_GE(listed->revision, newest);
  EXPECT_EQ(listed->pods.size(), 3U);
  for (const auto& pod : listed->pods) EXPECT_EQ(pod.node, name);
}

TEST_P(Writing, AListFromTheFutureIsRefused) {
  constexpr core::Revision kFarAhead = 1'000'000;
  const auto now = revision_of(create_node(fresh("node")));
  const auto listed = run(io_, client_->cluster->list_pods("any", now + kFarAhead));
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, Errc::timeout);
}

TEST_P(Writing, AStepThatIsNoneOfOursIsRefused) {
  const auto step = step_for("n", core::WakeNode{});
  EXPECT_FALSE(run(io_, client_->cluster->mark(step)));
  EXPECT_FALSE(run(io_, client_->cluster->unmark(step)));
  EXPECT_FALSE(run(io_, client_->cluster->annotate(step)));
  EXPECT_FALSE(run(io_, client_->cluster->set_service(step)));
  EXPECT_FALSE(run(io_, client_->cluster->claim(step)));
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, Writing, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace ecokube::test
