#include "coordinator/power/redfish.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/http_client.h"
#include "common/http_status.h"
#include "coordinator/power/redfish_link.h"
#include "coordinator/power/redfish_power.h"
#include "coordinator/power/redfish_text.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

class Redfish final : public ManagementController {
 public:
  Redfish(asio::any_io_executor executor, RedfishAccess access)
      : executor_(std::move(executor)), access_(std::move(access)), link_(executor_, access_) {}

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

  asio::awaitable<void> close(milliseconds limit) override {
    if (!link_.has_session()) co_return;
    (void)co_await within(link_.log_out(), BmcVerb::status, limit);
    forget();
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
    link_.end_at(timer.expiry());
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
        link_.status() == kHttpPreconditionFailed || link_.status() == kHttpPreconditionRequired;
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

  asio::awaitable<Answer> send(HttpRequest request, RedfishCall call) {
    auto answer = co_await link_.send(std::move(request), call);
    if (!link_.is_open()) forget();
    co_return answer;
  }

  /// After a failure another machine may be there, with another certificate.
  void forget() {
    link_.drop();
    path_.clear();
    system_.reset();
    meters_.clear();
  }

  asio::any_io_executor executor_;
  RedfishAccess access_;
  RedfishLink link_;
  std::string path_;  ///< of the system
  std::optional<RedfishSystem> system_;
  std::vector<std::string> meters_;  ///< where its power is read; empty: not known
};

}  // namespace

std::unique_ptr<ManagementController> make_redfish(asio::any_io_executor executor,
                                                   RedfishAccess access) {
  return std::make_unique<Redfish>(std::move(executor), std::move(access));
}

}  // namespace ecokube
