#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/reaction/objects.h"
#include "bench/reaction/observer.h"
#include "common/error.h"
#include "lab/certificates.h"

namespace ecokube::bench {

class FakeAgent;

/// An agent for each node of the pool: the product's own link over mutual TLS, with heartbeats, and
/// nothing behind it. It obeys a shutdown at once, says goodbye and closes.
class Fleet {
 public:
  struct Options {
    std::filesystem::path certificates;  ///< each agent's are made here
    lab::CertificateFiles ca;
    std::string coordinator;   ///< "host:port"
    std::string wake_address;  ///< where each hears its magic packet
  };

  Fleet(boost::asio::any_io_executor executor, Options options);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet();

  /// Makes the certificates: about 15 ms for each.
  [[nodiscard]] Result<void> add(const std::vector<BenchNode>& nodes);
  void connect();
  void stop();
  /// The machine is on again: its agent connects with a new boot id.
  void boot(const NodeName& node);

  /// When a shutdown reached the node's agent.
  FirstSeen shutdown;
  /// Called when a machine went off.
  std::function<void(const NodeName&)> on_off = [](const NodeName&) {};

 private:
  boost::asio::any_io_executor executor_;
  Options options_;
  std::map<NodeName, std::unique_ptr<FakeAgent>> agents_;
};

}  // namespace ecokube::bench
