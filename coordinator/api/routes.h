#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/http_server.h"
#include "coordinator/fleet.h"
#include "coordinator/identity.h"

namespace ecokube {

class EventHub;

/// What stands for the words in braces of a path; empty where it has none.
struct PathNames {
  NodeName node;        ///< {node}
  std::string token;    ///< {token}: a token's id
  std::string ns, pod;  ///< {namespace} and {pod}
};

/// What a handler sees of a request.
struct ApiRequest : PathNames {
  ParsedTarget target;
  std::string accept;
  std::string body;
};

struct ApiContext {
  Fleet& fleet;
  EventHub& events;
  std::function<std::uint64_t()> events_dropped = [] { return 0; };
  EnrolmentDesk* enrolment = nullptr;  ///< nullptr: there is none
  /// ApiOptions::bmcs; nullptr: there are none
  const std::map<NodeName, boost::json::object>* bmcs = nullptr;
};

/// Who may use a route: everyone who reaches the API, or root on this host.
enum class Access { everyone, unix_socket };

struct Route {
  std::string_view method;
  std::string_view path;  ///< "/api/v1/nodes/{node}"
  Access access;
  HttpResponse (*answer)(const ApiContext&, const ApiRequest&);
  bool may_stream = false;  ///< answers with the event stream unless JSON is asked for
  /// Instead of `answer`, for what waits for the disk. Both are values of the caller's frame.
  boost::asio::awaitable<HttpResponse> (*perform)(ApiContext, ApiRequest) = nullptr;
};

/// The one table of what the API can do; docs/api/openapi.yaml says the same.
[[nodiscard]] std::span<const Route> routes();

struct RouteMatch {
  const Route* route = nullptr;  ///< nullptr: not found, or another method
  PathNames names;
  std::vector<std::string_view> other_methods;  ///< that the path knows
};
[[nodiscard]] RouteMatch find_route(std::string_view method, std::span<const std::string> segments);

// The handlers, by resource.
HttpResponse get_nodes(const ApiContext& context, const ApiRequest& request);
HttpResponse get_node(const ApiContext& context, const ApiRequest& request);
HttpResponse get_explanation(const ApiContext& context, const ApiRequest& request);
HttpResponse get_pod_explanation(const ApiContext& context, const ApiRequest& request);
HttpResponse get_fleet(const ApiContext& context, const ApiRequest& request);
HttpResponse get_doctor(const ApiContext& context, const ApiRequest& request);
HttpResponse get_wake_bundle(const ApiContext& context, const ApiRequest& request);
HttpResponse get_events(const ApiContext& context, const ApiRequest& request);
HttpResponse get_metrics(const ApiContext& context, const ApiRequest& request);
HttpResponse get_pod_metrics(const ApiContext& context, const ApiRequest& request);
HttpResponse get_health(const ApiContext& context, const ApiRequest& request);
HttpResponse get_readiness(const ApiContext& context, const ApiRequest& request);
HttpResponse post_freeze(const ApiContext& context, const ApiRequest& request);
HttpResponse post_evacuate(const ApiContext& context, const ApiRequest& request);
HttpResponse post_unfreeze(const ApiContext& context, const ApiRequest& request);
HttpResponse post_wake(const ApiContext& context, const ApiRequest& request);
HttpResponse post_sleep(const ApiContext& context, const ApiRequest& request);
HttpResponse post_hold(const ApiContext& context, const ApiRequest& request);
HttpResponse post_release(const ApiContext& context, const ApiRequest& request);
HttpResponse post_test_wake(const ApiContext& context, const ApiRequest& request);
HttpResponse post_unquarantine(const ApiContext& context, const ApiRequest& request);
HttpResponse get_tokens(const ApiContext& context, const ApiRequest& request);
boost::asio::awaitable<HttpResponse> post_token(ApiContext context, ApiRequest request);
boost::asio::awaitable<HttpResponse> delete_token(ApiContext context, ApiRequest request);
boost::asio::awaitable<HttpResponse> post_revoke(ApiContext context, ApiRequest request);

/// The newest certificate of a node and its last revocation; null when nothing is known of it.
[[nodiscard]] boost::json::value certificate_json(const ApiContext& context, const NodeName& node);
/// 404 that says which nodes there are.
[[nodiscard]] HttpResponse unknown_node(const ApiContext& context, const NodeName& name);

}  // namespace ecokube
