#include "coordinator/api/explain_pod.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/views.h"
#include "tests/unit/api/fake_fleet.h"

namespace ecokube {
namespace {

class ExplainPodTest : public ::testing::Test {
 protected:
  ExplainPodTest() {
    test::fill(fleet_);
    auto& pod = fleet_.world_value.pods["u"];
    pod = test::pod_named("u", "team-a", "x");
    pod.unschedulable = true;
  }
  std::string code() {
    const auto shown = pod_explanation_json(fleet_, fleet_.world_value.pods.at("u"));
    return shown.at("reason").at("code").as_string().c_str();
  }

  test::FakeFleet fleet_;
};

TEST_F(ExplainPodTest, NamesTheQuotaThatHoldsIt) {
  fleet_.plan_value.held = {{"pod team-a/x",
                             core::PodRef{"u", "team-a", "x"},
                             {"NamespaceQuota", "namespace team-a may have 4 machines woken"},
                             test::kNow}};
  const auto shown = pod_explanation_json(fleet_, fleet_.world_value.pods.at("u"));
  EXPECT_TRUE(shown.at("node").is_null());
  EXPECT_EQ(cli::pod_explanation_view(shown, false),
            "pod team-a/x\n\n"
            "Why       namespace team-a may have 4 machines woken (NamespaceQuota)\n");
  const boost::json::array held = held_json(fleet_.plan_value);
  EXPECT_EQ(held.at(0).at("what"), "pod team-a/x");
  EXPECT_EQ(held.at(0).at("due_ms"), to_ms(test::kNow));
  EXPECT_NE(cli::held_view({{"held", held}}, false).find("pod team-a/x"), std::string::npos);
}

TEST_F(ExplainPodTest, NamesTheNodeThatIsWokenForItThoughItIsNotTheFirst) {
  auto& want = fleet_.plan_value.nodes[1];
  want = {"worker2", true, {"WattsCap", "room is needed for pod team-a/y and 1 more; it waits"}};
  want.needed_by = core::PodRef{"v", "team-a", "y"};
  EXPECT_EQ(code(), "NoRoom");
  want.others = {1, {{"u", "team-a", "x"}}};
  const auto shown = pod_explanation_json(fleet_, fleet_.world_value.pods.at("u"));
  EXPECT_EQ(shown.at("node"), "worker2");
  EXPECT_EQ(code(), "WattsCap");
}

TEST_F(ExplainPodTest, TellsWhatIsBoundFromWhatNobodyCalledUnschedulable) {
  auto& pod = fleet_.world_value.pods.at("u");
  pod.unschedulable = false;
  EXPECT_EQ(code(), "NotUnschedulable");
  pod.node = "worker1";
  EXPECT_EQ(code(), "Bound");
  EXPECT_EQ(find_pod(fleet_.world_value, "team-a", "x"), &pod);
  EXPECT_EQ(find_pod(fleet_.world_value, "team-b", "x"), nullptr);
}

}  // namespace
}  // namespace ecokube
