#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include "lab/kubernetes/api_server.h"
#include "tests/unit/lab_kubernetes/api_fixture.h"

namespace ecokube::lab {
namespace {

using ::testing::HasSubstr;

class Objects : public ApiFixture {
 protected:
  void SetUp() override { start(); }
};

TEST_F(Objects, CreatedOnesCarryWhatTheServerGives) {
  const auto made = make_pod("web");
  EXPECT_EQ(made.text("kind"), "Pod");
  EXPECT_EQ(made.text("apiVersion"), "v1");
  EXPECT_EQ(made.text("metadata.namespace"), "default");
  EXPECT_EQ(made.text("metadata.uid").size(), 36U);
  EXPECT_FALSE(made.text("metadata.creationTimestamp").empty());
  EXPECT_EQ(made.text("status.phase"), "Pending");
  EXPECT_EQ(get(kPods + "/web").body, made.body);
  const auto again = send("POST", kPods, R"({"metadata":{"name":"web"}})");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.text("reason"), "AlreadyExists");
}

TEST_F(Objects, GeneratedNamesDiffer) {
  const std::string body = R"({"metadata":{"generateName":"job-"}})";
  const auto one = send("POST", kPods, body).text("metadata.name");
  const auto two = send("POST", kPods, body).text("metadata.name");
  EXPECT_THAT(one, ::testing::MatchesRegex("job-[a-z0-9]{5}"));
  EXPECT_NE(one, two);
}

TEST_F(Objects, BadOnesAreRefusedWithAStatus) {
  EXPECT_EQ(send("POST", kPods, "{").status, 400);
  EXPECT_EQ(send("POST", kPods, "[]").status, 400);
  EXPECT_EQ(send("POST", kPods, "{}").status, 422);
  EXPECT_EQ(send("POST", kPods, R"({"metadata":{"name":"Upper"}})").status, 422);
  EXPECT_EQ(send("POST", kPods, R"({"kind":"Node","metadata":{"name":"n"}})").status, 400);
  EXPECT_EQ(send("POST", kPods, R"({"metadata":{"name":"n","namespace":"x"}})").status, 400);
  EXPECT_EQ(send("POST", kPods, R"({"metadata":{"name":"n","resourceVersion":"1"}})").status, 400);
  const auto large = send("POST", kPods, std::string(4UL * 1024 * 1024, ' '));
  EXPECT_EQ(large.status, 413);
  const auto missing = get(kPods + "/none");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.text("kind"), "Status");
  EXPECT_EQ(missing.text("message"), R"(pods "none" not found)");
  EXPECT_EQ(get("/api/v1/namespaces/default/pods/a/b/c").status, 404);
  EXPECT_EQ(send("DELETE", kPods).status, 405);
}

TEST_F(Objects, TokensAreAsked) {
  EXPECT_EQ(send_as("", "GET", kNodes).status, 401);
  EXPECT_EQ(send_as("wrong", "GET", kNodes).status, 401);
  EXPECT_EQ(send_as("other-token", "GET", kNodes).status, 200);
  EXPECT_EQ(send_as("other-token", "POST", "/lab/compact").status, 403);
  EXPECT_EQ(send_as("admin-token", "POST", "/lab/compact").status, 200);
  EXPECT_EQ(send_as("", "GET", "/version").status, 200);
  EXPECT_EQ(send_as("", "GET", "/readyz").status, 200);
}

TEST_F(Objects, PutOfAnOldRevisionIsAConflict) {
  auto node = make_node("worker1").body;
  node["spec"].as_object()["unschedulable"] = true;
  const auto body = json::serialize(node);
  const auto first = send("PUT", kNodes + "/worker1", body);
  EXPECT_EQ(first.status, 200);
  EXPECT_NE(first.text("metadata.resourceVersion"),
            json::value_to<std::string>(node["metadata"].at("resourceVersion")));
  const auto second = send("PUT", kNodes + "/worker1", body);
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(second.text("reason"), "Conflict");
}

TEST_F(Objects, WriteWithoutAChangeKeepsTheRevision) {
  const auto before = make_node("worker1").text("metadata.resourceVersion");
  EXPECT_EQ(merge(kNodes + "/worker1", R"({"metadata":{"labels":null}})")
                .text("metadata.resourceVersion"),
            before);
}

TEST_F(Objects, StatusAndTheRestAreWrittenApart) {
  make_node("worker1");
  merge(kNodes + "/worker1", R"({"status":{"phase":"lost"},"spec":{"unschedulable":true}})");
  EXPECT_EQ(get(kNodes + "/worker1").text("status.phase"), "");
  merge(kNodes + "/worker1/status", R"({"status":{"phase":"set"},"spec":{"unschedulable":null}})");
  const auto node = get(kNodes + "/worker1");
  EXPECT_EQ(node.text("status.phase"), "set");
  EXPECT_TRUE(node.body.at("spec").at("unschedulable").as_bool());
}

