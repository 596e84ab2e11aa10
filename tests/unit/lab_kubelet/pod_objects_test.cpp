#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "coordinator/kubernetes/json_access.h"
#include "lab/kubelet/pod_order.h"
#include "lab/kubelet/pod_status.h"

namespace ecokube::lab {
namespace {

using boost::json::object;
using kubernetes::find_array;
using kubernetes::find_int;
using kubernetes::find_text;

object pod_of(std::string_view text) { return boost::json::parse(text).as_object(); }

const object kPod = pod_of(R"({
  "metadata": {"name": "w-1", "namespace": "default", "uid": "u1"},
  "spec": {"nodeName": "worker1", "restartPolicy": "OnFailure",
    "terminationGracePeriodSeconds": 7,
    "containers": [{"name": "c", "image": "none", "command": ["sleep"], "args": ["5"],
      "resources": {"requests": {"cpu": "200m"}},
      "env": [{"name": "A", "value": "1"}, {"name": "ECOKUBE_LAB_POD", "value": "disguise"},
        {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}]},
  "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}]}})");

std::string variable(const PodOrder& order, std::string_view name) {
  std::string last = "(none)";
  for (const auto& [key, value] : order.environment) {
    if (key == name) last = value;
  }
  return last;
}

TEST(PodOrder, SaysWhatToRun) {
  const auto order = parse_pod_order(kPod);
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->argv, (std::vector<std::string>{"sleep", "5"}));
  EXPECT_EQ(order->restart, RestartPolicy::on_failure);
  EXPECT_EQ(order->grace, Duration{7000});
  EXPECT_FALSE(order->deleting);
  EXPECT_EQ(order->unrunnable, "");
  EXPECT_EQ(variable(*order, "A"), "1");
  EXPECT_EQ(variable(*order, "ME"), "w-1");
  EXPECT_EQ(variable(*order, "ECOKUBE_LAB_POD"), "u1");
  EXPECT_EQ(variable(*order, "ECOKUBE_LAB_POD_CPU_MILLICORES"), "200");
}

TEST(PodOrder, DeletionBringsItsOwnGrace) {
  auto pod = kPod;
  pod["metadata"].as_object()["deletionTimestamp"] = "2026-01-31T12:00:00Z";
  pod["metadata"].as_object()["deletionGracePeriodSeconds"] = 2;
  const auto order = parse_pod_order(pod);
  ASSERT_TRUE(order);
  EXPECT_TRUE(order->deleting);
  EXPECT_EQ(order->grace, Duration{2000});
}

TEST(PodOrder, TellsWhatCannotRun) {
  auto pod = kPod;
  pod["spec"].as_object()["containers"].as_array()[0].as_object().erase("command");
  const auto order = parse_pod_order(pod);
  ASSERT_TRUE(order);
  EXPECT_NE(order->unrunnable, "");
  EXPECT_EQ(phase_of(*order, PodProcess{}), "Failed");
  EXPECT_FALSE(parse_pod_order(object{}));
}

TEST(PodStatus, FollowsTheProcess) {
  const auto order = parse_pod_order(kPod).value();
  PodProcess process;
  EXPECT_EQ(status_digest(order, process), "");

  process.running = true;
  process.started_at = from_ms(1000);
  const auto running = pod_status_patch(kPod, order, process, from_ms(2000));
  EXPECT_EQ(find_text(running, {"metadata", "uid"}), "u1");
  EXPECT_EQ(find_text(running, {"status", "phase"}), "Running");
  EXPECT_EQ(find_text(running, {"status", "startTime"}), "1970-01-01T00:00:02Z");
  const auto& conditions = find_array(running, {"status", "conditions"});
  ASSERT_EQ(conditions.size(), 2U) << "the scheduler's condition is kept";
  EXPECT_EQ(find_text(conditions[1].as_object(), {"type"}), "Ready");
  EXPECT_EQ(find_text(conditions[1].as_object(), {"status"}), "True");
  const auto told = status_digest(order, process);

  process.running = false;
  process.ended_at = from_ms(3000);
  process.exit_code = 0;
  const auto done = pod_status_patch(kPod, order, process, from_ms(3000));
  EXPECT_EQ(find_text(done, {"status", "phase"}), "Succeeded");
  const auto& status = find_array(done, {"status", "containerStatuses"}).at(0).as_object();
  EXPECT_EQ(find_int(status, {"state", "terminated", "exitCode"}, -1), 0);
  EXPECT_NE(status_digest(order, process), told);

  process.exit_code = 3;
  EXPECT_EQ(phase_of(order, process), "Running") << "on failure it is started again";
  auto never = order;
  never.restart = RestartPolicy::never;
  EXPECT_EQ(phase_of(never, process), "Failed");
}

TEST(PodStatus, ALostPodHasFailed) {
  const auto order = parse_pod_order(kPod).value();
  PodProcess process;
  process.lost = true;
  const auto patch = pod_status_patch(kPod, order, process, from_ms(0));
  EXPECT_EQ(find_text(patch, {"status", "phase"}), "Failed");
  EXPECT_EQ(find_text(patch, {"status", "reason"}), "Lost");
  const auto& status = find_array(patch, {"status", "containerStatuses"}).at(0).as_object();
  EXPECT_NE(find_int(status, {"state", "terminated", "exitCode"}, 0), 0);
}

}  // namespace
}  // namespace ecokube::lab
