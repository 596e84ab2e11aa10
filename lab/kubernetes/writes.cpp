#include "lab/kubernetes/writes.h"

#include <fmt/format.h>

#include "common/http_status.h"
#include "lab/kubernetes/patch.h"

namespace ecokube::lab {
namespace {

constexpr int kUnsupportedMediaType = 415;

std::string label_selector_text(const json::object& object) {
  std::string text;
  const auto* labels = find_field(object, {"spec", "selector", "matchLabels"});
  if (labels == nullptr || !labels->is_object()) return text;
  for (const auto& [key, value] : labels->as_object()) {
    if (!value.is_string()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", std::string_view(key),
                        std::string_view(value.as_string()));
  }
  return text;
}

/// Pods on a node go when their kubelet says so; all else, and pods that have ended, at once.
std::int64_t grace_of(const ResourcePath& path, const json::object& object,
                      const json::object& options, std::optional<std::int64_t> grace_s) {
  if (path.resource != "pods" || text_field(object, {"spec", "nodeName"}).empty()) return 0;
  const std::string phase = text_field(object, {"status", "phase"});
  if (phase == "Succeeded" || phase == "Failed") return 0;
  const auto of_pod = number_field(object, {"spec", "terminationGracePeriodSeconds"}, 0);
  return grace_s.value_or(number_field(options, {"gracePeriodSeconds"}, of_pod));
}

}  // namespace

ApiResult<ObjectPtr> Writes::existing(const ResourcePath& path) const {
  auto current = store_.get(key_of(path));
  if (!current) return not_found(path);
  return current;
}

ObjectPtr Writes::store_changed(const ResourcePath& path, const ObjectPtr& current,
                                json::object next) {
  const bool dying = find_field(next, {"metadata", "deletionTimestamp"}) != nullptr;
  if (dying && path.resource != "pods" && array_field(next, {"metadata", "finalizers"}).empty()) {
    return store_.erase(key_of(path));
  }
  if (next == *current) return current;
  return store_.put(key_of(path), std::move(next));
}

ApiResult<ApiAnswer> Writes::create(const ResourcePath& path, json::object body) {
  auto object = new_objects_.complete(path, std::move(body));
  if (!object) return std::unexpected(std::move(object.error()));
  ResourcePath made = path;
  made.name = text_field(*object, {"metadata", "name"});
  if (store_.get(key_of(made))) return already_exists(path, made.name);
  return ApiAnswer{kHttpCreated, *store_.put(key_of(made), *std::move(object))};
}

ApiResult<ApiAnswer> Writes::replace(const ResourcePath& path, json::object body) {
  if (path.subresource == "scale") return replace_scale(path, body);
  const auto current = existing(path);
  if (!current) return std::unexpected(current.error());
  if (auto agrees = agree_with_path(path, body); !agrees) return std::unexpected(agrees.error());
  if (path.resource == "leases" && text_field(body, {"metadata", "resourceVersion"}).empty()) {
    return invalid(path, path.name,
                   "metadata.resourceVersion: Invalid value: 0: must be specified for an update");
  }
  if (auto met = check_preconditions(path, **current, body); !met) {
    return std::unexpected(met.error());
  }
  if (path.subresource == "status") {
    return ApiAnswer{kHttpOk, *store_changed(path, *current, with_status_of(**current, body))};
  }
  auto next = replacement(path, **current, std::move(body));
  if (!next) return std::unexpected(std::move(next.error()));
  return ApiAnswer{kHttpOk, *store_changed(path, *current, *std::move(next))};
}

ApiResult<ApiAnswer> Writes::patch(const ResourcePath& path, const json::value& patch,
                                   std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const bool strategic = type == "application/strategic-merge-patch+json";
  if (!strategic && type != "application/merge-patch+json") {
    return refuse(kUnsupportedMediaType, "UnsupportedMediaType",
                  "the body of the request was in an unknown format - accepted media types "
                  "include: application/merge-patch+json, application/strategic-merge-patch+json");
  }
  if (!patch.is_object()) return bad_request("a patch is a JSON object");
  json::value target;
  if (path.subresource == "scale") {
    auto scale = scale_of(path);
    if (!scale) return std::unexpected(std::move(scale.error()));
    target = *std::move(scale);
  } else {
    const auto current = existing(path);
    if (!current) return std::unexpected(current.error());
    target = **current;
  }
  const std::string uid = text_field(target.as_object(), {"metadata", "uid"});
  auto merged = strategic ? strategic_merge_patch(std::move(target), patch)
                          : merge_patch(std::move(target), patch);
  const std::string given = text_field(merged.as_object(), {"metadata", "uid"});
  if (path.subresource == "status" && given != uid) {
    return invalid(path, path.name,
                   fmt::format("metadata.uid: Invalid value: \"{}\": field is immutable", given));
  }
  return replace(path, std::move(merged.as_object()));
}

ApiResult<ApiAnswer> Writes::remove(const ResourcePath& path, const json::object& options,
                                    std::optional<std::int64_t> grace_s) {
  const auto found = existing(path);
  if (!found) return std::unexpected(found.error());
  const json::object& current = **found;
  if (const auto* preconditions = options.if_contains("preconditions")) {
    const json::object wanted{{"metadata", *preconditions}};
    if (auto met = check_preconditions(path, current, wanted); !met) {
      return std::unexpected(met.error());
    }
  }
  const auto grace = grace_of(path, current, options, grace_s);
  const bool held = !array_field(current, {"metadata", "finalizers"}).empty();
  if (grace <= 0 && !held) {
    const auto last = store_.erase(key_of(path));
    if (path.resource == "pods") return ApiAnswer{kHttpOk, *last};
    return ApiAnswer{kHttpOk, success_object(path, text_field(current, {"metadata", "uid"}))};
  }
  const bool shorter =
      grace < number_field(current, {"metadata", "deletionGracePeriodSeconds"}, grace + 1);
  if (!shorter) return ApiAnswer{kHttpOk, current};
  json::object next = current;
  auto& metadata = object_at(next, "metadata");
  metadata["deletionTimestamp"] =
      api_time(std::chrono::system_clock::now() + std::chrono::seconds(grace));
  metadata["deletionGracePeriodSeconds"] = grace;
  return ApiAnswer{kHttpOk, *store_.put(key_of(path), std::move(next))};
}

ApiResult<ApiAnswer> Writes::bind(const ResourcePath& path, const json::object& body) {
  const auto current = existing(path);
  if (!current) return std::unexpected(current.error());
  const std::string node = text_field(body, {"target", "name"});
  if (node.empty()) return invalid(path, path.name, "target.name: Required value");
  if (auto met = check_preconditions(path, **current, body); !met) {
    return std::unexpected(met.error());
  }
  if (find_field(**current, {"metadata", "deletionTimestamp"}) != nullptr) {
    return conflict(
        path, fmt::format("pod {} is being deleted, cannot be assigned to a host", path.name));
  }
  const std::string bound = text_field(**current, {"spec", "nodeName"});
  if (!bound.empty()) {
    return conflict(path,
                    fmt::format("pod {} is already assigned to node \"{}\"", path.name, bound));
  }
  if (!array_field(**current, {"spec", "schedulingGates"}).empty()) {
    return conflict(path, fmt::format("pod {} has non-empty .spec.schedulingGates", path.name));
  }
  json::object next = **current;
  object_at(next, "spec")["nodeName"] = node;
  set_condition(next, {{"type", "PodScheduled"},
                       {"status", "True"},
                       {"lastProbeTime", nullptr},
                       {"lastTransitionTime", api_time(std::chrono::system_clock::now())}});
  store_.put(key_of(path), std::move(next));
  json::object done = success_object(path, "");
  done.erase("details");
  return ApiAnswer{kHttpCreated, std::move(done)};
}

ApiResult<json::object> Writes::scale_of(const ResourcePath& path) const {
  const auto paths = kinds_.scale_paths(path);
  if (!paths) return not_found(path);
  const auto current = existing(path);
  if (!current) return std::unexpected(current.error());
  const auto number = [&](const std::string& at) -> json::value {
    const auto* value = find_at(**current, at);
    return value != nullptr && value->is_int64() ? value->as_int64() : 0;
  };
  std::string selector = label_selector_text(**current);
  if (const auto* text = find_at(**current, paths->selector);
      text != nullptr && text->is_string()) {
    selector = text->as_string();
  }
  json::object metadata;
  for (const auto* key : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (const auto* value = find_field(**current, {"metadata", key})) metadata[key] = *value;
  }
  return json::object{
      {"kind", "Scale"},
      {"apiVersion", "autoscaling/v1"},
      {"metadata", std::move(metadata)},
      {"spec", {{"replicas", number(paths->replicas)}}},
      {"status",
       {{"replicas", number(paths->status_replicas)}, {"selector", std::move(selector)}}}};
}

ApiResult<ApiAnswer> Writes::replace_scale(const ResourcePath& path, const json::object& scale) {
  const auto paths = kinds_.scale_paths(path);
  if (!paths) return not_found(path);
  const auto current = existing(path);
  if (!current) return std::unexpected(current.error());
  if (auto met = check_preconditions(path, **current, scale); !met) {
    return std::unexpected(met.error());
  }
  const auto replicas = number_field(scale, {"spec", "replicas"}, 0);
  if (replicas < 0) {
    return invalid(path, path.name, "spec.replicas: Invalid value: must be at least 0");
  }
  json::object wanted = **current;
  set_at(wanted, paths->replicas, replicas);
  auto next = replacement(path, **current, std::move(wanted));
  if (!next) return std::unexpected(std::move(next.error()));
  store_changed(path, *current, *std::move(next));
  auto answer = scale_of(path);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return ApiAnswer{kHttpOk, *std::move(answer)};
}

}  // namespace ecokube::lab
