#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <random>

#include "common/boot_clock.h"
#include "coordinator/kubernetes/api_client.h"
#include "lab/kubelet/node_objects.h"

namespace ecokube::lab {

/// Keeps the Node object and its Lease alive; looks at both at each Lease interval, so whatever
/// others did to them is put right with the next one.
class NodeKeeper : public std::enable_shared_from_this<NodeKeeper> {
 public:
  NodeKeeper(std::shared_ptr<kubernetes::ApiClient> client,
             const boost::asio::any_io_executor& executor, NodeSelf self);
  NodeKeeper(const NodeKeeper&) = delete;
  NodeKeeper& operator=(const NodeKeeper&) = delete;
  ~NodeKeeper() = default;

  void start();
  void stop();

 private:
  static boost::asio::awaitable<void> run(std::shared_ptr<NodeKeeper> self);
  boost::asio::awaitable<Result<void>> renew_lease();
  boost::asio::awaitable<Result<void>> keep_node();
  boost::asio::awaitable<Result<boost::json::value>> find_or_create_node();
  [[nodiscard]] Duration pause_after(const Result<void>& round);

  std::shared_ptr<kubernetes::ApiClient> client_;
  boost::asio::steady_timer timer_;
  NodeSelf self_;
  RealClock clock_;
  TimePoint reported_at_{};
  std::mt19937_64 random_;
  unsigned failures_ = 0;
  bool stopping_ = false;
};

}  // namespace ecokube::lab
