#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/http_server.h"
#include "coordinator/api/metrics.h"
#include "coordinator/fleet.h"

namespace ecokube {

struct EventClient;

/// Hands the loop's events to the clients of the stream, and counts them for /metrics. One
/// subscription at the loop, whatever the number of clients.
class EventHub {
 public:
  static constexpr std::size_t kClientsMax = 64;

  EventHub(boost::asio::any_io_executor executor, Fleet& fleet, std::size_t queue_max,
           std::chrono::milliseconds keep_alive);
  ~EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  [[nodiscard]] const StepCounters& counters() const { return counters_; }
  [[nodiscard]] std::chrono::milliseconds keep_alive() const { return keep_alive_; }

  /// A client with the kept events after `after` in its queue; nullptr when there are too many.
  [[nodiscard]] std::shared_ptr<EventClient> join(std::optional<std::uint64_t> after);
  void leave(const std::shared_ptr<EventClient>& client);
  /// Ends all clients and the subscription.
  void close();

 private:
  void hand_out(const FleetEvent& event);

  boost::asio::any_io_executor executor_;
  Fleet* fleet_;  // nullptr once closed
  std::size_t queue_max_;
  std::chrono::milliseconds keep_alive_;
  std::uint64_t subscription_ = 0;
  std::set<std::shared_ptr<EventClient>> clients_;
  StepCounters counters_;
};

/// The id after which a client wants to go on: nothing when it wants only what comes.
[[nodiscard]] Result<std::optional<std::uint64_t>> resume_point(std::string_view text);

/// "id: 7\nevent: state\ndata: {...}\n\n"
[[nodiscard]] std::string to_event_stream(const FleetEvent& event);

/// Answers with the stream until the client goes, is too slow, or the hub closes.
[[nodiscard]] boost::asio::awaitable<void> serve_events(std::shared_ptr<EventHub> hub,
                                                        HttpExchange& exchange,
                                                        std::optional<std::uint64_t> after);

}  // namespace ecokube
