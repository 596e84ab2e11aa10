#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lab/kubernetes/api_server.h"
#include "lab/kubernetes/evictions.h"
#include "lab/kubernetes/reads.h"
#include "lab/kubernetes/served_kinds.h"
#include "lab/kubernetes/watch.h"
#include "lab/kubernetes/writes.h"

namespace ecokube::lab {

/// One server's state; requests in flight may hold it a little longer than the server.
struct ApiCore {
  explicit ApiCore(ApiServerOptions given);
  ApiServerOptions options;
  Store store;
  Reads reads;
  Writes writes;
  Evictions evictions;
  ServedKinds kinds;
  CommitBell bell;

  void compact();
};

/// One request, read and parsed.
struct ApiRequest {
  std::string method;
  std::string content_type;
  ParsedTarget target;
  ResourcePath path;
  json::value body;  ///< null when there was none
};

/// Everything but watches: what the request does to the store, and its answer.
[[nodiscard]] ApiResult<ApiAnswer> dispatch(ApiCore& core, const ApiRequest& request);

/// The answer when the segments are those of GET /api/VERSION or /apis/GROUP/VERSION.
[[nodiscard]] std::optional<ApiResult<ApiAnswer>> discovery(const ApiCore& core,
                                                            const ApiRequest& request);

/// POST /lab/compact and /lab/end-watches: what tests do to a server. Of user "admin" only.
[[nodiscard]] ApiResult<ApiAnswer> lab_command(ApiCore& core, const ApiRequest& request,
                                               std::string_view user);

}  // namespace ecokube::lab
