#include "lab/kubernetes/object_rules.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

#include "common/http_status.h"
#include "common/names.h"

namespace ecokube::lab {
namespace {

constexpr int kPodGraceSeconds = 30;

void set_default(json::object& object, std::string_view key, json::value value) {
  if (!object.contains(key)) object[key] = std::move(value);
}

void fill_pod(json::object& pod) {
  auto& spec = object_at(pod, "spec");
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "schedulerName", "default-scheduler");
  set_default(spec, "terminationGracePeriodSeconds", kPodGraceSeconds);
  object_at(pod, "status")["phase"] = "Pending";
  if (array_field(pod, {"spec", "schedulingGates"}).empty()) return;
  set_condition(pod, {{"type", "PodScheduled"},
                      {"status", "False"},
                      {"reason", "SchedulingGated"},
                      {"message", "Scheduling is blocked due to non-empty scheduling gates"}});
}

std::string given_name(const json::object& object) {
  return text_field(object, {"metadata", "name"});
}

/// Pods are bound by the binding sub-resource and never moved by a write.
ApiResult<void> check_pod_stays(const ResourcePath& path, const json::object& current,
                                const json::object& wanted) {
  if (text_field(current, {"spec", "nodeName"}) == text_field(wanted, {"spec", "nodeName"})) {
    return {};
  }
  return invalid(path, path.name,
                 "spec: Forbidden: pod updates may not change fields other than "
                 "`spec.containers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations`, "
                 "`spec.terminationGracePeriodSeconds`");
}

}  // namespace

ObjectKey key_of(const ResourcePath& path) {
  return {path.collection(), path.name_space, path.name};
}

std::string api_time(std::chrono::system_clock::time_point at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

std::string NewObjects::random_suffix() {
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";  // spells no words
  constexpr int kLength = 5;
  std::string suffix;
  for (int i = 0; i < kLength; ++i) suffix += kLetters[random_() % kLetters.size()];
  return suffix;
}

std::string NewObjects::random_uid() {
  const std::uint64_t high = random_();
  const std::uint64_t low = random_();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xffffU,
                     high & 0xfffU, 0x8000U | ((low >> 48U) & 0x3fffU), low & 0xffffffffffffULL);
}

ApiResult<void> agree_with_path(const ResourcePath& path, json::object& object) {
  const std::string given = text_field(object, {"kind"});
  const std::string kind = is_known(path) || given.empty() ? kind_of(path) : given;
  if (!given.empty() && given != kind) {
    return bad_request(fmt::format("{} in kind {} cannot be handled as a {}",
                                   text_field(object, {"apiVersion"}), given, kind));
  }
  const std::string version = text_field(object, {"apiVersion"});
  if (!version.empty() && version != path.api_version()) {
    return bad_request(
        fmt::format("the API version in the data ({}) does not match the expected "
                    "API version ({})",
                    version, path.api_version()));
  }
  object["kind"] = kind;
  object["apiVersion"] = path.api_version();
  auto& metadata = object_at(object, "metadata");
  const std::string name_space = text_field(metadata, {"namespace"});
  if (!name_space.empty() && name_space != path.name_space) {
    return bad_request(
        "the namespace of the provided object does not match the namespace sent on "
        "the request");
  }
  if (!path.name_space.empty()) metadata["namespace"] = path.name_space;
  const std::string name = text_field(metadata, {"name"});
  if (!path.name.empty() && !name.empty() && name != path.name) {
    return bad_request(
        fmt::format("the name of the object ({}) does not match the name on the URL "
                    "({})",
                    name, path.name));
  }
  if (!path.name.empty()) metadata["name"] = path.name;
  return {};
}

