#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node-agent/local/status.h"

namespace ecokube::agent {

/// GET /status (JSON) and /metrics (Prometheus) on a Unix socket for root and its group, and
/// /metrics alone on an address of this machine. Nothing can be changed through it.
class LocalServer {
 public:
  virtual ~LocalServer() = default;
  /// Either may be empty. What could not be had is told; the rest works.
  [[nodiscard]] virtual std::vector<std::string> listen(const std::filesystem::path& socket,
                                                        const std::string& metrics_listen) = 0;
  virtual void stop() = 0;
};

[[nodiscard]] std::unique_ptr<LocalServer> make_local_server(boost::asio::any_io_executor executor,
                                                             std::function<AgentStatus()> status);

}  // namespace ecokube::agent
