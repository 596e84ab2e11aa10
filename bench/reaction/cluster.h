#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/reaction/objects.h"
#include "common/error.h"
#include "coordinator/kubernetes/api_client.h"

namespace ecokube::bench {

/// Looks at `done` again and again until it is true. Errc::timeout names `what`.
[[nodiscard]] boost::asio::awaitable<Result<void>> wait_until(std::string what,
                                                              std::chrono::seconds limit,
                                                              std::function<bool()> done);
[[nodiscard]] boost::asio::awaitable<void> pause(std::chrono::milliseconds time);

/// The API server as the people and kubelets of the bench use it, without a limit of the rate.
class Cluster {
 public:
  [[nodiscard]] static Result<Cluster> open(const boost::asio::any_io_executor& executor,
                                            const std::filesystem::path& kubeconfig);

  /// Nodes, each pod on its node and running; many requests at a time.
  [[nodiscard]] boost::asio::awaitable<Result<void>> make_nodes(
      const std::vector<BenchNode>& nodes);
  [[nodiscard]] boost::asio::awaitable<Result<void>> make_running_pods(
      std::vector<boost::json::object> pods);

  [[nodiscard]] boost::asio::awaitable<Result<void>> create_pod(boost::json::object pod);
  /// Gone at once: the last that a kubelet does for a pod.
  [[nodiscard]] boost::asio::awaitable<Result<void>> delete_pod(std::string name);
  [[nodiscard]] boost::asio::awaitable<Result<void>> patch_node_status(NodeName node,
                                                                       boost::json::object patch);

  [[nodiscard]] boost::asio::awaitable<Result<void>> read_node(NodeName node);

  [[nodiscard]] const std::shared_ptr<kubernetes::ApiClient>& client() const { return client_; }

 private:
  explicit Cluster(std::shared_ptr<kubernetes::ApiClient> client) : client_(std::move(client)) {}
  std::shared_ptr<kubernetes::ApiClient> client_;
};

}  // namespace ecokube::bench