TEST_F(Objects, LeasesNeedARevisionToBeReplaced) {
  ASSERT_EQ(
      send("POST", kLeases, R"({"metadata":{"name":"l"},"spec":{"holderIdentity":"a"}})").status,
      201);
  auto lease = get(kLeases + "/l").body;
  EXPECT_EQ(send("PUT", kLeases + "/l", R"({"spec":{"holderIdentity":"b"}})").status, 422);
  lease["spec"].as_object()["holderIdentity"] = "b";
  EXPECT_EQ(send("PUT", kLeases + "/l", json::serialize(lease)).status, 200);
  EXPECT_EQ(send("PUT", kLeases + "/l", json::serialize(lease)).status, 409);
  EXPECT_EQ(get(kLeases + "/l").text("spec.holderIdentity"), "b");
}

TEST_F(Objects, AnyKindIsKept) {
  const std::string custom = "/apis/example.org/v1/namespaces/x/gadgets";
  EXPECT_EQ(send("POST", custom, R"({"kind":"Gadget","metadata":{"name":"g"}})").status, 201);
  EXPECT_EQ(get(custom).text("kind"), "GadgetList");
  EXPECT_EQ(send("DELETE", custom + "/g").text("status"), "Success");
  EXPECT_EQ(get(custom + "/g").status, 404);
}

TEST_F(Objects, UnknownKindsKeepTheirOwnSpelling) {
  const std::string custom = "/apis/example.org/v1/nodepools";
  EXPECT_EQ(send("POST", custom, R"({"kind":"NodePool","metadata":{"name":"g"}})").status, 201);
  EXPECT_EQ(get(custom + "/g").text("kind"), "NodePool");
  EXPECT_EQ(get(custom).text("kind"), "NodePoolList");
}

TEST_F(Objects, NamespacedOnesAreNotMadeWithoutANamespace) {
  EXPECT_EQ(send("POST", "/api/v1/pods", R"({"metadata":{"name":"p"}})").status, 405);
  EXPECT_EQ(get("/api/v1/pods").body.at("items"), json::array{});
}

TEST_F(Objects, FinalizersHoldADeletion) {
  ASSERT_EQ(send("POST", kLeases, R"({"metadata":{"name":"l","finalizers":["a/b"]}})").status, 201);
  EXPECT_EQ(send("DELETE", kLeases + "/l").status, 200);
  EXPECT_FALSE(get(kLeases + "/l").text("metadata.deletionTimestamp").empty());
  const auto revision = get(kLeases + "/l").text("metadata.resourceVersion");
  merge(kLeases + "/l",
        R"({"metadata":{"finalizers":null,"resourceVersion":")" + revision + R"("}})");
  EXPECT_EQ(get(kLeases + "/l").status, 404);
}

TEST_F(Objects, ScaleReadsAndWritesReplicas) {
  ASSERT_EQ(send("POST", kDeployments,
                 R"({"metadata":{"name":"d"},"spec":{"replicas":2,
                     "selector":{"matchLabels":{"app":"w"}}}})")
                .status,
            201);
  const auto scale = get(kDeployments + "/d/scale");
  EXPECT_EQ(scale.text("kind"), "Scale");
  EXPECT_EQ(scale.text("apiVersion"), "autoscaling/v1");
  EXPECT_EQ(scale.text("status.selector"), "app=w");
  const auto set = merge(kDeployments + "/d/scale", R"({"spec":{"replicas":7}})");
  EXPECT_EQ(set.body.at("spec").at("replicas").as_int64(), 7);
  const auto deployment = get(kDeployments + "/d");
  EXPECT_EQ(deployment.body.at("spec").at("replicas").as_int64(), 7);
  EXPECT_EQ(deployment.body.at("metadata").at("generation").to_number<int>(), 2);
  EXPECT_EQ(send("PUT", kDeployments + "/d/scale", json::serialize(scale.body)).status, 409);
  EXPECT_EQ(merge(kDeployments + "/d/scale", R"({"spec":{"replicas":-1}})").status, 422);
  EXPECT_EQ(get(kPods + "/d/scale").status, 404);
  EXPECT_THAT(truth(), HasSubstr(R"("event":"scaled","target":"Deployment/default/d")"));
}

TEST(Tokens, FileIsReadAndMistakesAreNamed) {
  const test::TempDir dir;
  const auto good = read_tokens(dir.write("tokens", "# who\nabc admin\n\nxyz kubelet # worker1\n"));
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->at("xyz"), "kubelet");
  const auto bad = read_tokens(dir.write("bad", "abc admin\nlonely\n"));
  EXPECT_THAT(bad.error().message, HasSubstr("bad:2"));
  EXPECT_FALSE(read_tokens(dir / "none").has_value());
  EXPECT_FALSE(read_tokens(dir.write("empty", "# nothing\n")).has_value());
}

}  // namespace
}  // namespace ecokube::lab
