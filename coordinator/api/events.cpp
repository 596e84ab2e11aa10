#include "coordinator/api/events.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <deque>
#include <utility>

#include "common/asio_tuple.h"
#include "common/http_status.h"
#include "coordinator/api/json.h"

namespace ecokube {

namespace asio = boost::asio;

/// One reader of the stream.
struct EventClient {
  explicit EventClient(const asio::any_io_executor& executor) : bell(executor) {}
  std::deque<std::string> queue;
  bool cut = false;     // too slow
  bool closed = false;  // the coordinator ends
  asio::steady_timer bell;
};

EventHub::EventHub(asio::any_io_executor executor, Fleet& fleet, std::size_t queue_max,
                   std::chrono::milliseconds keep_alive)
    : executor_(std::move(executor)),
      fleet_(&fleet),
      queue_max_(queue_max),
      keep_alive_(keep_alive),
      subscription_(fleet.subscribe([this](const FleetEvent& event) { hand_out(event); })) {}

EventHub::~EventHub() { close(); }

void EventHub::close() {
  if (fleet_ == nullptr) return;
  fleet_->unsubscribe(subscription_);
  fleet_ = nullptr;
  for (const auto& client : std::exchange(clients_, {})) {
    client->closed = true;
    client->bell.cancel();
  }
}

void EventHub::hand_out(const FleetEvent& event) {
  count(counters_, event);
  if (clients_.empty()) return;
  const auto text = to_event_stream(event);
  for (const auto& client : clients_) {
    if (client->cut) continue;
    if (client->queue.size() >= queue_max_) {
      client->cut = true;
      client->queue.clear();
    } else {
      client->queue.push_back(text);
    }
    client->bell.cancel();
  }
}

std::shared_ptr<EventClient> EventHub::join(std::optional<std::uint64_t> after) {
  if (fleet_ == nullptr || clients_.size() >= kClientsMax) return nullptr;
  auto client = std::make_shared<EventClient>(executor_);
  client->queue.emplace_back("retry: 2000\n\n");
  if (after) {
    auto kept = fleet_->events_after(*after);
    // An id that was never given out is of a process before this one: everything is new.
    const bool restarted =
        kept.empty() && fleet_->events_after(*after - (*after > 0 ? 1 : 0)).empty();
    if (restarted && *after > 0) kept = fleet_->events_after(0);
    if (!restarted && !kept.empty() && kept.front().id > *after + 1) {
      client->queue.push_back(
          "event: gap\ndata: {\"first_kept_id\": " + std::to_string(kept.front().id) + "}\n\n");
    }
    for (const auto& event : kept) client->queue.push_back(to_event_stream(event));
  }
  clients_.insert(client);
  return client;
}

void EventHub::leave(const std::shared_ptr<EventClient>& client) { clients_.erase(client); }

Result<std::optional<std::uint64_t>> resume_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(Errc::invalid, "an event id is a whole number; leave it out to begin now");
  }
  return id;
}

std::string to_event_stream(const FleetEvent& event) {
  return "id: " + std::to_string(event.id) + "\nevent: " + event.kind +
         "\ndata: " + boost::json::serialize(to_json(event)) + "\n\n";
}

namespace {

/// Leaves the hub when the coroutine ends, however it ends.
class Membership {
 public:
  Membership(std::shared_ptr<EventHub> hub, std::shared_ptr<EventClient> client)
      : hub_(std::move(hub)), client_(std::move(client)) {}
  ~Membership() { hub_->leave(client_); }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

 private:
  std::shared_ptr<EventHub> hub_;
  std::shared_ptr<EventClient> client_;
};

asio::awaitable<void> refuse(HttpExchange& exchange) {
  auto response = problem_response(kHttpUnavailable, "Too many event streams",
                                   "This many clients follow the events already; try again later.");
  co_await exchange.respond(std::move(response));
}

}  // namespace

asio::awaitable<void> serve_events(std::shared_ptr<EventHub> hub, HttpExchange& exchange,
                                   std::optional<std::uint64_t> after) {
  const auto client = hub->join(after);
  if (!client) {
    co_await refuse(exchange);
    co_return;
  }
  const Membership membership(hub, client);
  HttpHeaders headers{{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-cache"},
                      {"X-Accel-Buffering", "no"}};
  const auto begun = co_await exchange.begin_stream(kHttpOk, std::move(headers));
  if (!begun) co_return;
  while (!client->closed) {
    if (client->queue.empty() && !client->cut) {
      client->bell.expires_after(hub->keep_alive());
      co_await client->bell.async_wait(kTuple);
      if (client->closed) co_return;
    }
    std::string text;
    for (const auto& event : std::exchange(client->queue, {})) text += event;
    const bool last = client->cut;  // it may be cut while this is written
    if (last) text = ": too slow, come back with Last-Event-ID\n\n";
    if (text.empty()) text = ": keep-alive\n\n";
    const auto written = co_await exchange.write(std::move(text));
    if (!written || last) co_return;
  }
}

}  // namespace ecokube
