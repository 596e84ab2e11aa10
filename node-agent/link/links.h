#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "node-agent/link/client.h"

namespace ecokube::agent {

/// For a coordinator to acknowledge our goodbye.
inline constexpr std::chrono::milliseconds kGoodbyeLimit{1000};

/// One link to each coordinator: the leader and those that stand by all see this machine.
class Links {
 public:
  /// `options` but for its address, which is each of `addresses` in turn.
  Links(const boost::asio::any_io_executor& executor, const std::vector<std::string>& addresses,
        LinkOptions options, LinkHost& host);

  /// One for each link, to be run side by side until stop().
  [[nodiscard]] std::vector<boost::asio::awaitable<void>> run();
  [[nodiscard]] bool is_open(std::uint64_t session) const { return find(session) != nullptr; }
  /// unreachable when `session` is over.
  Result<void> answer(std::uint64_t session, const v1::ShutdownReply& reply);
  /// Says goodbye on all links before it waits for anything; then closes each, acknowledged or
  /// after `limit`, and stays away until resume().
  boost::asio::awaitable<void> leave(v1::Goodbye goodbye, std::chrono::milliseconds limit);
  void resume();
  /// This machine is awake for something else: heartbeats that are due go out now, too.
  void awake();
  [[nodiscard]] std::vector<LinkStatus> status() const;
  /// Asks one coordinator, another one each time. unreachable: none is connected.
  Result<void> renew(const v1::Renew& renew);
  /// From the next connections on.
  void use(const TlsContext& tls);
  void stop();

 private:
  [[nodiscard]] LinkClient* find(std::uint64_t session) const;

  std::vector<std::unique_ptr<LinkClient>> clients_;
  std::size_t renewals_ = 0;
};

}  // namespace ecokube::agent
