#include "coordinator/kubernetes/api_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <utility>

#include "common/asio_tuple.h"
#include "common/log.h"
#include "common/whole_file.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr int kFirstErrorStatus = 300;
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kStrategicPatch = "application/strategic-merge-patch+json";

Errc kind_of(int status) {
  switch (status) {
    case 400:
    case 415:
    case 422: return Errc::invalid;
    case 401: return Errc::unauthorized;
    case 403: return Errc::forbidden;
    case 404: return Errc::not_found;
    case 409: return Errc::conflict;
    case 410: return Errc::gone;
    case 413: return Errc::too_large;
    case 429: return Errc::busy;
    case 408:
    case 504: return Errc::timeout;
    default: return status >= 500 ? Errc::unreachable : Errc::refused;
  }
}

/// What the server said in a Status object, else the first line of the body.
struct Said {
  std::string message;
  bool by_a_budget = false;  ///< a PodDisruptionBudget does not allow an eviction
};

Said read_status(const std::string& body) {
  constexpr std::size_t kShownMax = 300;
  boost::system::error_code broken;
  const auto parsed = boost::json::parse(body, broken);
  const auto* status = broken ? nullptr : parsed.if_object();
  Said said;
  if (status != nullptr) said.message = find_text(*status, {"message"});
  if (said.message.empty()) said.message = body.substr(0, body.find('\n'));
  said.message.resize(std::min(said.message.size(), kShownMax));
  if (status == nullptr) return said;
  for (const auto& entry : find_array(*status, {"details", "causes"})) {
    const auto* cause = entry.if_object();
    if (cause == nullptr || find_text(*cause, {"reason"}) != "DisruptionBudget") continue;
    said.by_a_budget = true;
    said.message = find_text(*cause, {"message"}).substr(0, kShownMax);
  }
  return said;
}

HttpEndpoint endpoint_of(const Access& access, TlsContext tls) {
  HttpEndpoint endpoint;
  endpoint.host = access.host;
  endpoint.port = access.port;
  endpoint.tls = std::move(tls);
  endpoint.tls_name = access.tls_server_name;
  return endpoint;
}

HttpLimits limits_of(const ApiLimits& limits) {
  HttpLimits result;
  result.connect_timeout = limits.connect_timeout;
  result.response_timeout = limits.response_timeout;
  result.idle_timeout = limits.watch_silence;
  return result;
}

}  // namespace

Result<std::shared_ptr<ApiClient>> ApiClient::make(asio::any_io_executor executor, Access access,
                                                   ApiLimits limits) {
  TlsContext tls;
  if (access.tls) {
    auto made = make_https_client_context(access.identity);
    if (!made) return fail_while(access.source, made.error());
    tls = std::move(*made);
  }
  return std::make_shared<ApiClient>(std::move(executor), std::move(access), limits,
                                     std::move(tls));
}

ApiClient::ApiClient(asio::any_io_executor executor, Access access, ApiLimits limits,
                     TlsContext tls)
    : executor_(std::move(executor)),
      access_(std::move(access)),
      rotation_(access_),
      limits_(limits),
      server_(endpoint_of(access_, tls).text()),
      http_(make_http_client(executor_, endpoint_of(access_, tls), limits_of(limits))),
      watch_http_(make_http_client(executor_, endpoint_of(access_, tls), limits_of(limits))) {}

ApiClient::Awaitable<Result<ApiClient::Json>> ApiClient::get(std::string target) {
  return send("GET", std::move(target), {}, {});
}

ApiClient::Awaitable<Result<ApiClient::Json>> ApiClient::create(std::string target, Json body) {
  return send("POST", std::move(target), boost::json::serialize(body), std::string(kJson));
}

ApiClient::Awaitable<Result<ApiClient::Json>> ApiClient::replace(std::string target, Json body) {
  return send("PUT", std::move(target), boost::json::serialize(body), std::string(kJson));
}

ApiClient::Awaitable<Result<ApiClient::Json>> ApiClient::merge_patch(std::string target,
                                                                     Json patch) {
  return send("PATCH", std::move(target), boost::json::serialize(patch), std::string(kMergePatch));
}

ApiClient::Awaitable<Result<ApiClient::Json>> ApiClient::strategic_patch(std::string target,
                                                                         Json patch) {
  return send("PATCH", std::move(target), boost::json::serialize(patch),
              std::string(kStrategicPatch));
}

ApiClient::Awaitable<Result<ApiClient::Json>> ApiClient::remove(std::string target, Json options) {
  std::string body = options.is_null() ? std::string() : boost::json::serialize(options);
  std::string content_type = body.empty() ? std::string() : std::string(kJson);
  return send("DELETE", std::move(target), std::move(body), std::move(content_type));
}

