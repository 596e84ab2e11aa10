#include "coordinator/power/redfish_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "common/http_status.h"
#include "common/json_find.h"
#include "coordinator/power/answer_text.h"

namespace ecokube {
namespace {

namespace json = boost::json;

std::vector<std::string> texts(const json::array& array) {
  std::vector<std::string> texts;
  for (const auto& value : array) {
    if (value.is_string()) texts.emplace_back(value.as_string());
  }
  return texts;
}

/// Of the resources that are linked to.
std::vector<std::string> paths_in(const json::array& links) {
  std::vector<std::string> paths;
  for (const auto& link : links) {
    if (link.is_object()) paths.emplace_back(find_text(link.as_object(), {"@odata.id"}));
  }
  return paths;
}

struct Said {
  std::string id, text;
};

/// The first message of an error's body (DSP0266, error responses).
Said said_in(std::string_view body) {
  const auto answer = object_in(body);
  const auto& error = find_object(answer, {"error"});
  const auto& messages = find_array(error, {"@Message.ExtendedInfo"});
  if (!messages.empty() && messages.front().is_object()) {
    const auto& first = messages.front().as_object();
    return {std::string(find_text(first, {"MessageId"})),
            std::string(find_text(first, {"Message"}))};
  }
  return {std::string(find_text(error, {"code"})), std::string(find_text(error, {"message"}))};
}

/// Message ids end in their name: "Base.1.8.CreateLimitReachedForResource".
bool is_message(const Said& said, std::string_view name) {
  return said.id == name || said.id.ends_with("." + std::string(name));
}

/// Of a Retry-After, which may be a date, too (RFC 9110, 10.2.3).
std::optional<std::int64_t> seconds_in(std::string_view retry_after) {
  constexpr std::int64_t kMost = 24LL * 3600;
  std::int64_t count = 0;
  const auto* end = retry_after.data() + retry_after.size();
  const auto [read_to, error] = std::from_chars(retry_after.data(), end, count);
  if (error != std::errc{} || read_to != end || count < 0) return std::nullopt;
  return std::min(count, kMost);
}

bool not_in_this_state(const Said& said) {
  return is_message(said, "InvalidOperationForSystemState") ||
         is_message(said, "OperationNotAllowed") || is_message(said, "ResourceInStandby");
}

Errc meaning_of(RedfishCall call, const HttpResponse& answer, const Said& said) {
  const bool one_thing = call == RedfishCall::reset || call == RedfishCall::measure;
  constexpr int kRedirects = 300;
  constexpr int kServerErrors = 500;
  switch (answer.status) {
    case kHttpUnauthorized: return Errc::unauthorized;
    // Who may not even read has a password that is to be changed, or is locked out.
    case kHttpForbidden: return one_thing ? Errc::forbidden : Errc::unauthorized;
    case kHttpNotFound: return call == RedfishCall::read ? Errc::config : Errc::unsupported;
    case kHttpBadRequest:
      if (is_message(said, "CreateLimitReachedForResource")) return Errc::busy;
      return not_in_this_state(said) ? Errc::conflict : Errc::unsupported;
    case kHttpMethodNotAllowed:
    case kHttpNotImplemented: return Errc::unsupported;
    case kHttpConflict: return answer.header("Retry-After").empty() ? Errc::conflict : Errc::busy;
    case kHttpPreconditionFailed:
    case kHttpPreconditionRequired: return Errc::conflict;
    case kHttpTooManyRequests: return Errc::busy;
    default: break;
  }
  if (answer.status >= kServerErrors) return Errc::busy;
  return answer.status / 100 == kRedirects / 100 ? Errc::protocol : Errc::refused;
}

}  // namespace

json::object object_in(std::string_view body) {
  boost::system::error_code error;
  auto value = json::parse(body, error);
  if (error || !value.is_object()) return {};
  return std::move(value.as_object());
}

bool is_redfish_path(std::string_view path) {
  return path.starts_with('/') && !path.starts_with("//") &&
         std::ranges::all_of(path, [](char letter) { return letter > ' ' && letter <= '~'; });
}

Result<RedfishSystem> system_in(std::string_view path, const HttpResponse& answer) {
  const auto body = object_in(answer.body);
  RedfishSystem system;
  system.power_state = find_text(body, {"PowerState"});
  system.guid = guid_digits(find_text(body, {"UUID"})).value_or("");
  system.etag = answer.header("ETag");
  if (system.etag.empty()) system.etag = find_text(body, {"@odata.etag"});
  const auto& reset = find_object(body, {"Actions", "#ComputerSystem.Reset"});
  system.reset_target = find_text(reset, {"target"});
  system.reset_types = texts(find_array(reset, {"ResetType@Redfish.AllowableValues"}));
  system.chassis = paths_in(find_array(body, {"Links", "Chassis"}));
  if (reset.empty() && system.power_state.empty()) {
    return fail(Errc::protocol, fmt::format("{} is no ComputerSystem", path));
  }
  if (!is_redfish_path(system.reset_target)) {
    system.reset_target = fmt::format("{}/Actions/ComputerSystem.Reset", path);
  }
  return system;
}

Result<bool> power_of(const RedfishSystem& system) {
  const auto& state = system.power_state;
  if (state == "On") return true;
  if (state == "Off") return false;
  if (state == "PoweringOn" || state == "PoweringOff" || state == "Paused") {
    return fail(Errc::conflict, "it says " + state + ", which is neither on nor off");
  }
  return fail(Errc::protocol, state.empty() ? "it does not say whether the machine is on"
                                            : "\"" + one_line(state) + "\" is no PowerState");
}

Result<std::string> only_system_in(std::string_view body) {
  const auto collection = object_in(body);
  const auto* found = find(collection, {"Members"});
  if (found == nullptr || !found->is_array()) {
    return fail(Errc::protocol, fmt::format("{} is no collection", kRedfishSystems));
  }
  const auto paths = paths_in(found->get_array());
  if (paths.size() == 1 && is_redfish_path(paths[0])) return paths[0];
  return fail(Errc::config, one_line(fmt::format("it has {} systems, set bmc_system to one: {}",
                                                 paths.size(), fmt::join(paths, ", "))));
}

std::string_view reset_type(BmcVerb verb) {
  if (verb == BmcVerb::soft) return "GracefulShutdown";
  return verb == BmcVerb::off ? "ForceOff" : "On";
}

Result<void> takes_reset(const RedfishSystem& system, BmcVerb verb) {
  const auto& types = system.reset_types;
  if (types.empty() || std::ranges::count(types, reset_type(verb)) > 0) return {};
  return fail(Errc::unsupported, one_line(fmt::format("it takes {}, not {}", fmt::join(types, ", "),
                                                      reset_type(verb))));
}

std::string reset_body(BmcVerb verb) {
  return json::serialize(json::object{{"ResetType", reset_type(verb)}});
}

std::string login_body(const std::string& user, const std::string& password) {
  return json::serialize(json::object{{"UserName", user}, {"Password", password}});
}

std::string basic_authorization(const std::string& user, const std::string& password) {
  const auto plain = user + ":" + password;
  std::string encoded((plain.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a 0
  const auto length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                        reinterpret_cast<const unsigned char*>(plain.data()),
                                        static_cast<int>(plain.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return "Basic " + encoded;
}

Error redfish_error(RedfishCall call, const HttpResponse& answer) {
  const auto said = said_in(answer.body);
  Error error{meaning_of(call, answer, said), fmt::format("HTTP {}", answer.status)};
  if (!said.text.empty()) error.message += ": " + one_line(said.text);
  if (said.text.empty() && !said.id.empty()) error.message += ": " + one_line(said.id);
  if (const auto after = answer.header("Retry-After"); !after.empty()) {
    error.message += seconds_in(after)
                         ? fmt::format(" (asks to be left alone for {} s)", after)
                         : fmt::format(" (asks to be left alone until {})", one_line(after));
  }
  if (error.code == Errc::unauthorized) error.message += "; is its user or password wrong?";
  if (error.code == Errc::config) error.message += "; is bmc_system right?";
  const bool no_login = call == RedfishCall::login && error.code == Errc::unsupported;
  if (no_login) error.message += "; it may know no sessions: bmc_auth = \"basic\"";
  return error;
}

std::optional<std::chrono::seconds> again_in(const HttpResponse& answer) {
  const bool later = answer.status == kHttpTooManyRequests || answer.status == kHttpUnavailable;
  const auto count = seconds_in(answer.header("Retry-After"));
  if (!later || !count) return std::nullopt;
  return std::chrono::seconds(std::max<std::int64_t>(1, *count));
}

std::string session_path_in(const HttpResponse& answer) {
  auto path = std::string(answer.header("Location"));
  if (path.empty()) {
    const auto body = object_in(answer.body);
    path = find_text(body, {"@odata.id"});
  }
  // A whole URL is allowed; wherever it points, we ask the service that we know.
  if (const auto host = path.find("://"); host != std::string::npos) {
    const auto slash = path.find('/', host + 3);
    path = slash == std::string::npos ? "" : path.substr(slash);
  }
  return is_redfish_path(path) ? path : "";
}

}  // namespace ecokube
