#include "lab/bmc/redfish_service.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/child_process.h"
#include "common/http_server.h"
#include "common/http_status.h"
#include "common/json_find.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::size_t kBodyMax = 64UL * 1024;
const std::string kRoot = "/redfish/v1";
const std::string kSystems = kRoot + "/Systems";
const std::string kSessions = kRoot + "/SessionService/Sessions";
const std::string kReset = "/Actions/ComputerSystem.Reset";

json::object object_of(const std::string& text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  return error || !value.is_object() ? json::object() : std::move(value.as_object());
}

HttpResponse not_found() {
  return redfish_no(kHttpNotFound, "ResourceMissingAtURI", "There is no such resource.");
}

std::string basic(const std::string& user, const std::string& password) {
  const auto plain = user + ":" + password;
  std::string encoded(2 * plain.size() + 4, '\0');
  const auto length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                        reinterpret_cast<const unsigned char*>(plain.data()),
                                        static_cast<int>(plain.size()));
  return "Basic " + encoded.substr(0, static_cast<std::size_t>(length));
}

/// What it is and does; what it is asked may still be under way when the service has gone.
class System : public std::enable_shared_from_this<System> {
 public:
  System(asio::any_io_executor executor, RedfishServiceOptions given)
      : options(std::move(given)), executor_(std::move(executor)) {}

  RedfishServiceOptions options;
  std::vector<std::string> requests;
  std::map<std::string, HttpResponse> next;
  std::set<std::string> sessions;
  std::string says;  ///< instead of its PowerState

  asio::awaitable<void> serve(HttpExchange& exchange) {
    const auto alive = shared_from_this();
    const std::string method(exchange.method());
    const std::string target(exchange.target());
    requests.push_back(method + " " + target);
    auto body = co_await exchange.read_body(kBodyMax);
    if (!body) co_return;
    HttpResponse answer;
    if (const auto given = next.find(method); given != next.end()) {
      answer = std::move(given->second);
      next.erase(given);
    } else if (target == kRoot && method == "GET") {
      answer = json_response(kHttpOk, R"({"@odata.id":"/redfish/v1","RedfishVersion":"1.15.0"})");
    } else if (target == kSessions && method == "POST") {
      answer = log_in(*body);
    } else if (!may(exchange)) {
      answer = redfish_no(kHttpUnauthorized, "NoValidSession", "There is no valid session.");
    } else {
      answer = co_await answer_to(method, target, std::string(exchange.header("If-Match")), *body);
    }
    (void)co_await exchange.respond(std::move(answer));
  }

 private:
  bool may(const HttpExchange& exchange) const {
    if (sessions.contains(std::string(exchange.header("X-Auth-Token")))) return true;
    return options.takes_basic &&
           exchange.header("Authorization") == basic(options.user, options.password);
  }

  HttpResponse log_in(const std::string& body) {
    const auto asked = object_of(body);
    if (find_text(asked, {"UserName"}) != options.user ||
        find_text(asked, {"Password"}) != options.password) {
      return redfish_no(kHttpUnauthorized, "ResourceAtUriUnauthorized", "Invalid credentials.");
    }
    if (sessions.size() >= options.sessions_max) {
      auto full = redfish_no(kHttpUnavailable, "CreateLimitReachedForResource", "Too many.");
      full.headers.emplace_back("Retry-After", "30");
      return full;
    }
    const auto token = fmt::format("token-{}", ++tokens_);
    sessions.insert(token);
    auto made = json_response(kHttpCreated, "{}");
    made.headers.emplace_back("X-Auth-Token", token);
    made.headers.emplace_back("Location", kSessions + "/" + token);
    return made;
  }

  HttpResponse log_out(const std::string& target) {
    if (sessions.erase(target.substr(kSessions.size() + 1)) == 0) return not_found();
    HttpResponse gone;
    gone.status = kHttpNoContent;
    return gone;
  }

  asio::awaitable<HttpResponse> answer_to(std::string method, std::string target,
                                          std::string if_match, std::string body) {
    if (target == kSystems && method == "GET") co_return collection();
    if (method == "DELETE" && target.starts_with(kSessions + "/")) co_return log_out(target);
    if (const auto other = options.resources.find(target); other != options.resources.end()) {
      co_return json_response(kHttpOk, other->second);
    }
    for (const auto& name : options.systems) {
      const auto path = kSystems + "/" + name;
      if (target == path && method == "GET") co_return co_await system(path);
      if (target != path + kReset) continue;
      if (method == "POST") co_return co_await reset(if_match, body);
      co_return redfish_no(kHttpMethodNotAllowed, "OperationNotAllowed", "Only POST.");
    }
    co_return not_found();
  }

  HttpResponse collection() const {
    json::array members;
    for (const auto& name : options.systems) {
      members.push_back(json::object{{"@odata.id", kSystems + "/" + name}});
    }
    const auto count = members.size();
    return json_response(kHttpOk, json::serialize(json::object{{"@odata.id", kSystems},
                                                               {"Members", std::move(members)},
                                                               {"Members@odata.count", count}}));
  }

  asio::awaitable<HttpResponse> system(std::string path) {
    const auto on = co_await power();
    auto state = says.empty() ? going_ : says;
    if (state.empty()) state = on ? "On" : "Off";
    json::array types;
    for (const auto& type : options.reset_types) types.emplace_back(type);
    json::object reset{{"target", path + kReset}};
    if (!types.empty()) reset["ResetType@Redfish.AllowableValues"] = std::move(types);
    json::object actions{{"#ComputerSystem.Reset", std::move(reset)}};
    json::object chassis{{"@odata.id", kRoot + "/Chassis/1"}};
    json::object links{{"Chassis", json::array{std::move(chassis)}}};
    json::object body{{"@odata.type", "#ComputerSystem.v1_20_0.ComputerSystem"},
                      {"@odata.id", path},
                      {"UUID", options.uuid},
                      {"PowerState", state},
                      {"Links", std::move(links)},
                      {"Actions", std::move(actions)}};
    auto answer = json_response(kHttpOk, json::serialize(body));
    answer.headers.emplace_back("ETag", etag());
    co_return answer;
  }

