#include "lab/kubelet/pod_worker.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <utility>

#include "common/asio_tuple.h"
#include "common/backoff.h"
#include "common/log.h"
#include "lab/kubelet/pod_status.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
using boost::json::value;

constexpr int kCannotStart = 128;

}  // namespace

PodWorker::PodWorker(std::shared_ptr<PodSurroundings> around, PodOrder order,
                     boost::json::object pod)
    : around_(std::move(around)),
      order_(std::move(order)),
      pod_(std::move(pod)),
      process_timer_(around_->executor),
      report_timer_(around_->executor),
      random_(std::random_device{}()) {}

void PodWorker::start(OnEnd on_end) {
  on_end_ = std::move(on_end);
  asio::co_spawn(around_->executor, run(shared_from_this()), log::thrown("pod event=worker_ended"));
  asio::co_spawn(around_->executor, report(shared_from_this()),
                 log::thrown("pod event=worker_ended"));
}

void PodWorker::update(PodOrder order, boost::json::object pod) {
  order_ = std::move(order);
  pod_ = std::move(pod);
  changed();
}

void PodWorker::vanish() {
  vanished_ = true;
  changed();
}

void PodWorker::stop() {
  stopping_ = true;
  changed();
}

/// The flags keep a change from being lost while a coroutine is busy and its timer not awaited.
void PodWorker::changed() {
  process_dirty_ = true;
  report_dirty_ = true;
  process_timer_.cancel();
  report_timer_.cancel();
}

asio::awaitable<void> PodWorker::run(Self self) {
  const auto& options = self->around_->options;
  while (true) {
    self->process_dirty_ = false;
    const PodSituation situation{self->vanished_, self->stopping_, self->around_->clock.now()};
    const auto next =
        decide(self->order_, self->process_, situation, options.restart_pause, options.stop_grace);
    if (next.step == PodStep::done && self->over()) break;
    self->perform(next.step);
    if (self->process_dirty_) continue;
    if (next.reconsider_at) {
      self->process_timer_.expires_after(*next.reconsider_at - situation.now);
    } else {
      self->process_timer_.expires_at(asio::steady_timer::time_point::max());
    }
    co_await self->process_timer_.async_wait(kTuple);
  }
  self->on_end_(self->order_.uid);
}

void PodWorker::perform(PodStep step) {
  switch (step) {
    case PodStep::wait:
    case PodStep::done: return;
    case PodStep::start: return start_process();
    case PodStep::ask_to_end:
      log::info("pod event=asked_to_end pod={}/{} grace_ms={}", order_.ns, order_.name,
                order_.grace.count());
      process_.asked_to_end_at = around_->clock.now();
      child_->signal_group(SIGTERM);
      return;
    case PodStep::kill:
      log::info("pod event=killed pod={}/{}", order_.ns, order_.name);
      process_.killed = true;
      child_->signal_group(SIGKILL);
      return;
    case PodStep::report_lost:
      log::warn("pod event=lost pod={}/{} reason=\"it ran before this kubelet started\"", order_.ns,
                order_.name);
      process_.lost = true;
      changed();
      return;
  }
}

void PodWorker::start_process() {
  if (process_.ended_at) ++process_.restarts;
  ChildOptions options;
  options.argv = order_.argv;
  options.environment = order_.environment;
  options.working_directory = order_.working_directory;
  options.output_file = around_->options.pod_dir / fmt::format("{}_{}.log", order_.ns, order_.name);
  options.die_with_parent = true;
  auto child = start_child(around_->executor, options);
  process_.asked_to_end_at.reset();
  process_.killed = false;
  if (!child) {
    log::warn("pod event=not_started pod={}/{} reason=\"{}\"", order_.ns, order_.name,
              child.error().message);
    process_.trouble = child.error().message;
    process_.exit_code = kCannotStart;
    process_.ended_at = around_->clock.now();
    changed();
    return;
  }
  child_ = *std::move(child);
  process_.trouble.clear();
  process_.running = true;
  process_.started_at = around_->clock.now();
  around_->cgroups.started(order_.uid, child_->pid());
  around_->truth.write("pod_started", {{"uid", order_.uid}, {"pid", child_->pid()}});
  log::info("pod event=started pod={}/{} pid={}", order_.ns, order_.name, child_->pid());
  asio::co_spawn(around_->executor, watch_process(shared_from_this(), child_),
                 log::thrown("pod event=worker_ended"));
  changed();
}

