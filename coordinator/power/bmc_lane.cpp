#include "coordinator/power/bmc_lane.h"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/asio_tuple.h"
#include "common/backoff.h"

namespace ecokube {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr unsigned kFailuresInARow = 3;

/// It answered, and what it says of this one command is no sign of its health.
bool is_answer(Errc code) {
  return code == Errc::refused || code == Errc::conflict || code == Errc::unsupported;
}

template <class Value>
std::optional<Error> failure_of(const Result<Value>& answer) {
  if (answer) return std::nullopt;
  return answer.error();
}

bool wants_on(BmcVerb verb) { return verb == BmcVerb::on; }

}  // namespace

/// Reads and orders that are under way or wait.
struct BmcLane::Asking {
  explicit Asking(const asio::any_io_executor& executor)
      : idle(executor, Clock::time_point::max()) {}
  int count = 0;
  asio::steady_timer idle;  ///< cancelled when there are none any more
};

/// One of them, for as long as it lives; the lane may be gone before it.
class BmcLane::Counted {
 public:
  explicit Counted(std::shared_ptr<Asking> asking) : asking_(std::move(asking)) {
    ++asking_->count;
  }
  ~Counted() {
    if (--asking_->count == 0) asking_->idle.cancel();
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::shared_ptr<Asking> asking_;
};

BmcLane::BmcLane(asio::any_io_executor executor, std::unique_ptr<ManagementController> bmc,
                 std::shared_ptr<Shared> shared)
    : executor_(executor),
      bmc_(std::move(bmc)),
      shared_(std::move(shared)),
      turn_(executor, 1),
      asking_(std::make_shared<Asking>(executor)) {}

std::optional<Clock::time_point> BmcLane::left_alone_until() const {
  if (Clock::now() >= alone_until_) return std::nullopt;
  return alone_until_;
}

void BmcLane::note(const std::optional<Error>& failure) {
  if (!failure || is_answer(failure->code)) {
    failures_ = 0;
    return;
  }
  last_ = *failure;
  ++failures_;
  const bool may_lock = last_.code == Errc::unauthorized;
  if (failures_ < kFailuresInARow && !may_lock) return;
  const auto& manners = shared_->manners;
  const auto round = may_lock ? failures_ : failures_ - kFailuresInARow + 1;
  alone_until_ = Clock::now() +
                 next_delay(round, shared_->random(), manners.backoff_base, manners.backoff_max);
}

std::optional<Error> BmcLane::left_alone() const {
  const auto until = left_alone_until();
  if (!until) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::seconds>(*until - Clock::now());
  auto error = last_;
  error.message += fmt::format("; it is left alone for another {} s", left.count());
  return error;
}

asio::awaitable<void> BmcLane::close(std::chrono::milliseconds limit) {
  co_await bmc_->close(limit);
}

template <class Value>
asio::awaitable<Result<Value>> BmcLane::read(Read<Value> what) {
  if (auto alone = left_alone()) co_return std::unexpected(*std::move(alone));
  const auto ticket = co_await shared_->reads.take();
  auto answer = co_await (*bmc_.*what)(shared_->manners.call_limit);
  note(failure_of(answer));
  co_return answer;
}

asio::awaitable<void> BmcLane::wait_until_idle() {
  const auto asking = asking_;
  while (asking->count > 0) co_await asking->idle.async_wait(kTuple);
}

asio::awaitable<Result<MeasuredPower>> BmcLane::read_watts() {
  co_await wait_until_idle();
  const auto ticket = co_await shared_->watts.take();
  co_await wait_until_idle();
  if (auto alone = left_alone()) co_return std::unexpected(*std::move(alone));
  const auto turn = co_await turn_.take();
  auto answer = co_await bmc_->read_watts(shared_->manners.call_limit / 2);
  const bool answered = !answer && answer.error().code == Errc::forbidden;
  if (!answered) note(failure_of(answer));
  co_return answer;
}

asio::awaitable<Result<bool>> BmcLane::read_power() {
  const Counted first(asking_);
  const auto turn = co_await turn_.take();
  co_return co_await read(&ManagementController::read_power);
}

asio::awaitable<Result<std::string>> BmcLane::read_guid() {
  const Counted first(asking_);
  const auto turn = co_await turn_.take();
  co_return co_await read(&ManagementController::read_guid);
}

asio::awaitable<Result<void>> BmcLane::order(BmcVerb verb, std::optional<std::string> guid,
                                             MaySend may_send) {
  const Counted first(asking_);
  while (true) {
    // Not while holding the turn: reads go on between two orders.
    asio::steady_timer space(executor_, next_order_at_);
    co_await space.async_wait(asio::use_awaitable);
    const auto turn = co_await turn_.take();
    if (Clock::now() < next_order_at_) continue;  // another order went first
    co_return co_await order_now(verb, std::move(guid), std::move(may_send));
  }
}

asio::awaitable<Result<void>> BmcLane::order_now(BmcVerb verb, std::optional<std::string> guid,
                                                 MaySend may_send) {
  if (guid) {
    const auto there = co_await read(&ManagementController::read_guid);
    if (!there) co_return std::unexpected(there.error());
    if (*there != *guid) {
      co_return fail(Errc::conflict, fmt::format("{}: it says that it is \"{}\", not \"{}\"",
                                                 bmc_->text(), *there, *guid));
    }
  }
  const auto on = co_await read(&ManagementController::read_power);
  if (!on) co_return std::unexpected(on.error());
  if (*on == wants_on(verb)) co_return Result<void>{};
  const auto ticket = co_await shared_->orders.take();
  if (auto allowed = may_send(); !allowed) co_return allowed;
  auto done = co_await bmc_->order(verb, shared_->manners.call_limit);
  note(failure_of(done));
  next_order_at_ = Clock::now() + shared_->manners.order_spacing;
  co_return done;
}

}  // namespace ecokube
