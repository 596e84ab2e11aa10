#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/reaction/objects.h"
#include "common/error.h"
#include "coordinator/kubernetes/api_client.h"

namespace ecokube::bench {

/// What the first user's shell loop did: ask for all nodes and all pods, wake a cordoned node when
/// a pod is pending that it could take, uncordon it, sleep 5 s, again. It asks as kubectl does, in
/// pages of 500, without the start of a process.
class PollLoop {
 public:
  static constexpr std::chrono::seconds kInterval{5};

  PollLoop(boost::asio::any_io_executor executor, std::shared_ptr<kubernetes::ApiClient> client,
           const std::vector<BenchNode>& nodes, std::string wake_address);

  /// Runs until stop().
  [[nodiscard]] boost::asio::awaitable<Result<void>> run();
  void stop() { stopped_ = true; }

 private:
  using Things = std::vector<boost::json::value>;
  [[nodiscard]] boost::asio::awaitable<Result<Things>> list(std::string path);
  [[nodiscard]] boost::asio::awaitable<Result<void>> pass();
  [[nodiscard]] boost::asio::awaitable<Result<void>> wake(NodeName node);

  boost::asio::any_io_executor executor_;
  std::shared_ptr<kubernetes::ApiClient> client_;
  std::map<NodeName, MacAddress> machines_;
  std::string wake_address_;
  bool stopped_ = false;
};

}  // namespace ecokube::bench
