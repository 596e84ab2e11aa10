#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "bench/spread.h"
#include "common/names.h"
#include "coordinator/kubernetes/api_client.h"
#include "coordinator/kubernetes/reflector.h"

namespace ecokube::bench {

using FirstSeen = std::map<std::string, Clock::time_point>;

/// When each thing was first told by watches of the bench's own, on the same API server as the
/// coordinator's and of the same kind. Times are taken when the event is read.
class Observer {
 public:
  Observer(std::shared_ptr<kubernetes::ApiClient> client, boost::asio::any_io_executor executor);
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  ~Observer() { stop(); }

  void start();
  void stop();

  // Pods of measured and polled nodes, by name.
  FirstSeen unschedulable, bound, gone;
  // Nodes by name: with our taint and cordon; recorded as off; without our taint again.
  FirstSeen marked, off, unmarked;

  /// Nodes that carry any taint now, and when a Node was last seen to change.
  std::set<NodeName> tainted;
  Clock::time_point node_changed_at = Clock::now();

 private:
  void see_node(const boost::json::object& node);
  void see_pod(kubernetes::ChangeType type, const boost::json::object& pod);

  std::shared_ptr<kubernetes::Reflector> nodes_, pods_;
};

}  // namespace ecokube::bench
