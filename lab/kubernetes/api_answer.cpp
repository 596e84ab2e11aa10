#include "lab/kubernetes/api_answer.h"

#include <fmt/format.h>

#include "common/http_status.h"

namespace ecokube::lab {
namespace {

std::string full_resource(const ResourcePath& path) {
  return path.group.empty() ? path.resource : path.resource + "." + path.group;
}

json::object details_of(const ResourcePath& path, std::string_view name) {
  json::object details{{"name", json::string(name)}, {"kind", path.resource}};
  if (!path.group.empty()) details["group"] = path.group;
  return details;
}

std::unexpected<ApiFailure> about(const ResourcePath& path, std::string_view name, int code,
                                  std::string_view reason, std::string_view what) {
  return std::unexpected(ApiFailure{code, std::string(reason),
                                    fmt::format("{} \"{}\" {}", full_resource(path), name, what),
                                    details_of(path, name)});
}

}  // namespace

std::unexpected<ApiFailure> refuse(int code, std::string_view reason, std::string message) {
  return std::unexpected(ApiFailure{code, std::string(reason), std::move(message)});
}

std::unexpected<ApiFailure> bad_request(std::string message) {
  return refuse(kHttpBadRequest, "BadRequest", std::move(message));
}

std::unexpected<ApiFailure> not_found(const ResourcePath& path) {
  return about(path, path.name, kHttpNotFound, "NotFound", "not found");
}

std::unexpected<ApiFailure> already_exists(const ResourcePath& path, std::string_view name) {
  return about(path, name, kHttpConflict, "AlreadyExists", "already exists");
}

std::unexpected<ApiFailure> conflict(const ResourcePath& path, std::string_view why) {
  return std::unexpected(ApiFailure{kHttpConflict, "Conflict",
                                    fmt::format("Operation cannot be fulfilled on {} \"{}\": {}",
                                                full_resource(path), path.name, why),
                                    details_of(path, path.name)});
}

std::unexpected<ApiFailure> invalid(const ResourcePath& path, std::string_view name,
                                    std::string_view why) {
  return about(path, name, kHttpInvalid, "Invalid", fmt::format("is invalid: {}", why));
}

std::unexpected<ApiFailure> expired(std::uint64_t asked, std::uint64_t oldest) {
  return refuse(kHttpGone, "Expired",
                fmt::format("too old resource version: {} ({})", asked, oldest));
}

json::object status_object(const ApiFailure& failure) {
  json::object status{{"kind", "Status"},           {"apiVersion", "v1"},
                      {"metadata", json::object{}}, {"status", "Failure"},
                      {"message", failure.message}, {"reason", failure.reason}};
  if (!failure.details.empty()) status["details"] = failure.details;
  status["code"] = failure.code;
  return status;
}

json::object success_object(const ResourcePath& path, std::string_view uid) {
  auto details = details_of(path, path.name);
  if (!uid.empty()) details["uid"] = json::string(uid);
  return json::object{{"kind", "Status"},
                      {"apiVersion", "v1"},
                      {"metadata", json::object{}},
                      {"status", "Success"},
                      {"details", std::move(details)}};
}

}  // namespace ecokube::lab
