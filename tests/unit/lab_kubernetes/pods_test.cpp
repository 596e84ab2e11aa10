#include <gmock/gmock.h>

#include <boost/json/array.hpp>

#include "tests/unit/lab_kubernetes/api_fixture.h"

namespace ecokube::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Pods : public ApiFixture {
 protected:
  void SetUp() override { start(); }
  void set_phase(const std::string& pod, const std::string& phase) {
    EXPECT_EQ(
        merge(kPods + "/" + pod + "/status", R"({"status":{"phase":")" + phase + R"("}})").status,
        200);
  }
};

TEST_F(Pods, AreBoundOnce) {
  make_pod("p");
  bind("p", "worker1");
  const auto pod = get(kPods + "/p");
  EXPECT_EQ(pod.text("spec.nodeName"), "worker1");
  EXPECT_EQ(pod.body.at("status").at("conditions").at(0).at("type"), "PodScheduled");
  EXPECT_EQ(pod.body.at("status").at("conditions").at(0).at("status"), "True");
  const auto again = send("POST", kPods + "/p/binding", R"({"target":{"name":"worker2"}})");
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.text("message"), HasSubstr("already assigned to node"));
  EXPECT_EQ(send("POST", kPods + "/none/binding", R"({"target":{"name":"w"}})").status, 404);
  EXPECT_EQ(merge(kPods + "/p", R"({"spec":{"nodeName":"worker2"}})").status, 422);
}

TEST_F(Pods, OnANodeStayUntilTheirKubeletDeletesThem) {
  make_pod("p");
  bind("p", "worker1");
  set_phase("p", "Running");
  EXPECT_EQ(send("DELETE", kPods + "/p").status, 200);
  const auto dying = get(kPods + "/p");
  EXPECT_FALSE(dying.text("metadata.deletionTimestamp").empty());
  EXPECT_EQ(dying.body.at("metadata").at("deletionGracePeriodSeconds").to_number<int>(), 30);
  const auto rewritten = merge(kPods + "/p", R"({"metadata":{"deletionGracePeriodSeconds":null}})");
  EXPECT_EQ(rewritten.body, dying.body);  // not a client's to take back
  EXPECT_EQ(send("DELETE", kPods + "/p").text("metadata.resourceVersion"),
            dying.text("metadata.resourceVersion"));
  EXPECT_EQ(send("DELETE", kPods + "/p", R"({"gracePeriodSeconds":0})").status, 200);
  EXPECT_EQ(get(kPods + "/p").status, 404);
}

TEST_F(Pods, WithoutANodeOrEndedGoAtOnce) {
  make_pod("free");
  EXPECT_EQ(send("DELETE", kPods + "/free").text("kind"), "Pod");
  EXPECT_EQ(get(kPods + "/free").status, 404);
  make_pod("done");
  bind("done", "worker1");
  set_phase("done", "Succeeded");
  send("DELETE", kPods + "/done");
  EXPECT_EQ(get(kPods + "/done").status, 404);
  make_pod("forced");
  bind("forced", "worker1");
  send("DELETE", kPods + "/forced?gracePeriodSeconds=0");
  EXPECT_EQ(get(kPods + "/forced").status, 404);
}

TEST_F(Pods, ADeletionMayNameItsUid) {
  make_pod("p");
  EXPECT_EQ(send("DELETE", kPods + "/p", R"({"preconditions":{"uid":"another"}})").status, 409);
  EXPECT_EQ(get(kPods + "/p").status, 200);
}

TEST_F(Pods, DyingOnesAreNotBound) {
  send("POST", kPods, R"({"metadata":{"name":"p","finalizers":["a/b"]}})");
  send("DELETE", kPods + "/p");
  EXPECT_EQ(send("POST", kPods + "/p/binding", R"({"target":{"name":"w"}})").status, 409);
}

TEST_F(Pods, TheirLifeIsInTheTruthLog) {
  make_pod("p");
  const std::string unschedulable = R"({"status":{"conditions":[
      {"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}})";
  merge(kPods + "/p/status", unschedulable);
  merge(kPods + "/p/status", R"({"status":{"nominatedNodeName":"w"}})");  // still unschedulable
  bind("p", "worker1");
  set_phase("p", "Running");
  set_phase("p", "Succeeded");
  send("DELETE", kPods + "/p");
  EXPECT_THAT(truth_events(), ElementsAre("pod_created", "pod_phase", "pod_unschedulable",
                                          "pod_bound", "pod_phase", "pod_phase", "pod_deleted"));
  EXPECT_THAT(truth(), HasSubstr(R"("node":"worker1")"));
}

}  // namespace
}  // namespace ecokube::lab
