#include "coordinator/kubernetes/node_changes.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "common/names.h"
#include "coordinator/core/marks.h"

namespace ecokube::kubernetes {
namespace {

boost::json::value json(std::string_view text) { return boost::json::parse(text); }

TEST(NodeChanges, MarkKeepsForeignTaintsAndSetsOurs) {
  const auto node = json(R"({"metadata": {"name": "n", "resourceVersion": "7"},
    "spec": {"taints": [{"key": "a", "effect": "NoExecute", "timeAdded": "t"}]}})");
  const auto patch = mark_patch(node.as_object(), {7, "boot", false, "recipe", {}}, 3);
  EXPECT_EQ(boost::json::value(patch), json(R"({"metadata": {"resourceVersion": "7",
    "annotations": {
      "ecokube.io/power-intent": "down transition=3 boot_id=boot",
      "ecokube.io/transition": "3", "ecokube.io/wake-recipe": "recipe",
      "ecokube.io/cordoned": "true", "ecokube.io/excluded": "true"},
      "labels": {"node.kubernetes.io/exclude-disruption": ""}},
    "spec": {"unschedulable": true, "taints": [
      {"key": "a", "effect": "NoExecute", "timeAdded": "t"},
      {"key": "ecokube.io/powering-down", "effect": "NoSchedule"}]}})"));
}

TEST(NodeChanges, MarkTwiceHasOneTaint) {
  const auto node = json(R"({"metadata": {"name": "n", "resourceVersion": "7"},
    "spec": {"taints": [{"key": "ecokube.io/powering-down", "effect": "NoSchedule"}]}})");
  const auto patch = mark_patch(node.as_object(), {7, "boot", true, "", {}}, 3);
  EXPECT_EQ(patch.at("spec").at("taints").as_array().size(), 1U);
  EXPECT_FALSE(patch.at("spec").as_object().contains("unschedulable"));
  EXPECT_FALSE(patch.at("metadata").at("annotations").as_object().contains("ecokube.io/cordoned"));
}

TEST(NodeChanges, TheLabelAgainstDisruptionIsSetAndRemovedOnlyWhenOurs) {
  const auto theirs = json(R"({"metadata": {"name": "n", "resourceVersion": "7",
    "labels": {"node.kubernetes.io/exclude-disruption": "x"}},
    "spec": {"taints": [{"key": "ecokube.io/powering-down", "effect": "NoSchedule"}]}})");
  const auto marked = mark_patch(theirs.as_object(), {7, "boot", false, "", {}}, 3);
  EXPECT_FALSE(marked.at("metadata").as_object().contains("labels"));
  EXPECT_FALSE(marked.at("metadata").at("annotations").as_object().contains(names::kExcludedByUs));
  EXPECT_FALSE(
      unmark_patch(theirs.as_object(), {""})->at("metadata").as_object().contains("labels"));

  const auto ours = json(R"({"metadata": {"name": "n", "resourceVersion": "7",
    "annotations": {"ecokube.io/excluded": "true"},
    "labels": {"node.kubernetes.io/exclude-disruption": ""}}})");
  EXPECT_EQ(unmark_patch(ours.as_object(), {""})->at("metadata"),
            json(R"({"resourceVersion": "7", "annotations": {"ecokube.io/excluded": null},
                     "labels": {"node.kubernetes.io/exclude-disruption": null}})"));
}

TEST(NodeChanges, UnmarkRemovesOnlyOurs) {
  const auto node = json(R"({"metadata": {"name": "n", "resourceVersion": "8", "annotations": {
      "ecokube.io/power-intent": "x", "ecokube.io/power": "off", "ecokube.io/cordoned": "true",
      "ecokube.io/hold": "ann", "foreign": "y"}},
    "spec": {"unschedulable": true, "taints": [{"key": "a", "effect": "NoExecute"},
      {"key": "ecokube.io/powering-down", "effect": "NoSchedule"}]}})");
  const auto patch = unmark_patch(node.as_object(), {"wol 1700000000000"});
  ASSERT_TRUE(patch);
  EXPECT_EQ(boost::json::value(*patch), json(R"({
    "metadata": {"resourceVersion": "8", "annotations": {"ecokube.io/power-intent": null,
      "ecokube.io/power": null, "ecokube.io/cordoned": null,
      "ecokube.io/wake-proof": "wol 1700000000000"}},
    "spec": {"taints": [{"key": "a", "effect": "NoExecute"}], "unschedulable": null}})"));
}

TEST(NodeChanges, UnmarkLeavesAForeignCordon) {
  const auto node = json(R"({"metadata": {"name": "n", "resourceVersion": "8"},
    "spec": {"unschedulable": true, "taints": [{"key": "ecokube.io/powering-down"}]}})");
  const auto patch = unmark_patch(node.as_object(), {""});
  ASSERT_TRUE(patch);
  EXPECT_EQ(boost::json::value(patch->at("spec")), json(R"({"taints": null})"));
}

TEST(NodeChanges, UnmarkOfAnUnmarkedNodeIsNothing) {
  const auto node = json(R"({"metadata": {"name": "n", "resourceVersion": "8"},
    "spec": {"unschedulable": true, "taints": [{"key": "a"}]}})");
  EXPECT_FALSE(unmark_patch(node.as_object(), {""}));
  EXPECT_TRUE(unmark_patch(node.as_object(), {"wol 1"}));
}

TEST(NodeChanges, ASleeperIsMarkedAnewWithItsPower) {
  const auto node = json(R"({"metadata": {"name": "n", "resourceVersion": "7"}})");
  const core::RecordOff off{"off (inferred)", from_ms(5),
                            core::MarkNode{7, "boot", false, "recipe", {}}};
  const auto patch = record_off_patch(node.as_object(), off, 3);
  const auto& annotations = patch.at("metadata").at("annotations");
  EXPECT_EQ(annotations.at(names::kPower), "off (inferred) since_ms=5");
  EXPECT_EQ(annotations.at(names::kIntent), "down transition=3 boot_id=boot");
  EXPECT_EQ(patch.at("spec").at("taints").as_array().size(), 1U);
}

TEST(NodeChanges, Annotations) {
  const core::QuarantineNode quarantine{from_ms(1234), 3};
  EXPECT_EQ(
      boost::json::value(*annotation_patch(core::RecordOff{"off (inferred)", from_ms(5)})),
      json(
          R"j({"metadata": {"annotations": {"ecokube.io/power": "off (inferred) since_ms=5"}}})j"));
  EXPECT_EQ(annotation_patch(quarantine)->at("metadata").at("annotations").at(names::kQuarantine),
            boost::json::value(core::format_quarantine(quarantine)));
  EXPECT_EQ(boost::json::value(*annotation_patch(core::RecordWake{from_ms(5)})),
            json(R"({"metadata": {"annotations": {"ecokube.io/waking": "at_ms=5"}}})"));
  EXPECT_EQ(boost::json::value(*annotation_patch(core::RecordHold{""})),
            json(R"({"metadata": {"annotations": {"ecokube.io/hold": null}}})"));
  EXPECT_EQ(boost::json::value(*annotation_patch(core::RecordRequest{"sleep ann"})),
            json(R"({"metadata": {"annotations": {"ecokube.io/request": "sleep ann"}}})"));
  EXPECT_FALSE(annotation_patch(core::MarkNode{1, "", false, "", {}}));
}

}  // namespace
}  // namespace ecokube::kubernetes
