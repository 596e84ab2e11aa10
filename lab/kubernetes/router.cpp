#include "lab/kubernetes/router.h"

#include <fmt/format.h>

#include <optional>

#include "common/http_status.h"
#include "lab/kubernetes/truth_events.h"

namespace ecokube::lab {
namespace {

constexpr std::string_view kAdmin = "admin";

std::unexpected<ApiFailure> not_allowed() {
  return refuse(kHttpMethodNotAllowed, "MethodNotAllowed",
                "the server does not allow this method on the requested resource");
}

ApiResult<json::object> body_object(const ApiRequest& request) {
  if (request.body.is_object()) return request.body.as_object();
  return bad_request("the body of the request must be a JSON object");
}

ApiResult<ApiAnswer> post(ApiCore& core, const ApiRequest& request) {
  auto body = body_object(request);
  if (!body) return std::unexpected(body.error());
  const auto& path = request.path;
  if (path.name.empty()) return core.writes.create(path, *std::move(body));
  if (path.resource == "pods" && path.subresource == "binding") {
    return core.writes.bind(path, *body);
  }
  if (path.resource == "pods" && path.subresource == "eviction") {
    return core.evictions.evict(path, *body);
  }
  return not_allowed();
}

ApiResult<ApiAnswer> remove(ApiCore& core, const ApiRequest& request) {
  if (!request.path.subresource.empty()) return not_allowed();
  std::optional<std::int64_t> grace_s;
  if (const auto text = request.target.query_value("gracePeriodSeconds"); !text.empty()) {
    const auto number = parse_revision(text);
    if (!number) return bad_request("gracePeriodSeconds is no number");
    grace_s = static_cast<std::int64_t>(*number);
  }
  const auto options = request.body.is_object() ? request.body.as_object() : json::object{};
  return core.writes.remove(request.path, options, grace_s);
}

bool is_known_subresource(const ApiCore& core, const ResourcePath& path) {
  if (path.subresource.empty()) return true;
  if (path.subresource == "status") return has_status_subresource(path);
  if (path.subresource == "scale") return core.kinds.scale_paths(path).has_value();
  return path.resource == "pods" &&
         (path.subresource == "binding" || path.subresource == "eviction");
}

}  // namespace

ApiCore::ApiCore(ApiServerOptions given)
    : options(std::move(given)),
      store(options.events_max),
      reads(store),
      writes(store),
      evictions(store, writes),
      kinds(store) {
  store.add_listener([this](const StoreEvent& event) {
    log_truth(options.truth_log, event);
    bell.ring();
  });
}

void ApiCore::compact() {
  store.compact();
  reads.compact();
}

ApiResult<ApiAnswer> dispatch(ApiCore& core, const ApiRequest& request) {
  const auto& path = request.path;
  if (!is_known_subresource(core, path)) {
    return refuse(kHttpNotFound, "NotFound", "the server could not find the requested resource");
  }
  if (!request.target.query_value("dryRun").empty()) {
    return bad_request("dryRun is not supported by the lab's API server");
  }
  if (request.method == "POST") return post(core, request);
  if (request.method == "GET" && path.name.empty()) return core.reads.list(path, request.target);
  if (path.name.empty()) return not_allowed();
  if (request.method == "GET" && path.subresource == "scale") {
    auto scale = core.writes.scale_of(path);
    if (!scale) return std::unexpected(std::move(scale.error()));
    return ApiAnswer{200, *std::move(scale)};
  }
  if (request.method == "GET") return core.reads.get(path);
  if (request.method == "PUT") {
    auto body = body_object(request);
    if (!body) return std::unexpected(body.error());
    return core.writes.replace(path, *std::move(body));
  }
  if (request.method == "PATCH") {
    return core.writes.patch(path, request.body, request.content_type);
  }
  if (request.method == "DELETE") return remove(core, request);
  return not_allowed();
}

std::optional<ApiResult<ApiAnswer>> discovery(const ApiCore& core, const ApiRequest& request) {
  const auto& segments = request.target.segments;
  if (request.method != "GET" || segments.empty()) return std::nullopt;
  if (segments[0] == "api" && segments.size() == 2) return core.kinds.discover("", segments[1]);
  if (segments[0] != "apis" || segments.size() != 3) return std::nullopt;
  return core.kinds.discover(segments[1], segments[2]);
}

ApiResult<ApiAnswer> lab_command(ApiCore& core, const ApiRequest& request, std::string_view user) {
  const auto& segments = request.target.segments;
  if (user != kAdmin) {
    return refuse(kHttpForbidden, "Forbidden", fmt::format("user \"{}\" is not admin", user));
  }
  if (request.method != "POST") return not_allowed();
  if (segments.size() == 2 && segments[1] == "compact") {
    core.compact();
  } else if (segments.size() == 2 && segments[1] == "end-watches") {
    core.bell.end_watches();
  } else {
    return refuse(kHttpNotFound, "NotFound", "the lab knows /lab/compact and /lab/end-watches");
  }
  return ApiAnswer{200, {{"resourceVersion", std::to_string(core.store.revision())}}};
}

}  // namespace ecokube::lab
