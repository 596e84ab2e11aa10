#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <set>

#include "coordinator/ports.h"

namespace ecokube {

/// The world outside that steps act on. All must outlive the executor.
struct Ports {
  ClusterApi& cluster;
  PowerControl& power;
  BmcControl& bmcs;
  AgentLink& agents;
  Store& store;
};

/// Performs steps that passed the safety gate, each as a coroutine of its own with a time limit.
/// Steps that take capacity away are on disk in the journal before anything is sent, and are sent
/// only if `leads` says of their fence that the Lease still stands: the process may have been
/// stopped meanwhile. The result goes to `ended`; a step whose id is already in flight is dropped.
class Executor {
 public:
  using Ended = std::function<void(core::StepEnded)>;
  /// The Lease stands with this fence, and will for that long.
  using Leads = std::function<bool(std::int64_t fence, Duration ahead)>;
  Executor(boost::asio::any_io_executor executor, Ports ports, std::function<TimePoint()> clock,
           Leads leads, Ended ended)
      : executor_(std::move(executor)),
        ports_(ports),
        clock_(std::move(clock)),
        leads_(std::move(leads)),
        ended_(std::move(ended)) {}

  void start(core::Step step);
  [[nodiscard]] bool idle() const { return in_flight_.empty(); }

 private:
  boost::asio::awaitable<core::StepEnded> perform(core::Step step);
  boost::asio::awaitable<core::StepEnded> act(const core::Step& step);
  boost::asio::awaitable<core::StepEnded> bind(const core::Step& step);
  boost::asio::awaitable<Result<void>> wake(const core::Step& step);
  boost::asio::awaitable<Result<void>> power_off(const core::Step& step);
  void finish(const core::Step& step, core::StepEnded ended);

  boost::asio::any_io_executor executor_;
  Ports ports_;
  std::function<TimePoint()> clock_;
  Leads leads_;
  Ended ended_;
  std::set<core::StepId> in_flight_;
};

}  // namespace ecokube
