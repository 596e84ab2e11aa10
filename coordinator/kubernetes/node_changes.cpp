#include "coordinator/kubernetes/node_changes.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "common/names.h"
#include "coordinator/core/marks.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::string_view kNoSchedule = "NoSchedule";
constexpr std::string_view kPreferNoSchedule = "PreferNoSchedule";
constexpr std::string_view kOutOfService = names::kOutOfServiceTaint;

bool has_key(const boost::json::value& taint, std::string_view key) {
  const auto* fields = taint.if_object();
  return fields != nullptr && find_text(*fields, {"key"}) == key;
}

bool has_taint(const object& node, std::string_view key) {
  for (const auto& taint : find_array(node, {"spec", "taints"})) {
    if (has_key(taint, key)) return true;
  }
  return false;
}

array taints_without(array taints, std::string_view key) {
  array kept;
  for (auto& taint : taints) {
    if (!has_key(taint, key)) kept.push_back(std::move(taint));
  }
  return kept;
}

array foreign_taints(const object& node) {
  return taints_without(taints_without(find_array(node, {"spec", "taints"}), names::kTaint),
                        names::kCandidate);
}

bool has_our_taint(const object& node) {
  return has_taint(node, names::kTaint) || has_taint(node, names::kCandidate);
}

boost::json::value or_null(array taints) {
  return taints.empty() ? boost::json::value(nullptr) : boost::json::value(std::move(taints));
}

bool is_out_of_service_by_us(const object& node) {
  return find_object(node, {"metadata", "annotations"}).contains(names::kOutOfServiceByUs);
}

object metadata_patch(const object& node, object annotations, object labels) {
  object metadata;
  metadata["resourceVersion"] = find_text(node, {"metadata", "resourceVersion"});
  if (!annotations.empty()) metadata["annotations"] = std::move(annotations);
  if (!labels.empty()) metadata["labels"] = std::move(labels);
  return metadata;
}

}  // namespace

object one_annotation(std::string_view key, std::string_view text) {
  object annotations;
  if (text.empty()) {
    annotations[key] = nullptr;
  } else {
    annotations[key] = text;
  }
  object metadata;
  metadata["annotations"] = std::move(annotations);
  object patch;
  patch["metadata"] = std::move(metadata);
  return patch;
}

object mark_patch(const object& node, const core::MarkNode& mark, std::int64_t transition) {
  object annotations;
  annotations[names::kIntent] = core::format_intent(core::intent_of(mark, transition));
  annotations[names::kTransition] = std::to_string(transition);
  if (!mark.wake_recipe.empty()) annotations[names::kWakeRecipe] = mark.wake_recipe;

  object taint;
  taint["key"] = names::kTaint;
  taint["effect"] = kNoSchedule;
  auto taints = foreign_taints(node);
  taints.push_back(std::move(taint));
  object spec;
  spec["taints"] = std::move(taints);
  if (!mark.already_cordoned) {
    spec["unschedulable"] = true;
    annotations[names::kCordonedByUs] = "true";
  }

  object labels;
  if (!find_object(node, {"metadata", "labels"}).contains(names::kExcludeDisruption)) {
    labels[names::kExcludeDisruption] = "";
    annotations[names::kExcludedByUs] = "true";
  }

  object patch;
  patch["metadata"] = metadata_patch(node, std::move(annotations), std::move(labels));
  patch["spec"] = std::move(spec);
  return patch;
}

std::optional<object> unmark_patch(const object& node, const core::UnmarkNode& unmark) {
  constexpr std::array kRemoved{names::kIntent,       names::kPower,      names::kCordonedByUs,
                                names::kExcludedByUs, names::kQuarantine, names::kOutOfServiceByUs,
                                names::kPowerClaim,   names::kWaking};
  object annotations;
  object spec;
  const auto& present = find_object(node, {"metadata", "annotations"});
  for (const auto key : kRemoved) {
    if (present.contains(key)) annotations[key] = nullptr;
  }
  if (!unmark.wake_proof.empty() && annotation_of(node, names::kWakeProof) != unmark.wake_proof) {
    annotations[names::kWakeProof] = unmark.wake_proof;
  }
  const bool failed_over = is_out_of_service_by_us(node) && has_taint(node, kOutOfService);
  if (has_our_taint(node) || failed_over) {
    auto taints = foreign_taints(node);
    if (failed_over) taints = taints_without(std::move(taints), kOutOfService);
    spec["taints"] = or_null(std::move(taints));
  }
  if (present.contains(names::kCordonedByUs)) spec["unschedulable"] = nullptr;
  object labels;
  if (present.contains(names::kExcludedByUs)) labels[names::kExcludeDisruption] = nullptr;
  if (annotations.empty() && spec.empty()) return std::nullopt;

  object patch;
  patch["metadata"] = metadata_patch(node, std::move(annotations), std::move(labels));
  if (!spec.empty()) patch["spec"] = std::move(spec);
  return patch;
}

