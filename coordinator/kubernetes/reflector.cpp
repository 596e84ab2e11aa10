#include "coordinator/kubernetes/reflector.h"

#include <fmt/format.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <exception>
#include <utility>

#include "common/asio_tuple.h"
#include "common/backoff.h"
#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;

/// A watch that lived for so long was a good one, whatever it brought.
constexpr std::chrono::milliseconds kGoodWatch{1000};
constexpr unsigned kListsRestartedMax = 3;

}  // namespace

Reflector::Reflector(std::shared_ptr<ApiClient> client, asio::any_io_executor executor,
                     ReflectorOptions options, Callbacks callbacks)
    : client_(std::move(client)),
      executor_(std::move(executor)),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      random_(std::random_device{}()) {}

void Reflector::start() {
  stop();
  auto cancel = std::make_shared<asio::cancellation_signal>();
  cancel_ = cancel;
  auto done = [cancel, what = "kubernetes event=watcher_ended path=" + options_.path](
                  const std::exception_ptr& error) { log::thrown_unless_cancelled(what, error); };
  asio::co_spawn(executor_, run(shared_from_this(), run_),
                 asio::bind_cancellation_slot(cancel->slot(), std::move(done)));
}

void Reflector::list_anew() { start(); }

void Reflector::stop() {
  ++run_;
  if (!cancel_) return;
  // Posted: stop() may be called from a callback, in the middle of the coroutine it cancels.
  asio::post(executor_, [cancel = std::exchange(cancel_, nullptr)] {
    cancel->emit(asio::cancellation_type::terminal);
  });
}

asio::awaitable<void> Reflector::run(std::shared_ptr<Reflector> self, Run run) {
  unsigned failures = 0;
  while (self->current(run)) {
    const auto listed = co_await self->list(run);
    if (!self->current(run)) co_return;
    if (!listed) {
      self->callbacks_.interrupted(listed.error());
      co_await self->back_off(++failures);
      continue;
    }
    self->callbacks_.listed(*listed);
    const auto begun = std::chrono::steady_clock::now();
    const auto why = co_await self->watch(run, *listed);
    if (!self->current(run)) co_return;
    self->callbacks_.interrupted(why);
    if (std::chrono::steady_clock::now() - begun > self->options_.backoff_cap) failures = 0;
    if (why.code == Errc::gone && failures == 0) continue;
    if (self->current(run)) co_await self->back_off(++failures);
  }
}

asio::awaitable<Result<core::Revision>> Reflector::list(Run run) {
  for (unsigned attempt = 1;; ++attempt) {
    callbacks_.list_begun();
    std::string next;
    Result<core::Revision> page = co_await list_page(run, &next);
    while (page && !next.empty() && current(run)) page = co_await list_page(run, &next);
    // A list in pages whose snapshot was dropped meanwhile starts again at its first page.
    const bool expired = !page && page.error().code == Errc::gone;
    if (!expired || attempt >= kListsRestartedMax || !current(run)) co_return page;
  }
}

asio::awaitable<Result<core::Revision>> Reflector::list_page(Run run, std::string* next) {
  auto target = fmt::format("{}?limit={}", options_.path, options_.page);
  if (!options_.selector.empty()) target += "&" + options_.selector;
  if (!next->empty()) target += "&continue=" + percent_encode(*next);
  const auto page = co_await client_->get(std::move(target));
  if (!page) co_return std::unexpected(page.error());
  const auto& fields = page->get_object();
  const auto revision = revision_of(fields);
  if (revision <= 0) {
    co_return fail(Errc::protocol, fmt::format("the list {} has no resourceVersion that is a "
                                               "number",
                                               options_.path));
  }
  for (const auto& entry : find_array(fields, {"items"})) {
    if (!current(run)) break;
    if (const auto* thing = entry.if_object()) callbacks_.item(*thing);
  }
  *next = find_text(fields, {"metadata", "continue"});
  co_return revision;
}

asio::awaitable<Error> Reflector::watch(Run run, core::Revision from) {
  unsigned failures = 0;
  while (current(run)) {
    const auto watched = co_await watch_once(run, &from);
    if (!current(run)) break;
    if (watched.lived) failures = 0;
    if (watched.ended && watched.lived) continue;
    Error why = watched.ended ? Error{Errc::unreachable,
                                      fmt::format("the watch of {} ended at once", options_.path)}
                              : watched.ended.error();
    if (why.code == Errc::gone) co_return why;
    // The first break is resumed at once: a proxy or a server that restarts loses connections.
    if (++failures > 1) co_return why;
    log::debug("kubernetes event=watch_resumed path={} revision={} reason=\"{}\"", options_.path,
               from, why.message);
  }
  co_return Error{Errc::unreachable, "stopped"};
}

asio::awaitable<Reflector::Watched> Reflector::watch_once(Run run, core::Revision* from) {
  auto target =
      fmt::format("{}?watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
                  options_.path, *from, options_.watch_time.count());
  if (!options_.selector.empty()) target += "&" + options_.selector;
  WatchDecoder::Sink sink{[this, run](ChangeType type, const boost::json::object& thing) {
                            if (current(run)) callbacks_.changed(type, thing);
                          },
                          [this, run](core::Revision revision) {
                            if (current(run)) callbacks_.bookmark(revision);
                          }};
  WatchDecoder decoder(std::move(sink), *from);
  Result<void> decoded;
  HttpClient::OnBytes on_bytes = [this, run, &decoder, &decoded](std::string_view bytes) {
    decoded = decoder.feed(bytes);
    return decoded.has_value() && current(run);
  };
  const auto begun = std::chrono::steady_clock::now();
  Watched watched;
  watched.ended = co_await client_->watch(std::move(target), std::move(on_bytes));
  if (!decoded) watched.ended = decoded;
  // A failure without any event counts as alive only after longer than a connection attempt takes.
  const auto good = watched.ended ? kGoodWatch : kGoodWatch + client_->limits().connect_timeout;
  watched.lived = decoder.events() > 0 || std::chrono::steady_clock::now() - begun > good;
  *from = decoder.revision();
  co_return watched;
}

asio::awaitable<void> Reflector::back_off(unsigned attempt) {
  asio::steady_timer timer(executor_);
  timer.expires_after(next_delay(attempt, random_(), options_.backoff_base, options_.backoff_cap));
  co_await timer.async_wait(kTuple);
}

}  // namespace ecokube::kubernetes
