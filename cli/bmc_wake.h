#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "cli/wake_bundle.h"
#include "coordinator/power/management_controller.h"

namespace ecokube::cli {

/// Tells BMCs to switch their machines on, a few of them at once, and says of each how it went.
/// Between two machines that start lies `every`; those that are on already need no such room.
class BmcWake {
 public:
  BmcWake(boost::asio::io_context& io, std::chrono::milliseconds every) : io_(io), every_(every) {}

  /// Each of `nodes` has a BMC. Returns those that neither are on nor took the order. The first
  /// that starts does so after `first`.
  [[nodiscard]] std::set<NodeName> switch_on(std::vector<BundleNode> nodes,
                                             std::chrono::milliseconds first);

 private:
  using Clock = std::chrono::steady_clock;
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<Result<std::string>> wake(const BundleNode& node);
  boost::asio::awaitable<Result<std::string>> wake_by(ManagementController& bmc);
  /// True: it waited for it.
  boost::asio::awaitable<bool> wait_for_turn();

  boost::asio::io_context& io_;
  std::chrono::milliseconds every_;
  std::vector<BundleNode> nodes_;
  std::size_t next_ = 0;
  Clock::time_point next_start_at_{};
  std::set<NodeName> failed_;
};

}  // namespace ecokube::cli
