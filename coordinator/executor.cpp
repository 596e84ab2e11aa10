#include "coordinator/executor.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "common/log.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using core::Outcome;
using core::Step;
using core::StepEnded;
using core::Verb;

/// Above every adapter's own limit; reached only when one of them hangs.
constexpr std::chrono::seconds kStepLimit{90};

StepEnded failed(const Step& step, const Error& error) {
  StepEnded ended;
  ended.id = step.id;
  ended.outcome = error.code == Errc::refused ? Outcome::refused : Outcome::failed;
  ended.message = error.message;
  return ended;
}

StepEnded done(const Step& step, core::Revision revision = 0) {
  StepEnded ended;
  ended.id = step.id;
  ended.outcome = Outcome::done;
  ended.revision = revision;
  return ended;
}

StepEnded from(const Step& step, const Result<core::Revision>& revision) {
  return revision ? done(step, *revision) : failed(step, revision.error());
}

StepEnded from(const Step& step, const Result<void>& result) {
  return result ? done(step) : failed(step, result.error());
}

}  // namespace

void Executor::start(Step step) {
  if (!in_flight_.insert(step.id).second) return;
  auto on_end = [this, step](std::exception_ptr error, StepEnded ended) {
    if (error) {
      const Error unforeseen{Errc::io, "an unforeseen error stopped this step"};
      ended = failed(step, unforeseen);
      log::thrown(fmt::format("step={} failed", step.id.text()), error);
    }
    finish(step, std::move(ended));
  };
  asio::co_spawn(executor_, perform(std::move(step)), std::move(on_end));
}

void Executor::finish(const Step& step, StepEnded ended) {
  in_flight_.erase(step.id);
  if (core::is_grave(step.id.verb)) {
    ports_.store.write_outcome(step.id, std::string(to_string(ended.outcome)), clock_());
  }
  ended_(std::move(ended));
}

asio::awaitable<StepEnded> Executor::perform(Step step) {
  using namespace asio::experimental::awaitable_operators;
  if (core::is_grave(step.id.verb)) {
    const auto written = co_await ports_.store.write_intent(step, clock_());
    if (!written) co_return failed(step, written.error());
    if (!leads_(step.fence, Duration(0))) {
      const Error late{Errc::conflict, "the Lease was lost before it was sent"};
      co_return failed(step, late);
    }
  }
  asio::steady_timer limit(executor_, kStepLimit);
  auto result = co_await (act(step) || limit.async_wait(asio::use_awaitable));
  if (result.index() == 0) co_return std::get<0>(std::move(result));
  const Error error{Errc::timeout, "not finished within its time limit"};
  co_return failed(step, error);
}

asio::awaitable<StepEnded> Executor::bind(const Step& step) {
  const auto& wanted = std::get<core::BindPod>(step.action);
  if (!leads_(step.fence, Duration(0))) {
    const Error late{Errc::refused, "the Lease was lost before it was sent"};
    co_return failed(step, late);
  }
  const auto bound = co_await ports_.cluster.bind(wanted);
  auto ended = from(step, bound);
  if (bound) {
    ended.message =
        fmt::format("assigned {}/{} to {}", wanted.pod.ns, wanted.pod.name, wanted.node);
  }
  co_return ended;
}

asio::awaitable<Result<void>> Executor::wake(const Step& step) {
  const auto& order = std::get<core::WakeNode>(step.action);
  if (step.jitter > Duration(0)) {  // one of many: their power supplies should not start as one
    asio::steady_timer held_back(executor_, step.jitter);
    co_await held_back.async_wait(asio::use_awaitable);
  }
  if (core::by_bmc(order.method)) {
    co_return co_await ports_.bmcs.power_on(step.id.subject);
  }
  const auto secure_on = ports_.power.secure_on_of(order);
  const RelayedPackets packets{order.macs, secure_on.value_or(std::nullopt), order.raw};
  bool relayed = false;
  for (const auto& relay : order.relays) {
    relayed = ports_.agents.relay(relay, packets).has_value() || relayed;
  }
  auto sent = co_await ports_.power.wake(order, secure_on);
  // A card that wants a password hears no packet without it.
  if (!secure_on) co_return fail_while("waking without its SecureOn password", secure_on.error());
  // By any of both ways it is on its way.
  if (relayed) co_return Result<void>();
  co_return sent;
}

/// No BMC knows a fence: a claim on the Node that only one can win, and a Lease that outlasts the
/// call, stand for it (S5).
asio::awaitable<Result<void>> Executor::power_off(const Step& step) {
  const auto claimed = co_await ports_.cluster.claim(step);
  if (!claimed) co_return std::unexpected(claimed.error());
  const auto& off = std::get<core::PowerOff>(step.action);
  auto may_send = [this, fence = step.fence](std::chrono::milliseconds needed) {
    return leads_(fence, needed);
  };
  BmcControl::MaySend ask(std::move(may_send));
  co_return co_await ports_.bmcs.power_off(step.id.subject, off.hard, off.guid, std::move(ask));
}

asio::awaitable<StepEnded> Executor::act(const Step& step) {
  switch (step.id.verb) {
    case Verb::mark: co_return from(step, co_await ports_.cluster.mark(step));
    case Verb::evict:
      co_return from(step, co_await ports_.cluster.evict(std::get<core::EvictPods>(step.action)));
    case Verb::record_freeze:
      co_return from(step, co_await ports_.cluster.record_freeze(
                               std::get<core::RecordFreeze>(step.action).text));
    case Verb::out_of_service:
    case Verb::in_service: co_return from(step, co_await ports_.cluster.set_service(step));
    case Verb::unmark: co_return from(step, co_await ports_.cluster.unmark(step));
    case Verb::record_off:
    case Verb::record_wake:
    case Verb::quarantine:
    case Verb::record_hold:
    case Verb::record_request: co_return from(step, co_await ports_.cluster.annotate(step));
    case Verb::shutdown: co_return from(step, co_await ports_.agents.shutdown(step));
    case Verb::wake: co_return from(step, co_await wake(step));
    case Verb::power_off: co_return from(step, co_await power_off(step));
    case Verb::scale:
      co_return from(step,
                     co_await ports_.cluster.scale(std::get<core::ScaleWorkload>(step.action)));
    case Verb::bind: co_return co_await bind(step);
    case Verb::report_unschedulable:
      co_return from(
          step, co_await ports_.cluster.report(std::get<core::ReportUnschedulable>(step.action)));
    case Verb::soft_taint: co_return from(step, co_await ports_.cluster.soft_taint(step));
    case Verb::list_pods: break;
  }
  const auto min_revision = std::get<core::ListPods>(step.action).min_revision;
  auto listed = co_await ports_.cluster.list_pods(step.id.subject, min_revision);
  if (!listed) co_return failed(step, listed.error());
  StepEnded ended = done(step, listed->revision);
  ended.pods = std::move(listed->pods);
  co_return ended;
}

}  // namespace ecokube
