#include "lab/kubelet/node_objects.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::lab {
namespace {

using boost::json::object;
using kubernetes::find_array;
using kubernetes::find_text;

NodeSelf worker() {
  NodeSelf self;
  self.options.node_name = "worker1";
  self.options.cpu = "1300m";
  self.options.memory = "2Gi";
  self.options.labels = {{"kind", "worker"}};
  self.options.taints = {{"a", "b", "NoSchedule"}};
  self.boot_id = "boot-1";
  return self;
}

/// The Node as a server would have it after our first two requests.
object reported_node(const NodeSelf& self, TimePoint at) {
  auto node = new_node(self);
  node["status"] = node_status_patch(node, self, at).at("status");
  node["metadata"].as_object()["uid"] = "n1";
  node["metadata"].as_object()["resourceVersion"] = "5";
  return node;
}

TEST(NodeObjects, OurClientUnderstandsTheNode) {
  const auto node = kubernetes::parse_node(reported_node(worker(), from_ms(1000)));
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->name, "worker1");
  EXPECT_EQ(node->boot_id, "boot-1");
  EXPECT_EQ(node->allocatable.cpu_millicores, 1300);
  EXPECT_EQ(node->allocatable.pods, 20);
  EXPECT_EQ(node->taints, worker().options.taints);
}

TEST(NodeObjects, StatusIsToldWhenTheServerKnowsLess) {
  const auto self = worker();
  const auto at = from_ms(100'000);
  auto node = reported_node(self, at);
  EXPECT_FALSE(needs_status(node, self, at, at + Duration{2000}));
  EXPECT_TRUE(needs_status(node, self, at, at + self.options.status_interval));
  EXPECT_TRUE(needs_status(new_node(self), self, at, at));
  auto rebooted = self;
  rebooted.boot_id = "boot-2";
  EXPECT_TRUE(needs_status(node, rebooted, at, at));
  auto& ready = node["status"].as_object()["conditions"].as_array()[0].as_object();
  ready["status"] = "Unknown";
  EXPECT_TRUE(needs_status(node, self, at, at));
}

TEST(NodeObjects, ConditionsOfOthersAndTheTimeOfTransitionAreKept) {
  const auto self = worker();
  auto node = reported_node(self, from_ms(0));
  node["status"].as_object()["conditions"].as_array().push_back(
      {{"type", "DiskPressure"}, {"status", "False"}});
  const auto later = node_status_patch(node, self, from_ms(9000));
  const auto& conditions = find_array(later, {"status", "conditions"});
  ASSERT_EQ(conditions.size(), 2U);
  const auto& ready = conditions[0].as_object();
  EXPECT_EQ(find_text(ready, {"lastTransitionTime"}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(find_text(ready, {"lastHeartbeatTime"}), "1970-01-01T00:00:09Z");
}

TEST(NodeObjects, TheLeaseSaysWhoAndWhen) {
  const auto lease = new_node_lease(worker(), from_ms(1250));
  EXPECT_EQ(find_text(lease, {"spec", "holderIdentity"}), "worker1");
  EXPECT_EQ(find_text(lease, {"spec", "renewTime"}), "1970-01-01T00:00:01.250000Z");
}

}  // namespace
}  // namespace ecokube::lab
