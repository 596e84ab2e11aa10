#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <set>

#include "common/http_server.h"
#include "lab/kubernetes/selectors.h"
#include "lab/kubernetes/store.h"

namespace ecokube::lab {

/// Wakes everybody who waits for a commit.
class CommitBell {
 public:
  void ring();
  /// Returns at the next ring(), or after `limit`.
  boost::asio::awaitable<void> wait(std::chrono::milliseconds limit);
  /// Ends all watches that wait or write now.
  void end_watches();
  [[nodiscard]] std::uint64_t era() const { return era_; }

 private:
  std::set<boost::asio::steady_timer*> waiting_;
  std::uint64_t era_ = 0;
};

struct WatchRequest {
  ResourcePath path;
  Selectors selectors;
  std::optional<std::uint64_t> from;  ///< nullopt: begin with what is there
  bool bookmarks = false;
  bool initial_end_bookmark = false;  ///< sendInitialEvents: say when the initial part is over
  std::optional<std::chrono::seconds> time_limit;
};

/// Reads the query; a revision already forgotten is a 410.
[[nodiscard]] ApiResult<WatchRequest> parse_watch(const Store& store, const ResourcePath& path,
                                                  const ParsedTarget& target);

/// Streams events until the client goes, the time is up or the ring has moved on (an ERROR event
/// with a 410 Status). `store` and `bell` outlive it.
[[nodiscard]] boost::asio::awaitable<void> serve_watch(const Store& store, CommitBell& bell,
                                                       WatchRequest request,
                                                       std::chrono::milliseconds bookmark_interval,
                                                       HttpExchange& exchange);

}  // namespace ecokube::lab
