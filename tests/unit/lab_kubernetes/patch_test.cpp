#include "lab/kubernetes/patch.h"

#include <boost/json/parse.hpp>

#include "tests/unit/lab_kubernetes/api_fixture.h"

namespace ecokube::lab {
namespace {

json::value parsed(const char* text) { return json::parse(text); }

TEST(MergePatch, FollowsItsRfc) {
  struct Case {
    const char* target;
    const char* patch;
    const char* result;
  };
  for (const auto& [target, patch, result] : {
           Case{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
           Case{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
           Case{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
           Case{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
           Case{R"({"a":[1,2]})", R"({"a":[3]})", R"({"a":[3]})"},
           Case{R"({"a":[1]})", R"({"a":{"b":1}})", R"({"a":{"b":1}})"},
           Case{R"({})", R"({"a":{"b":{"c":null}}})", R"({"a":{"b":{}}})"},
       }) {
    EXPECT_EQ(merge_patch(parsed(target), parsed(patch)), parsed(result)) << patch;
  }
}

TEST(StrategicMergePatch, ListsWithAKeyMergeAndOthersAreReplaced) {
  const auto node = parsed(R"({"status":{"conditions":[{"type":"Ready","status":"True","r":"x"},
      {"type":"Disk","status":"False"}]},"spec":{"taints":[{"key":"a"}]},
      "metadata":{"finalizers":["one"]}})");
  const auto patch = parsed(R"({"status":{"conditions":[{"type":"Ready","status":"False"},
      {"type":"Disk","$patch":"delete"},{"type":"New","status":"True"}]},
      "spec":{"taints":[{"key":"b"}]},"metadata":{"finalizers":["one","two"]}})");
  EXPECT_EQ(strategic_merge_patch(node, patch), parsed(R"({"status":{"conditions":[
      {"type":"Ready","status":"False","r":"x"},{"type":"New","status":"True"}]},
      "spec":{"taints":[{"key":"b"}]},"metadata":{"finalizers":["one","two"]}})"));
}

class Patches : public ApiFixture {
 protected:
  void SetUp() override {
    start();
    node_ = make_node("worker1");
  }
  Answer node_;
};

TEST_F(Patches, ARevisionInThePatchIsAPrecondition) {
  const auto with = [&](const std::string& revision) {
    return R"({"metadata":{"resourceVersion":")" + revision +
           R"("},"spec":{"unschedulable":true}})";
  };
  const auto revision = node_.text("metadata.resourceVersion");
  merge(kNodes + "/worker1", R"({"metadata":{"labels":{"a":"b"}}})");
  const auto refused = merge(kNodes + "/worker1", with(revision));
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.text("reason"), "Conflict");
  const auto now = get(kNodes + "/worker1").text("metadata.resourceVersion");
  EXPECT_EQ(merge(kNodes + "/worker1", with(now)).status, 200);
}

TEST_F(Patches, OtherFormatsAreNamedAsUnsupported) {
  EXPECT_EQ(send("PATCH", kNodes + "/worker1", "[]", "application/json-patch+json").status, 415);
  EXPECT_EQ(send("PATCH", kNodes + "/worker1", "{}", "application/apply-patch+yaml").status, 415);
  EXPECT_EQ(merge(kNodes + "/worker1", "[]").status, 400);
  EXPECT_EQ(merge(kNodes + "/none", "{}").status, 404);
}

TEST_F(Patches, TaintsReachTheTruthLog) {
  merge(kNodes + "/worker1",
        R"({"spec":{"taints":[{"key":"ecokube.io/powering-down","effect":"NoSchedule"}]}})");
  merge(kNodes + "/worker1", R"({"spec":{"taints":null}})");
  merge(kNodes + "/worker1/status",
        R"({"status":{"conditions":[{"type":"Ready","status":"True"}]}})");
  merge(kNodes + "/worker1/status",
        R"({"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}})");
  EXPECT_EQ(truth_events(), (std::vector<std::string>{"node_tainted", "node_untainted",
                                                      "node_ready", "node_not_ready"}));
}

}  // namespace
}  // namespace ecokube::lab
