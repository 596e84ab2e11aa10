// Handlers of everything that is only read.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "common/http_status.h"
#include "coordinator/api/events.h"
#include "coordinator/api/explain_pod.h"
#include "coordinator/api/json.h"
#include "coordinator/api/metrics.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/times.h"

namespace ecokube {

namespace json = boost::json;

namespace {

HttpResponse answer(const json::object& object, int status = kHttpOk) {
  return json_response(status, json::serialize(object));
}

HttpResponse metrics_answer(std::string text) {
  HttpResponse response;
  response.status = kHttpOk;
  response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
  response.body = std::move(text);
  return response;
}

}  // namespace

HttpResponse unknown_node(const ApiContext& context, const NodeName& name) {
  constexpr std::size_t kNamesMax = 10;
  const auto& nodes = context.fleet.world().nodes;
  std::string known;
  std::size_t named = 0;
  for (const auto& [other, node] : nodes) {
    if (named++ == kNamesMax) {
      known += ", ...";
      break;
    }
    known += (known.empty() ? "" : ", ") + other;
  }
  std::string detail = "No node \"" + name + "\" is known. ";
  detail += nodes.empty()
                ? "None is: the cluster has not been listed and no agent has connected."
                : fmt::format("Known: {} ({} in all; GET /api/v1/nodes).", known, nodes.size());
  return problem_response(kHttpNotFound, "Unknown node", detail);
}

HttpResponse get_nodes(const ApiContext& context, const ApiRequest&) {
  return answer(nodes_json(context.fleet));
}

HttpResponse get_node(const ApiContext& context, const ApiRequest& request) {
  const auto found = context.fleet.world().nodes.find(request.node);
  if (found == context.fleet.world().nodes.end()) return unknown_node(context, request.node);
  auto object =
      node_json(context.fleet, found->second, want_of(context.fleet.plan(), request.node));
  object["certificate"] = certificate_json(context, request.node);
  object["pods_energy"] = pods_energy_json(context.fleet.world(), found->second);
  return answer(object);
}

HttpResponse get_explanation(const ApiContext& context, const ApiRequest& request) {
  const auto found = context.fleet.world().nodes.find(request.node);
  if (found == context.fleet.world().nodes.end()) return unknown_node(context, request.node);
  return answer(explanation_json(context.fleet, found->second));
}

HttpResponse get_pod_explanation(const ApiContext& context, const ApiRequest& request) {
  const auto* pod = find_pod(context.fleet.world(), request.ns, request.pod);
  if (pod != nullptr) return answer(pod_explanation_json(context.fleet, *pod));
  return problem_response(kHttpNotFound, "Unknown pod",
                          "No pod \"" + request.pod + "\" is seen in namespace \"" + request.ns +
                              "\"; kubectl get pods -n " + request.ns + " lists those there are.");
}

HttpResponse get_fleet(const ApiContext& context, const ApiRequest&) {
  return answer(fleet_json(context.fleet));
}

HttpResponse get_doctor(const ApiContext& context, const ApiRequest&) {
  return answer(doctor_json(context.fleet));
}

HttpResponse get_wake_bundle(const ApiContext& context, const ApiRequest&) {
  static const std::map<NodeName, json::object> none;
  return answer(wake_bundle_json(context.fleet, context.bmcs != nullptr ? *context.bmcs : none));
}

/// The kept events as a document; the stream is in events.cpp.
HttpResponse get_events(const ApiContext& context, const ApiRequest& request) {
  const auto after = resume_point(request.target.query_value("after"));
  if (!after) {
    return problem_response(kHttpBadRequest, "Bad event id", after.error().message);
  }
  json::array events;
  for (const auto& event : context.fleet.events_after(after->value_or(0))) {
    events.push_back(to_json(event));
  }
  return answer({{"events", std::move(events)}});
}

HttpResponse get_metrics(const ApiContext& context, const ApiRequest&) {
  auto counters = context.events.counters();
  counters.events_dropped = context.events_dropped();
  return metrics_answer(metrics_text(context.fleet, counters));
}

HttpResponse get_pod_metrics(const ApiContext& context, const ApiRequest&) {
  return metrics_answer(pod_metrics_text(context.fleet.world()));
}

HttpResponse get_health(const ApiContext&, const ApiRequest&) { return answer({{"status", "ok"}}); }

HttpResponse get_readiness(const ApiContext& context, const ApiRequest&) {
  const auto& world = context.fleet.world();
  json::array reasons;
  if (!world.cluster_ok) {
    reasons.emplace_back(world.cluster_problem.empty()
                             ? "the cluster has not been listed yet"
                             : "the cluster is out of reach: " + world.cluster_problem);
  }
  const bool ready = reasons.empty();
  return answer({{"status", ready ? "ready" : "not ready"}, {"reasons", std::move(reasons)}},
                ready ? kHttpOk : kHttpUnavailable);
}

}  // namespace ecokube
