#include "coordinator/api/routes.h"

#include <array>
#include <optional>

namespace ecokube {
namespace {

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/nodes", Access::everyone, get_nodes},
    Route{"GET", "/api/v1/nodes/{node}", Access::everyone, get_node},
    Route{"GET", "/api/v1/nodes/{node}/explanation", Access::everyone, get_explanation},
    Route{"GET", "/api/v1/pods/{namespace}/{pod}/explanation", Access::everyone,
          get_pod_explanation},
    Route{"GET", "/api/v1/fleet", Access::everyone, get_fleet},
    Route{"GET", "/api/v1/doctor", Access::everyone, get_doctor},
    Route{"GET", "/api/v1/wake-bundle", Access::unix_socket, get_wake_bundle},
    Route{"GET", "/api/v1/events", Access::everyone, get_events, true},
    Route{"GET", "/metrics", Access::everyone, get_metrics},
    Route{"GET", "/metrics/pods", Access::everyone, get_pod_metrics},
    Route{"GET", "/healthz", Access::everyone, get_health},
    Route{"GET", "/readyz", Access::everyone, get_readiness},
    Route{"POST", "/api/v1/fleet/freeze", Access::unix_socket, post_freeze},
    Route{"POST", "/api/v1/fleet/evacuate", Access::unix_socket, post_evacuate},
    Route{"POST", "/api/v1/fleet/unfreeze", Access::unix_socket, post_unfreeze},
    Route{"POST", "/api/v1/nodes/{node}/wake", Access::unix_socket, post_wake},
    Route{"POST", "/api/v1/nodes/{node}/sleep", Access::unix_socket, post_sleep},
    Route{"POST", "/api/v1/nodes/{node}/hold", Access::unix_socket, post_hold},
    Route{"POST", "/api/v1/nodes/{node}/release", Access::unix_socket, post_release},
    Route{"POST", "/api/v1/nodes/{node}/test-wake", Access::unix_socket, post_test_wake},
    Route{"POST", "/api/v1/nodes/{node}/unquarantine", Access::unix_socket, post_unquarantine},
    Route{"POST", "/api/v1/nodes/{node}/revoke", Access::unix_socket, nullptr, false, post_revoke},
    Route{"GET", "/api/v1/tokens", Access::everyone, get_tokens},
    Route{"POST", "/api/v1/tokens", Access::unix_socket, nullptr, false, post_token},
    Route{"DELETE", "/api/v1/tokens/{token}", Access::unix_socket, nullptr, false, delete_token},
};

/// nullopt: the path is not of this pattern.
std::optional<PathNames> match(std::string_view pattern, std::span<const std::string> segments) {
  PathNames names;
  std::size_t at = 0;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // '/'
    const auto word = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(word.size());
    if (at == segments.size()) return std::nullopt;
    const auto& segment = segments[at++];
    if (word == "{node}") {
      names.node = segment;
    } else if (word == "{token}") {
      names.token = segment;
    } else if (word == "{namespace}") {
      names.ns = segment;
    } else if (word == "{pod}") {
      names.pod = segment;
    } else if (word != segment) {
      return std::nullopt;
    }
  }
  if (at != segments.size()) return std::nullopt;
  return names;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

RouteMatch find_route(std::string_view method, std::span<const std::string> segments) {
  RouteMatch found;
  for (const auto& route : kRoutes) {
    auto names = match(route.path, segments);
    if (!names) continue;
    if (route.method == method) {
      found.route = &route;
      found.names = *std::move(names);
      found.other_methods.clear();
      return found;
    }
    found.other_methods.push_back(route.method);
  }
  return found;
}

}  // namespace ecokube
