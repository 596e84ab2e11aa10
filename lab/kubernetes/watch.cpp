#include "lab/kubernetes/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>

#include "common/asio_tuple.h"
#include "lab/kubernetes/reads.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

std::string event_line(std::string_view type, const json::object& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, json::serialize(object)) + "\n";
}

std::string bookmark_line(const WatchRequest& request, std::uint64_t revision, bool initial_end) {
  json::object metadata{{"resourceVersion", std::to_string(revision)},
                        {"creationTimestamp", nullptr}};
  if (initial_end) {
    metadata["annotations"] = json::object{{"k8s.io/initial-events-end", "true"}};
  }
  return event_line("BOOKMARK", {{"kind", kind_of(request.path)},
                                 {"apiVersion", request.path.api_version()},
                                 {"metadata", std::move(metadata)}});
}

/// What the event is to a watcher with selectors: an object that begins to match is ADDED, one
/// that no longer does is DELETED. Empty: nothing.
std::string_view type_for(const WatchRequest& request, const StoreEvent& event) {
  const bool matched = event.previous && request.selectors.matches(*event.previous);
  const bool matches =
      event.type != StoreEvent::Type::deleted && request.selectors.matches(*event.object);
  if (matches) return matched ? "MODIFIED" : "ADDED";
  return matched ? "DELETED" : "";
}

std::string lines_for(const WatchRequest& request, const std::vector<StoreEvent>& events) {
  std::string lines;
  for (const auto& event : events) {
    if (event.key.collection != request.path.collection()) continue;
    if (!request.path.name_space.empty() && event.key.name_space != request.path.name_space) {
      continue;
    }
    const auto type = type_for(request, event);
    if (type.empty()) continue;
    if (type != "DELETED" || event.type == StoreEvent::Type::deleted) {
      lines += event_line(type, *event.object);
      continue;
    }
    json::object last = *event.previous;  // as it was when it still matched, at this revision
    object_at(last, "metadata")["resourceVersion"] = std::to_string(event.revision);
    lines += event_line(type, last);
  }
  return lines;
}

std::string initial_lines(const Store& store, const WatchRequest& request) {
  std::string lines;
  for (const auto& object : store.list(request.path.collection(), request.path.name_space)) {
    if (request.selectors.matches(*object)) lines += event_line("ADDED", *object);
  }
  return lines;
}

}  // namespace

void CommitBell::ring() {
  for (auto* timer : waiting_) timer->cancel();
}

void CommitBell::end_watches() {
  ++era_;
  ring();
}

asio::awaitable<void> CommitBell::wait(std::chrono::milliseconds limit) {
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  struct Entry {
    std::set<asio::steady_timer*>& all;
    asio::steady_timer* timer;
    ~Entry() { all.erase(timer); }
  } entry{waiting_, &timer};
  waiting_.insert(&timer);
  (void)co_await timer.async_wait(kTuple);
}

ApiResult<WatchRequest> parse_watch(const Store& store, const ResourcePath& path,
                                    const ParsedTarget& target) {
  const auto is_true = [&](std::string_view key) {
    const auto value = target.query_value(key);
    return value == "true" || value == "1";
  };
  auto selectors = Selectors::parse(path, target.query_value("fieldSelector"),
                                    target.query_value("labelSelector"));
  if (!selectors) return std::unexpected(std::move(selectors.error()));
  WatchRequest request;
  request.path = path;
  request.selectors = *std::move(selectors);
  request.bookmarks = is_true("allowWatchBookmarks");
  request.initial_end_bookmark = request.bookmarks && is_true("sendInitialEvents");
  if (const auto seconds = target.query_value("timeoutSeconds"); !seconds.empty()) {
    const auto limit = parse_revision(seconds);
    if (!limit) return bad_request(fmt::format("timeoutSeconds is no number: '{}'", seconds));
    request.time_limit = std::chrono::seconds(*limit);
  }
  const std::string_view text = target.query_value("resourceVersion");
  const auto from = parse_revision(text.empty() ? "0" : text);
  if (!from) return bad_request(fmt::format("Invalid value: \"{}\": resourceVersion", text));
  if (*from == 0 || request.initial_end_bookmark) return request;
  if (!store.can_resume(*from)) return expired(*from, store.oldest_revision());
  request.from = *from;
  return request;
}

asio::awaitable<void> serve_watch(const Store& store, CommitBell& bell, WatchRequest request,
                                  std::chrono::milliseconds bookmark_interval,
                                  HttpExchange& exchange) {
  const auto era = bell.era();
  const auto until =
      request.time_limit ? Clock::now() + *request.time_limit : Clock::time_point::max();
  HttpHeaders headers{{"Content-Type", "application/json"}};
  std::uint64_t seen = request.from.value_or(store.revision());
  std::string lines = request.from ? std::string{} : initial_lines(store, request);
  if (request.bookmarks) {
    lines += bookmark_line(request, seen, request.initial_end_bookmark && !request.from);
  }
  auto sent = co_await exchange.begin_stream(200, std::move(headers));
  auto next_bookmark = Clock::now() + bookmark_interval;
  while (sent) {
    if (!lines.empty()) sent = co_await exchange.write(std::exchange(lines, {}));
    const auto now = Clock::now();
    if (!sent || bell.era() != era || now >= until) co_return;
    if (!store.can_resume(seen)) {
      lines = event_line("ERROR", status_object(expired(seen, store.oldest_revision()).error()));
      (void)co_await exchange.write(std::move(lines));
      co_return;
    }
    lines = lines_for(request, store.events_after(seen));
    seen = std::max(seen, store.revision());
    if (request.bookmarks && now >= next_bookmark) {
      lines += bookmark_line(request, seen, false);
      next_bookmark = now + bookmark_interval;
    }
    if (!lines.empty()) continue;
    // Without bookmarks too: the look at the clock, and a client that went, must be noticed.
    const auto wake = std::min(until, request.bookmarks ? next_bookmark : now + bookmark_interval);
    co_await bell.wait(std::chrono::ceil<std::chrono::milliseconds>(wake - now));
  }
}

}  // namespace ecokube::lab