asio::awaitable<void> PodWorker::watch_process(Self self, std::shared_ptr<ChildProcess> child) {
  std::optional<int> exit_code;
  while (!exit_code) exit_code = co_await child->wait(std::nullopt);
  self->ended(*exit_code);
}

void PodWorker::ended(int exit_code) {
  around_->cgroups.ended(order_.uid);
  around_->truth.write("pod_ended", {{"uid", order_.uid}, {"exit_code", exit_code}});
  log::info("pod event=ended pod={}/{} exit_code={}", order_.ns, order_.name, exit_code);
  process_.running = false;
  process_.exit_code = exit_code;
  process_.ended_at = around_->clock.now();
  child_.reset();
  changed();
}

asio::awaitable<void> PodWorker::report(Self self) {
  constexpr Duration kBackoffBase{200};
  constexpr Duration kBackoffCap{5000};
  unsigned failures = 0;
  while (!self->over()) {
    self->report_dirty_ = false;
    const auto told = co_await self->tell();
    if (self->over()) co_return;
    if (!told) {
      if (failures++ == 0) {
        log::warn("pod event=not_reported pod={}/{} reason=\"{}\"", self->order_.ns,
                  self->order_.name, told.error().message);
      }
      // A change that comes meanwhile is told with the next attempt.
      self->report_timer_.expires_after(
          next_delay(failures, self->random_(), kBackoffBase, kBackoffCap));
      co_await self->report_timer_.async_wait(kTuple);
      continue;
    }
    failures = 0;
    if (self->report_dirty_) continue;
    self->report_timer_.expires_at(asio::steady_timer::time_point::max());
    co_await self->report_timer_.async_wait(kTuple);
  }
}

asio::awaitable<Result<void>> PodWorker::tell() {
  if (order_.deleting && !process_.running) co_return co_await remove_object();
  auto digest = status_digest(order_, process_);
  if (digest.empty() || digest == told_) co_return Result<void>{};
  co_return co_await tell_status(std::move(digest));
}

asio::awaitable<Result<void>> PodWorker::tell_status(std::string digest) {
  value patch(pod_status_patch(pod_, order_, process_, around_->clock.now()));
  const auto patched = co_await around_->client->merge_patch(path() + "/status", std::move(patch));
  if (patched) {
    told_ = std::move(digest);
    co_return Result<void>{};
  }
  // Gone, or another pod has its name by now: the watch will say so as well.
  const auto code = patched.error().code;
  if (code == Errc::not_found || code == Errc::conflict) {
    vanish();
    co_return Result<void>{};
  }
  co_return std::unexpected(patched.error());
}

asio::awaitable<Result<void>> PodWorker::remove_object() {
  value options(boost::json::object{{"apiVersion", "v1"},
                                    {"kind", "DeleteOptions"},
                                    {"gracePeriodSeconds", 0},
                                    {"preconditions", {{"uid", order_.uid}}}});
  const auto removed = co_await around_->client->remove(path(), std::move(options));
  const bool gone =
      removed || removed.error().code == Errc::not_found || removed.error().code == Errc::conflict;
  if (!gone) co_return std::unexpected(removed.error());
  log::info("pod event=removed pod={}/{}", order_.ns, order_.name);
  vanish();
  co_return Result<void>{};
}

std::string PodWorker::path() const {
  return fmt::format("/api/v1/namespaces/{}/pods/{}", order_.ns, order_.name);
}

}  // namespace ecokube::lab
