#include "coordinator/kubernetes/event_recorder.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "common/log.h"
#include "coordinator/kubernetes/api_client.h"
#include "coordinator/kubernetes/event_queue.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kWaitingMax = 4096;

class ApiEventRecorder final : public EventRecorder,
                               public std::enable_shared_from_this<ApiEventRecorder> {
 public:
  ApiEventRecorder(asio::any_io_executor executor, std::shared_ptr<ApiClient> client,
                   std::string reporter, std::function<TimePoint()> clock)
      : executor_(std::move(executor)),
        client_(std::move(client)),
        series_(std::move(reporter)),
        clock_(std::move(clock)) {}

  void tell(ObjectEvent event) override {
    if (stopped_) return;
    if (!waiting_.push(std::move(event))) return drop(1, "too many wait to be written");
    if (std::exchange(writing_, true)) return;
    asio::co_spawn(executor_, write_all(shared_from_this()),
                   [self = shared_from_this()](const std::exception_ptr& error) {
                     self->writing_ = false;
                     if (error) self->drop(1, "an unforeseen error");
                   });
  }
  [[nodiscard]] std::uint64_t dropped() const override { return dropped_; }
  void stop() override {
    stopped_ = true;
    waiting_.clear();
  }

 private:
  static asio::awaitable<void> write_all(std::shared_ptr<ApiEventRecorder> self) {
    while (auto next = self->waiting_.pop()) {
      auto written = co_await self->write(*next);
      // An Event lives for an hour by default, or until somebody deletes it.
      if (!written && written.error().code == Errc::not_found) {
        written = co_await self->write(*next);
      }
      if (!written) self->drop(static_cast<std::uint64_t>(next->times), written.error().message);
      if (written) self->complained_ = false;
    }
  }

  asio::awaitable<Result<void>> write(const EventQueue::Waiting& next) {
    auto wish = series_.next(next.event, clock_(), next.times);
    boost::json::value body(std::move(wish.body));
    std::string target = "/api/v1/namespaces/" + percent_encode(wish.ns) + "/events";
    Result<boost::json::value> answer;
    if (wish.create) {
      answer = co_await client_->create(std::move(target), std::move(body));
    } else {
      target += "/" + wish.name;
      answer = co_await client_->merge_patch(std::move(target), std::move(body));
    }
    if (answer) co_return Result<void>();
    series_.forget(wish.name);
    co_return std::unexpected(std::move(answer.error()));
  }

  void drop(std::uint64_t events, const std::string& why) {
    dropped_ += events;
    if (std::exchange(complained_, true)) return;
    log::warn("kubernetes event=events_dropped reason=\"{}\"", why);
  }

  asio::any_io_executor executor_;
  std::shared_ptr<ApiClient> client_;
  EventSeries series_;
  std::function<TimePoint()> clock_;
  EventQueue waiting_{kWaitingMax};
  std::uint64_t dropped_ = 0;
  bool writing_ = false;
  bool stopped_ = false;
  bool complained_ = false;
};

/// Ends the recorder with its owner, while a write may still be under way.
class Owner final : public EventRecorder {
 public:
  explicit Owner(std::shared_ptr<ApiEventRecorder> recorder) : recorder_(std::move(recorder)) {}
  ~Owner() override { recorder_->stop(); }
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  void tell(ObjectEvent event) override { recorder_->tell(std::move(event)); }
  [[nodiscard]] std::uint64_t dropped() const override { return recorder_->dropped(); }
  void stop() override { recorder_->stop(); }

 private:
  std::shared_ptr<ApiEventRecorder> recorder_;
};

}  // namespace

Result<std::unique_ptr<EventRecorder>> make_event_recorder(asio::any_io_executor executor,
                                                           Access access, std::string reporter,
                                                           std::function<TimePoint()> clock) {
  ApiLimits limits;
  limits.requests_per_s = 10;
  limits.burst = 50;
  auto client = ApiClient::make(executor, std::move(access), limits);
  if (!client) return std::unexpected(client.error());
  return std::make_unique<Owner>(std::make_shared<ApiEventRecorder>(
      std::move(executor), *std::move(client), std::move(reporter), std::move(clock)));
}

}  // namespace ecokube::kubernetes