ApiResult<json::object> NewObjects::complete(const ResourcePath& path, json::object object) {
  if (path.name_space.empty() && is_known(path) && !is_cluster_scoped(path)) {
    return refuse(kHttpMethodNotAllowed, "MethodNotAllowed",
                  "the server does not allow this method on the requested resource");
  }
  if (auto agrees = agree_with_path(path, object); !agrees) {
    return std::unexpected(agrees.error());
  }
  auto& metadata = object_at(object, "metadata");
  if (!text_field(metadata, {"resourceVersion"}).empty()) {
    return bad_request("resourceVersion should not be set on objects to be created");
  }
  const std::string prefix = text_field(metadata, {"generateName"});
  if (given_name(object).empty() && !prefix.empty()) metadata["name"] = prefix + random_suffix();
  const std::string name = given_name(object);
  if (name.empty()) {
    return invalid(path, "", "metadata.name: Required value: name or generateName is required");
  }
  if (!is_node_name(name)) {
    return invalid(path, name, "metadata.name: Invalid value: must be a lower case RFC 1123 name");
  }
  metadata["uid"] = random_uid();
  metadata["creationTimestamp"] = api_time(std::chrono::system_clock::now());
  for (const auto* key : {"deletionTimestamp", "deletionGracePeriodSeconds"}) metadata.erase(key);
  if (has_generation(path)) metadata["generation"] = 1;
  if (!keeps_status_on_create(path)) object["status"] = json::object{};
  if (path.resource == "pods") fill_pod(object);
  if (path.resource == "deployments") set_default(object_at(object, "spec"), "replicas", 1);
  return object;
}

ApiResult<void> check_preconditions(const ResourcePath& path, const json::object& current,
                                    const json::object& wanted) {
  const std::string revision = text_field(wanted, {"metadata", "resourceVersion"});
  if (!revision.empty() && revision != text_field(current, {"metadata", "resourceVersion"})) {
    return conflict(path,
                    "the object has been modified; please apply your changes to the latest "
                    "version and try again");
  }
  const std::string uid = text_field(wanted, {"metadata", "uid"});
  const std::string present = text_field(current, {"metadata", "uid"});
  if (!uid.empty() && uid != present) {
    return conflict(path, fmt::format("Precondition failed: UID in precondition: {}, UID in object "
                                      "meta: {}",
                                      uid, present));
  }
  return {};
}

ApiResult<json::object> replacement(const ResourcePath& path, const json::object& current,
                                    json::object wanted) {
  if (path.resource == "pods") {
    if (auto stays = check_pod_stays(path, current, wanted); !stays) {
      return std::unexpected(stays.error());
    }
  }
  const auto& before = current.at("metadata").as_object();
  auto& metadata = object_at(wanted, "metadata");
  constexpr std::array<std::string_view, 9> kKept{
      "name",         "namespace",         "uid",
      "generateName", "resourceVersion",   "creationTimestamp",
      "generation",   "deletionTimestamp", "deletionGracePeriodSeconds"};
  for (const auto key : kKept) {
    metadata.erase(key);
    if (const auto* value = before.if_contains(key)) metadata[key] = *value;
  }
  if (has_status_subresource(path)) {
    wanted.erase("status");
    if (const auto* status = current.if_contains("status")) wanted["status"] = *status;
  }
  const auto* old_spec = current.if_contains("spec");
  const auto* new_spec = wanted.if_contains("spec");
  const bool same_spec =
      old_spec != nullptr && new_spec != nullptr ? *old_spec == *new_spec : old_spec == new_spec;
  if (has_generation(path) && !same_spec) {
    const auto* generation = before.if_contains("generation");
    metadata["generation"] =
        (generation != nullptr ? generation->to_number<std::int64_t>() : 0) + 1;
  }
  return wanted;
}

json::object with_status_of(const json::object& current, const json::object& wanted) {
  json::object next = current;
  next.erase("status");
  if (const auto* status = wanted.if_contains("status")) next["status"] = *status;
  return next;
}

void set_condition(json::object& object, json::object condition) {
  auto& status = object_at(object, "status");
  auto& conditions = status["conditions"];
  if (!conditions.is_array()) conditions = json::array{};
  for (auto& present : conditions.as_array()) {
    if (!present.is_object() || present.at("type") != condition.at("type")) continue;
    present = std::move(condition);
    return;
  }
  conditions.as_array().push_back(std::move(condition));
}

}  // namespace ecokube::lab
