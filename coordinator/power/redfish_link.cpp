#include "coordinator/power/redfish_link.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/http_status.h"
#include "coordinator/power/password.h"
#include "coordinator/power/redfish_tls.h"

namespace ecokube {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kConnectLimit{3'000};
constexpr milliseconds kAnswerLimit{60'000};  // a call's own limit is never above
constexpr std::size_t kBodyMax = 1024UL * 1024;
constexpr milliseconds kTimeToAnswer{500};  // what must be left of a call that is tried again

}  // namespace

RedfishLink::RedfishLink(asio::any_io_executor executor, RedfishAccess access)
    : executor_(std::move(executor)), access_(std::move(access)) {}

asio::awaitable<RedfishLink::Answer> RedfishLink::send(HttpRequest request, RedfishCall call) {
  if (auto ready = make_client(); !ready) co_return std::unexpected(ready.error());
  request.headers.emplace_back("Accept", "application/json");
  request.headers.emplace_back("OData-Version", "4.0");
  for (int attempt = 0;; ++attempt) {
    const bool fresh = token_.empty();
    auto login = co_await credentials();
    if (!login) co_return std::unexpected(std::move(login.error()));
    auto sent = request;
    sent.headers.push_back(*std::move(login));
    auto answer = co_await exchange(std::move(sent), call);
    const bool over = status_ == kHttpUnauthorized && access_.session && !fresh && attempt == 0;
    if (!over) co_return answer;
    token_.clear();  // its session is over: one more, and only one
  }
}

asio::awaitable<Result<RedfishLink::Header>> RedfishLink::credentials() {
  if (access_.session && !token_.empty()) co_return Header("X-Auth-Token", token_);
  auto password = read_password(access_.password);
  if (!password) co_return std::unexpected(std::move(password.error()));
  if (access_.session) co_return co_await log_in(*std::move(password));
  co_return Header("Authorization", basic_authorization(access_.user, *password));
}

asio::awaitable<Result<RedfishLink::Header>> RedfishLink::log_in(std::string password) {
  HttpRequest login;
  login.method = "POST";
  login.target = kRedfishSessions;
  login.headers = {{"Content-Type", "application/json"}, {"OData-Version", "4.0"}};
  login.body = login_body(access_.user, password);
  const auto answer = co_await exchange(std::move(login), RedfishCall::login);
  if (!answer) co_return std::unexpected(answer.error());
  token_ = answer->header("X-Auth-Token");
  session_ = session_path_in(*answer);
  if (token_.empty()) co_return fail(Errc::protocol, "its session has no X-Auth-Token");
  co_return Header("X-Auth-Token", token_);
}

asio::awaitable<RedfishLink::Answer> RedfishLink::log_out() {
  HttpRequest request;
  request.method = "DELETE";
  request.target = std::exchange(session_, {});
  request.headers = {{"OData-Version", "4.0"}, {"X-Auth-Token", std::exchange(token_, {})}};
  if (request.target.empty()) co_return fail(Errc::unsupported, "it did not say where it is");
  if (auto ready = make_client(); !ready) co_return std::unexpected(ready.error());
  co_return co_await exchange(std::move(request), RedfishCall::login);
}

asio::awaitable<RedfishLink::Answer> RedfishLink::exchange(HttpRequest request, RedfishCall call) {
  while (true) {
    auto one = request;
    auto answer = co_await exchange_once(std::move(one), call);
    if (answer || !again_in_) co_return answer;
    asio::steady_timer pause(executor_, *again_in_);
    if (pause.expiry() + kTimeToAnswer > end_) co_return answer;
    co_await pause.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<RedfishLink::Answer> RedfishLink::exchange_once(HttpRequest request,
                                                                RedfishCall call) {
  const auto client = client_;
  status_ = 0;
  again_in_.reset();
  if (!client) co_return fail(Errc::unreachable, "its link was closed meanwhile");
  auto answer = co_await client->request(std::move(request));
  if (!answer) {
    const auto problem = tls_.problem ? *tls_.problem : "";
    drop();
    if (!problem.empty()) co_return fail(Errc::config, problem + ", not bmc_fingerprint's");
    co_return answer;
  }
  constexpr int kRedirects = 300;
  status_ = answer->status;
  if (status_ < kRedirects) co_return answer;
  again_in_ = again_in(*answer);
  co_return std::unexpected(redfish_error(call, *answer));
}

Result<void> RedfishLink::make_client() {
  if (client_) return {};
  auto tls = make_redfish_tls(access_.trust);
  if (!tls) return std::unexpected(tls.error());
  tls_ = *std::move(tls);
  HttpEndpoint endpoint;
  endpoint.host = access_.address.host;
  endpoint.port = access_.address.port;
  endpoint.tls = tls_.context;
  HttpLimits limits;
  limits.connect_timeout = kConnectLimit;
  limits.response_timeout = kAnswerLimit;
  limits.body_bytes_max = kBodyMax;
  client_ = make_http_client(executor_, std::move(endpoint), limits);
  return {};
}

void RedfishLink::drop() {
  client_.reset();
  tls_ = {};
}

}  // namespace ecokube