std::optional<object> soft_taint_patch(const object& node, bool present) {
  array taints;
  bool there = false;
  for (const auto& taint : find_array(node, {"spec", "taints"})) {
    const bool soft = has_key(taint, names::kCandidate);
    there = there || soft;
    if (!soft) taints.push_back(taint);
  }
  if (there == present) return std::nullopt;
  if (present) taints.push_back(object{{"key", names::kCandidate}, {"effect", kPreferNoSchedule}});
  object spec;
  spec["taints"] = or_null(std::move(taints));
  object patch;
  patch["metadata"] = metadata_patch(node, {}, {});
  patch["spec"] = std::move(spec);
  return patch;
}

Result<object> out_of_service_patch(const object& node) {
  if (has_taint(node, kOutOfService) && !is_out_of_service_by_us(node)) {
    return fail(Errc::conflict, fmt::format("somebody else took Node {} out of service",
                                            find_text(node, {"metadata", "name"})));
  }
  object taint;
  taint["key"] = kOutOfService;
  taint["value"] = "nodeshutdown";
  taint["effect"] = "NoExecute";
  auto taints = taints_without(find_array(node, {"spec", "taints"}), kOutOfService);
  taints.push_back(std::move(taint));
  object annotations;
  annotations[names::kOutOfServiceByUs] = "true";
  object spec;
  spec["taints"] = std::move(taints);
  object patch;
  patch["metadata"] = metadata_patch(node, std::move(annotations), {});
  patch["spec"] = std::move(spec);
  return patch;
}

object record_off_patch(const object& node, const core::RecordOff& off, std::int64_t transition) {
  auto patch = mark_patch(node, *off.mark, transition);
  patch["metadata"].as_object()["annotations"].as_object()[names::kPower] =
      core::format_off(off.power, off.since);
  return patch;
}

object claim_patch(core::Revision expected_revision, std::string_view claim) {
  auto patch = one_annotation(names::kPowerClaim, claim);
  patch["metadata"].as_object()["resourceVersion"] = std::to_string(expected_revision);
  return patch;
}

std::optional<object> in_service_patch(const object& node) {
  if (!is_out_of_service_by_us(node)) return std::nullopt;
  object annotations;
  annotations[names::kOutOfServiceByUs] = nullptr;
  object patch;
  patch["metadata"] = metadata_patch(node, std::move(annotations), {});
  if (has_taint(node, kOutOfService)) {
    object spec;
    spec["taints"] = or_null(taints_without(find_array(node, {"spec", "taints"}), kOutOfService));
    patch["spec"] = std::move(spec);
  }
  return patch;
}

std::optional<object> annotation_patch(const core::Action& action) {
  if (const auto* off = std::get_if<core::RecordOff>(&action)) {
    return one_annotation(names::kPower, core::format_off(off->power, off->since));
  }
  if (const auto* wake = std::get_if<core::RecordWake>(&action)) {
    return one_annotation(names::kWaking, core::format_waking(wake->at));
  }
  if (const auto* quarantine = std::get_if<core::QuarantineNode>(&action)) {
    return one_annotation(names::kQuarantine, core::format_quarantine(*quarantine));
  }
  if (const auto* hold = std::get_if<core::RecordHold>(&action)) {
    return one_annotation(names::kHold, hold->text);
  }
  if (const auto* request = std::get_if<core::RecordRequest>(&action)) {
    return one_annotation(names::kRequest, request->text);
  }
  return std::nullopt;
}

}  // namespace ecokube::kubernetes
