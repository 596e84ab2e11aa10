// Handlers of what a person may ask of a node or of all. They put the request in and say what it
// leads to.
#include <boost/json.hpp>

#include "common/http_status.h"
#include "coordinator/api/asked_body.h"
#include "coordinator/api/json.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/times.h"

namespace ecokube {
namespace {

namespace json = boost::json;
using core::PersonVerb;

HttpResponse ask(const ApiContext& context, const ApiRequest& request, PersonVerb verb) {
  auto& fleet = context.fleet;
  const auto found = fleet.world().nodes.find(request.node);
  if (found == fleet.world().nodes.end()) return unknown_node(context, request.node);
  auto body = read_asked_body(request.body);
  if (!body) return problem_response(kHttpBadRequest, "Bad request body", body.error().message);
  core::PersonAsked asked{request.node, verb, body->by, body->reason, body->valid_for};

  const auto coming = forecast(fleet, found->second, asked);
  if (coming.when == Forecast::When::never) {
    return problem_response(kHttpConflict, "Nothing can happen", coming.text);
  }
  json::object answer{{"node", request.node},
                      {"verb", core::to_string(verb)},
                      {"by", asked.by},
                      {"state", core::to_string(state_of(fleet, found->second))},
                      {"now", coming.when == Forecast::When::now},
                      {"what_happens", coming.text},
                      {"blockers", to_json(coming.blockers)}};
  put_time(answer, "asked_at", fleet.now());
  fleet.post(std::move(asked));
  return json_response(kHttpAccepted, json::serialize(answer));
}

/// To the whole fleet, whoever leads (S27).
HttpResponse ask_fleet(const ApiContext& context, const ApiRequest& request, core::FleetVerb verb) {
  auto& fleet = context.fleet;
  auto body = read_asked_body(request.body);
  if (!body) return problem_response(kHttpBadRequest, "Bad request body", body.error().message);
  if (body->valid_for) {
    return problem_response(kHttpBadRequest, "Bad request body",
                            "a freeze has no end of its own; unfreeze ends it");
  }
  if (verb != core::FleetVerb::unfreeze && body->reason.empty()) {
    return problem_response(kHttpBadRequest, "Bad request body",
                            "give a reason: others will read why nothing is switched off");
  }
  json::object answer{{"verb", core::to_string(verb)}, {"by", body->by}, {"reason", body->reason}};
  put_time(answer, "asked_at", fleet.now());
  fleet.post(core::FleetAsked{verb, body->by, body->reason});
  return json_response(kHttpAccepted, json::serialize(answer));
}

}  // namespace

HttpResponse post_freeze(const ApiContext& context, const ApiRequest& request) {
  return ask_fleet(context, request, core::FleetVerb::freeze);
}
HttpResponse post_evacuate(const ApiContext& context, const ApiRequest& request) {
  return ask_fleet(context, request, core::FleetVerb::evacuate);
}
HttpResponse post_unfreeze(const ApiContext& context, const ApiRequest& request) {
  return ask_fleet(context, request, core::FleetVerb::unfreeze);
}
HttpResponse post_wake(const ApiContext& context, const ApiRequest& request) {
  return ask(context, request, PersonVerb::wake);
}
HttpResponse post_sleep(const ApiContext& context, const ApiRequest& request) {
  return ask(context, request, PersonVerb::sleep);
}
HttpResponse post_hold(const ApiContext& context, const ApiRequest& request) {
  return ask(context, request, PersonVerb::hold);
}
HttpResponse post_release(const ApiContext& context, const ApiRequest& request) {
  return ask(context, request, PersonVerb::release);
}
HttpResponse post_test_wake(const ApiContext& context, const ApiRequest& request) {
  return ask(context, request, PersonVerb::test_wake);
}
HttpResponse post_unquarantine(const ApiContext& context, const ApiRequest& request) {
  return ask(context, request, PersonVerb::unquarantine);
}

}  // namespace ecokube
