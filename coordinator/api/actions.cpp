// Handlers of what a person may ask of a node. They put the request in and say what it leads to.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "coordinator/api/json.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/times.h"

namespace ecokube {
namespace {

namespace json = boost::json;
using core::PersonVerb;

constexpr int kAccepted = 202;
constexpr int kBadRequest = 400;
constexpr int kConflict = 409;
constexpr std::size_t kByBytesMax = 100;
constexpr std::size_t kReasonBytesMax = 500;
constexpr std::int64_t kForMax_s = 366LL * 24 * 3600;

/// A string that goes into logs and annotations: bounded, one line.
Result<std::string> line(const json::object& from, std::string_view key, std::size_t bytes_max) {
  const auto* value = from.if_contains(key);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return fail(Errc::invalid, fmt::format("\"{}\" must be a string", key));
  const std::string text(value->get_string());
  if (text.size() > bytes_max) {
    return fail(Errc::invalid, fmt::format("\"{}\" is longer than {} bytes", key, bytes_max));
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, control)) {
    return fail(Errc::invalid, fmt::format("\"{}\" must be one line of text", key));
  }
  return text;
}

Result<std::optional<Duration>> valid_for(const json::object& from) {
  const auto* value = from.if_contains("for_s");
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto* seconds = value->if_int64();
  if (seconds == nullptr || *seconds < 1 || *seconds > kForMax_s) {
    return fail(Errc::invalid,
                fmt::format("\"for_s\" must be whole seconds from 1 to {}", kForMax_s));
  }
  return std::chrono::seconds(*seconds);
}

Result<core::PersonAsked> read_body(const NodeName& node, PersonVerb verb, std::string_view body) {
  core::PersonAsked asked{node, verb, "root", "", std::nullopt};
  if (body.empty()) return asked;
  boost::system::error_code error;
  const auto parsed = json::parse(body, error);
  if (error || !parsed.is_object()) {
    return fail(Errc::invalid, R"(the body must be a JSON object, e.g. {"reason": "disk swap"})");
  }
  const auto& object = parsed.get_object();
  for (const auto& [key, value] : object) {
    if (key != "reason" && key != "for_s" && key != "by") {
      return fail(Errc::invalid, fmt::format("\"{}\" is not known here; reason, for_s and by are",
                                             std::string_view(key)));
    }
  }
  auto by = line(object, "by", kByBytesMax);
  if (!by) return std::unexpected(by.error());
  if (!by->empty()) asked.by = std::move(*by);
  auto reason = line(object, "reason", kReasonBytesMax);
  if (!reason) return std::unexpected(reason.error());
  asked.reason = std::move(*reason);
  auto stay = valid_for(object);
  if (!stay) return std::unexpected(stay.error());
  asked.valid_for = *stay;
  return asked;
}

HttpResponse ask(const ApiContext& context, const ApiRequest& request, PersonVerb verb) {
  auto& fleet = context.fleet;
  const auto found = fleet.world().nodes.find(request.node);
  if (found == fleet.world().nodes.end()) return unknown_node(context, request.node);
  auto asked = read_body(request.node, verb, request.body);
  if (!asked) return problem_response(kBadRequest, "Bad request body", asked.error().message);

  const auto coming = forecast(fleet, found->second, *asked);
  if (coming.when == Forecast::When::never) {
    return problem_response(kConflict, "Nothing can happen", coming.text);
  }
  json::object answer{{"node", request.node},
                      {"verb", core::to_string(verb)},
                      {"by", asked->by},
                      {"state", core::to_string(state_of(fleet, found->second))},
                      {"now", coming.when == Forecast::When::now},
                      {"what_happens", coming.text},
                      {"blockers", to_json(coming.blockers)}};
  put_time(answer, "asked_at", fleet.now());
  fleet.post(std::move(*asked));
  return json_response(kAccepted, json::serialize(answer));
}

}  // namespace

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

}  // namespace ecokube