  std::string etag() const { return fmt::format("\"{}\"", resets_); }

  asio::awaitable<HttpResponse> reset(std::string if_match, std::string body) {
    if (options.wants_etag && if_match.empty()) {
      co_return redfish_no(kHttpPreconditionRequired, "PreconditionRequired", "No If-Match.");
    }
    if (!if_match.empty() && if_match != etag()) {
      co_return redfish_no(kHttpPreconditionFailed, "PreconditionFailed", "Another ETag.");
    }
    const auto asked = object_of(body);
    const std::string type(find_text(asked, {"ResetType"}));
    if (std::ranges::count(options.reset_types, type) == 0) {
      co_return redfish_no(kHttpBadRequest, "ActionParameterValueNotInList",
                           "The value '" + type + "' is not in the list of acceptable values.");
    }
    if (co_await power() == (type == "On")) {
      co_return redfish_no(kHttpConflict, "InvalidOperationForSystemState", "It is so already.");
    }
    ++resets_;
    if (!options.asynchronous) {
      const bool done = co_await carry_out(type);
      HttpResponse answer;
      answer.status = kHttpNoContent;
      if (!done) answer = redfish_no(kHttpInternalError, "InternalError", "The chassis failed.");
      co_return answer;
    }
    going_ = type == "On" ? "PoweringOn" : "PoweringOff";
    asio::co_spawn(executor_, carry_out_later(shared_from_this(), type), asio::detached);
    auto answer = json_response(kHttpAccepted, R"({"TaskState":"Running"})");
    answer.headers.emplace_back("Location", kRoot + "/TaskService/TaskMonitors/1");
    co_return answer;
  }

  static asio::awaitable<void> carry_out_later(std::shared_ptr<System> system, std::string type) {
    co_await system->carry_out(std::move(type));
  }

  asio::awaitable<bool> carry_out(std::string type) {
    std::vector<std::string> words{"set", type == "GracefulShutdown" ? "shutdown" : "power",
                                   type == "ForceOff" ? "0" : "1"};
    const auto output = co_await chassis(std::move(words));
    going_.clear();
    co_return output.has_value();
  }

  asio::awaitable<bool> power() {
    std::vector<std::string> words{"get", "power"};
    const auto output = co_await chassis(std::move(words));
    co_return output && output->starts_with("power:1");
  }

  asio::awaitable<std::optional<std::string>> chassis(std::vector<std::string> words) {
    ChildOptions called;
    called.argv = options.chassis;
    called.argv.insert(called.argv.end(), words.begin(), words.end());
    called.no_input = true;
    called.die_with_parent = true;
    called.output_bytes_max = 4096;
    const auto child = start_child(executor_, called);
    if (!child) co_return std::nullopt;
    const auto status = co_await (*child)->wait(std::nullopt);
    if (status != 0) co_return std::nullopt;
    co_return (*child)->output();
  }

  asio::any_io_executor executor_;
  std::string going_;  ///< its PowerState while an order is carried out
  int tokens_ = 0;
  int resets_ = 0;
};

class Service final : public RedfishService {
 public:
  Service(const asio::any_io_executor& executor, RedfishServiceOptions options)
      : system_(std::make_shared<System>(executor, std::move(options))) {
    auto serve = [system = system_](HttpExchange& exchange) { return system->serve(exchange); };
    server_ = make_http_server(executor, std::move(serve));
  }
  ~Service() override { server_->stop(); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Result<void> listen() {
    auto& given = system_->options;
    auto tls = make_https_server_context(given.certificate, given.key);
    if (!tls) return std::unexpected(tls.error());
    const auto port = server_->listen_tcp("127.0.0.1", given.port, *std::move(tls));
    if (!port) return std::unexpected(port.error());
    given.port = *port;
    return {};
  }

  std::uint16_t port() const override { return system_->options.port; }
  RedfishServiceOptions& options() override { return system_->options; }
  const std::vector<std::string>& requests() const override { return system_->requests; }
  void answer_next(const std::string& method, HttpResponse answer) override {
    system_->next[method] = std::move(answer);
  }
  void say_power(const std::string& state) override { system_->says = state; }
  void end_sessions() override { system_->sessions.clear(); }
  std::size_t sessions() const override { return system_->sessions.size(); }

 private:
  std::shared_ptr<System> system_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

Result<std::unique_ptr<RedfishService>> RedfishService::start(asio::any_io_executor executor,
                                                              RedfishServiceOptions options) {
  auto service = std::make_unique<Service>(executor, std::move(options));
  if (auto listening = service->listen(); !listening) return std::unexpected(listening.error());
  return service;
}

HttpResponse redfish_no(int status, const std::string& message_id, const std::string& message) {
  const auto id = "Base.1.15." + message_id;
  json::object info{{"MessageId", id}, {"Message", message}, {"Severity", "Critical"}};
  json::object error{
      {"code", id}, {"message", message}, {"@Message.ExtendedInfo", json::array{std::move(info)}}};
  return json_response(status, json::serialize(json::object{{"error", std::move(error)}}));
}

}  // namespace ecokube::lab
