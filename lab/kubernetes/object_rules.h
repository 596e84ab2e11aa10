#pragma once

#include <chrono>
#include <random>
#include <string>

#include "lab/kubernetes/api_answer.h"
#include "lab/kubernetes/store.h"

namespace ecokube::lab {

[[nodiscard]] ObjectKey key_of(const ResourcePath& path);

/// The text of now in the API's form, "2026-01-31T12:00:00Z".
[[nodiscard]] std::string api_time(std::chrono::system_clock::time_point at);

/// Fills what the API server fills in a new object, and refuses what it refuses.
class NewObjects {
 public:
  NewObjects() : random_(std::random_device{}()) {}
  [[nodiscard]] ApiResult<json::object> complete(const ResourcePath& path, json::object object);

 private:
  std::string random_suffix();
  std::string random_uid();
  std::mt19937_64 random_;
};

/// apiVersion, kind, name and namespace of a body must be those of the path; missing ones are
/// filled in.
[[nodiscard]] ApiResult<void> agree_with_path(const ResourcePath& path, json::object& object);

/// 409 when a resourceVersion or uid given in `metadata` is not that of `current`.
[[nodiscard]] ApiResult<void> check_preconditions(const ResourcePath& path,
                                                  const json::object& current,
                                                  const json::object& wanted);

/// What is stored when `wanted` replaces `current`: what a writer may not change is kept.
[[nodiscard]] ApiResult<json::object> replacement(const ResourcePath& path,
                                                  const json::object& current, json::object wanted);
/// The same for the status sub-resource: only status changes.
[[nodiscard]] json::object with_status_of(const json::object& current, const json::object& wanted);

/// Sets one of status.conditions.
void set_condition(json::object& object, json::object condition);

}  // namespace ecokube::lab
