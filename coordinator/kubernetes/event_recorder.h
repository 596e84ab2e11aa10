#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/error.h"
#include "common/policy_clock.h"
#include "coordinator/kubernetes/kubeconfig.h"
#include "coordinator/kubernetes/object_events.h"

namespace ecokube::kubernetes {

/// Writes Events about nodes and pods, for people: nothing is decided by them, so one that cannot
/// be written is dropped and counted, and said in the log once until one is written again.
class EventRecorder {
 public:
  virtual ~EventRecorder() = default;
  /// Returns at once; what does not fit into a queue of 4,096 that differ is dropped.
  virtual void tell(ObjectEvent event) = 0;
  /// How many were.
  [[nodiscard]] virtual std::uint64_t dropped() const = 0;
  virtual void stop() = 0;
};

/// `reporter` is the coordinator's id. Errc::config when the certificates can't be used.
[[nodiscard]] Result<std::unique_ptr<EventRecorder>> make_event_recorder(
    boost::asio::any_io_executor executor, Access access, std::string reporter,
    std::function<TimePoint()> clock);

}  // namespace ecokube::kubernetes
