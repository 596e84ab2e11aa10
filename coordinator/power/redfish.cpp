#include "coordinator/power/redfish.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/http_client.h"
#include "common/http_status.h"
#include "coordinator/power/password.h"
#include "coordinator/power/redfish_power.h"
#include "coordinator/power/redfish_text.h"
#include "coordinator/power/redfish_tls.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kConnectLimit{3'000};
constexpr milliseconds kAnswerLimit{60'000};  // a call's own limit is never above
constexpr std::size_t kBodyMax = 1024UL * 1024;

class Redfish final : public ManagementController {
 public:
  Redfish(asio::any_io_executor executor, RedfishAccess access)
      : executor_(std::move(executor)), access_(std::move(access)) {}

  std::string text() const override { return "BMC " + access_.address.text(); }

  asio::awaitable<Result<bool>> read_power(milliseconds limit) override {
    auto system = co_await within(read_system(), BmcVerb::status, limit);
    if (!system) co_return std::unexpected(std::move(system.error()));
    auto on = power_of(*system);
    if (!on) co_return told(BmcVerb::status, std::move(on.error()));
    co_return on;
  }

  asio::awaitable<Result<std::string>> read_guid(milliseconds limit) override {
    auto system = co_await within(read_system(), BmcVerb::guid, limit);
    if (!system) co_return std::unexpected(std::move(system.error()));
    co_return std::move(system->guid);
  }

  asio::awaitable<Result<MeasuredPower>> read_watts(milliseconds limit) override {
    auto power = co_await within(measure(), BmcVerb::watts, limit);
    if (!power) co_return std::unexpected(std::move(power.error()));
    co_return MeasuredPower{*power, "redfish"};
  }

  asio::awaitable<Result<void>> order(BmcVerb verb, milliseconds limit) override {
    auto done = co_await within(reset(verb), verb, limit);
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return Result<void>{};
  }

 private:
  using Answer = Result<HttpResponse>;

  std::unexpected<Error> told(BmcVerb verb, Error error) const {
    return fail_while(fmt::format("{}: power {}", text(), to_string(verb)), std::move(error));
  }

  template <class Value>
  asio::awaitable<Result<Value>> within(asio::awaitable<Result<Value>> work, BmcVerb verb,
                                        milliseconds limit) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(executor_, limit);
    auto first = co_await (std::move(work) || timer.async_wait(asio::use_awaitable));
    if (first.index() == 1) {
      forget();
      const Error late{Errc::timeout, fmt::format("no end within {} ms", limit.count())};
      co_return told(verb, late);
    }
    auto result = std::get<0>(std::move(first));
    if (!result) co_return told(verb, std::move(result.error()));
    co_return result;
  }

  asio::awaitable<Result<RedfishSystem>> read_system() {
    if (path_.empty()) {
      auto path = co_await find_system();
      if (!path) co_return std::unexpected(std::move(path.error()));
      path_ = *std::move(path);
    }
    HttpRequest one;
    one.target = path_;
    auto answer = co_await send(std::move(one), RedfishCall::read);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    auto system = system_in(path_, *answer);
    if (system) system_ = *system;
    co_return system;
  }

  asio::awaitable<Result<Power>> measure() {
    if (meters_.empty()) {
      auto found = co_await find_meters();
      if (!found) co_return std::unexpected(std::move(found.error()));
      meters_ = *std::move(found);
    }
    Result<Power> power = fail(Errc::unsupported, "it has no meter");
    const auto meters = meters_;
    for (const auto& path : meters) {
      auto answer = co_await get(path);
      if (answer) {
        power = metered_in(answer->body);
      } else {
        power = std::unexpected(std::move(answer.error()));
      }
      if (power) meters_ = {path};  // only this one from now on
      if (power || power.error().code != Errc::unsupported) co_return power;
    }
    meters_.clear();
    co_return power;
  }

  /// Those of the first chassis of the system that has any.
  asio::awaitable<Result<std::vector<std::string>>> find_meters() {
    if (!system_) {
      const auto read = co_await read_system();
      if (!read) co_return std::unexpected(read.error());
    }
    Result<std::vector<std::string>> meters = fail(Errc::unsupported, "it names no chassis");
    const auto all = system_->chassis;
    for (const auto& chassis : all) {
      if (!is_redfish_path(chassis)) continue;
      auto answer = co_await get(chassis);
      if (!answer) co_return std::unexpected(std::move(answer.error()));
      meters = meters_in(answer->body);
      if (meters) break;
    }
    co_return meters;
  }

  asio::awaitable<Answer> get(std::string path) {
    HttpRequest one;
    one.target = std::move(path);
    co_return co_await send(std::move(one), RedfishCall::measure);
  }

  asio::awaitable<Result<std::string>> find_system() {
    if (!access_.system.empty()) co_return access_.system;
    HttpRequest all;
    all.target = kRedfishSystems;
    const auto answer = co_await send(std::move(all), RedfishCall::read);
    if (!answer) co_return std::unexpected(answer.error());
    co_return only_system_in(answer->body);
  }

  /// By what was read last, which is a moment ago: so that nothing but the order is sent once it
  /// may be.
  asio::awaitable<Answer> reset(BmcVerb verb) {
    if (!system_) {
      const auto read = co_await read_system();
      if (!read) co_return std::unexpected(read.error());
    }
    if (auto takes = takes_reset(*system_, verb); !takes) co_return std::unexpected(takes.error());
    HttpRequest request;
    request.method = "POST";
    request.target = system_->reset_target;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = reset_body(verb);
    auto answer = co_await send(request, RedfishCall::reset);
    const bool wants_etag =
        status_ == kHttpPreconditionFailed || status_ == kHttpPreconditionRequired;
    if (answer || !wants_etag) co_return answer;
    // It wants to hear which state of the system is meant.
    const auto now = co_await read_system();
    if (!now) co_return std::unexpected(now.error());
    const auto on = power_of(*now);
    if (!on) co_return std::unexpected(on.error());
    if (*on == (verb == BmcVerb::on)) co_return HttpResponse{};
    if (now->etag.empty()) co_return answer;
    request.headers.emplace_back("If-Match", now->etag);
    answer = co_await send(std::move(request), RedfishCall::reset);
    co_return answer;
  }

  /// An answer below 300; else the error that it is.
  asio::awaitable<Answer> send(HttpRequest request, RedfishCall call) {
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

  asio::awaitable<Result<std::pair<std::string, std::string>>> credentials() {
    using Header = std::pair<std::string, std::string>;
    if (access_.session && !token_.empty()) co_return Header("X-Auth-Token", token_);
    const auto password = read_password(access_.password);
    if (!password) co_return std::unexpected(password.error());
    if (!access_.session) {
      co_return Header("Authorization", basic_authorization(access_.user, *password));
    }
    HttpRequest login;
    login.method = "POST";
    login.target = kRedfishSessions;
    login.headers = {{"Content-Type", "application/json"}, {"OData-Version", "4.0"}};
    login.body = login_body(access_.user, *password);
    const auto answer = co_await exchange(std::move(login), RedfishCall::login);
    if (!answer) co_return std::unexpected(answer.error());
    token_ = answer->header("X-Auth-Token");
    if (token_.empty()) co_return fail(Errc::protocol, "its session has no X-Auth-Token");
    co_return Header("X-Auth-Token", token_);
  }

  asio::awaitable<Answer> exchange(HttpRequest request, RedfishCall call) {
    const auto client = client_;
    status_ = 0;
    auto answer = co_await client->request(std::move(request));
    if (!answer) {
      const auto problem = tls_.problem ? *tls_.problem : "";
      forget();
      if (!problem.empty()) co_return fail(Errc::config, problem + ", not bmc_fingerprint's");
      co_return answer;
    }
    constexpr int kRedirects = 300;
    status_ = answer->status;
    if (status_ < kRedirects) co_return answer;
    co_return std::unexpected(redfish_error(call, *answer));
  }

  Result<void> make_client() {
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

  /// After a failure another machine may be there, with another certificate.
  void forget() {
    client_.reset();
    tls_ = {};
    path_.clear();
    system_.reset();
    meters_.clear();
  }

  asio::any_io_executor executor_;
  RedfishAccess access_;
  PinnedTls tls_;
  std::shared_ptr<HttpClient> client_;
  std::string token_;  ///< of our session
  std::string path_;   ///< of the system
  std::optional<RedfishSystem> system_;
  std::vector<std::string> meters_;  ///< where its power is read; empty: not known
  int status_ = 0;                   ///< of the last answer; 0: there was none
};

}  // namespace

std::unique_ptr<ManagementController> make_redfish(asio::any_io_executor executor,
                                                   RedfishAccess access) {
  return std::make_unique<Redfish>(std::move(executor), std::move(access));
}

}  // namespace ecokube