ApiClient::Awaitable<Result<ApiClient::Json>> ApiClient::send(std::string method,
                                                              std::string target, std::string body,
                                                              std::string content_type) {
  const auto what = fmt::format("{} {}{}", method, server_, target);
  auto turn = co_await wait_for_turn();
  if (!turn) co_return fail_while(what, turn.error());
  auto request = prepare(std::move(method), target);
  if (!content_type.empty()) request.headers.emplace_back("Content-Type", std::move(content_type));
  request.body = std::move(body);
  const auto response = co_await http_->request(std::move(request));
  if (!response) co_return std::unexpected(response.error());
  if (response->status >= kFirstErrorStatus) co_return std::unexpected(explain(what, *response));
  boost::system::error_code broken;
  auto parsed = boost::json::parse(
      response->body, broken, boost::json::make_shared_resource<boost::json::monotonic_resource>());
  if (broken || !parsed.is_object()) {
    co_return fail(Errc::protocol, fmt::format("{}: the answer is no JSON object", what));
  }
  co_return parsed;
}

ApiClient::Awaitable<Result<void>> ApiClient::watch(std::string target,
                                                    HttpClient::OnBytes on_bytes) {
  const auto what = fmt::format("watch {}{}", server_, target.substr(0, target.find('?')));
  auto turn = co_await wait_for_turn();
  if (!turn) co_return fail_while(what, turn.error());
  auto request = prepare("GET", target);
  const auto response = co_await watch_http_->stream(std::move(request), std::move(on_bytes));
  if (!response) co_return std::unexpected(response.error());
  if (response->status >= kFirstErrorStatus) co_return std::unexpected(explain(what, *response));
  co_return Result<void>{};
}

ApiClient::Awaitable<Result<void>> ApiClient::wait_for_turn() {
  const auto between = std::chrono::nanoseconds(std::chrono::seconds(1)) / limits_.requests_per_s;
  const auto now = Clock::now();
  const auto earliest = now - between * limits_.burst;
  next_turn_ = std::max(next_turn_ + between, earliest);
  const auto turn = std::max(next_turn_, not_before_);
  if (turn > now) {
    if (waiting_ >= limits_.waiting_max) {
      co_return fail(Errc::busy, "too many requests wait for their turn");
    }
    struct Waiting {
      std::int64_t& count;
      explicit Waiting(std::int64_t& c) : count(++c) {}
      Waiting(const Waiting&) = delete;
      Waiting& operator=(const Waiting&) = delete;
      ~Waiting() { --count; }
    };
    const Waiting counted(waiting_);
    asio::steady_timer timer(executor_, turn);
    co_await timer.async_wait(kTuple);
  }
  ++requests_;
  co_return Result<void>{};
}

void ApiClient::rotate() {
  auto renewed = rotation_.look(access_);
  if (!renewed) return;
  access_.identity = std::move(renewed->access.identity);
  access_.token = std::move(renewed->access.token);
  access_.token_file = std::move(renewed->access.token_file);
  if (!renewed->tls) return;
  http_->use_tls(renewed->tls);
  watch_http_->use_tls(renewed->tls);
}

HttpRequest ApiClient::prepare(std::string method, const std::string& target) {
  rotate();
  HttpRequest request;
  request.method = std::move(method);
  request.target = access_.path_prefix + target;
  request.headers.emplace_back("Accept", kJson);
  request.headers.emplace_back("User-Agent", "ecokube");
  if (auto token = bearer_token(); !token.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + token);
  }
  return request;
}

std::string ApiClient::bearer_token() {
  if (access_.token_file.empty()) return access_.token;
  std::error_code failed;
  const auto written = std::filesystem::last_write_time(access_.token_file, failed);
  if (!failed && token_read_at_ == written) return token_;
  auto token = read_whole_file(access_.token_file).value_or("");
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) {
    token.pop_back();
  }
  if (failed || token.empty()) {
    // Being rotated, perhaps: the old one may still be good, and a 401 will tell.
    log::warn("kubernetes event=token_file_unreadable file={}", access_.token_file.string());
    return token_;
  }
  token_ = std::move(token);
  token_read_at_ = written;
  return token_;
}

Error ApiClient::explain(const std::string& what, const HttpResponse& response) {
  constexpr std::int64_t kRetryAfterMax = 30;
  const auto said = read_status(response.body);
  Error error{said.by_a_budget ? Errc::refused : kind_of(response.status),
              fmt::format("{}: {} {}", what, response.status, said.message)};
  if (error.code == Errc::unauthorized) {
    error.message += fmt::format(" (the credentials of {} are not accepted)", access_.source);
  } else if (error.code == Errc::forbidden) {
    error.message += fmt::format(" (the user of {} lacks this right)", access_.source);
  }
  if (said.by_a_budget) return error;  // its Retry-After is about that eviction alone
  const auto text = response.header("Retry-After");
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (seconds > 0) {
    not_before_ = Clock::now() + std::chrono::seconds(std::min(seconds, kRetryAfterMax));
  }
  return error;
}

}  // namespace ecokube::kubernetes
