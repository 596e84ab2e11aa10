#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/error.h"
#include "coordinator/fleet.h"
#include "coordinator/identity.h"

namespace ecokube {

struct ApiOptions {
  std::string address = "127.0.0.1";  ///< read-only; no TLS and no tokens yet: keep it on loopback
  std::uint16_t port = 7444;          ///< 0 picks one
  std::filesystem::path socket = "/run/ecokube/api.sock";  ///< the only way to change anything
  std::chrono::milliseconds keep_alive{15'000};            ///< silence on an event stream
  std::size_t event_queue_max = 1024;  ///< events that wait for one client before it is cut
  std::function<std::uint64_t()> events_dropped = [] { return 0; };  ///< of Kubernetes; a metric
  /// How each node's management controller is reached, without its password: for the wake bundle.
  std::map<NodeName, boost::json::object> bmcs = {};
};

/// REST, event stream and metrics over the const view of the loop. On the loop's thread.
class Api {
 public:
  virtual ~Api() = default;
  [[nodiscard]] virtual Result<void> start() = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;  ///< once started
  /// Closes listeners and connections. Nothing touches the fleet afterwards.
  virtual void stop() = 0;
};

/// `fleet` and `enrolment` (nullptr: there is none) must outlive it.
[[nodiscard]] std::unique_ptr<Api> make_api(boost::asio::any_io_executor executor,
                                            ApiOptions options, Fleet& fleet,
                                            EnrolmentDesk* enrolment = nullptr);

}  // namespace ecokube
