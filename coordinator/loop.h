#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "coordinator/core/safety.h"
#include "coordinator/executor.h"
#include "coordinator/fleet.h"

namespace ecokube {

/// Observations in, decisions out: a channel of Observations → apply → decide → safety → Executor.
/// Owns the clock of everything that decides. One thread; a burst of observations is taken
/// together.
class Loop final : public Fleet {
 public:
  Loop(boost::asio::any_io_executor executor, core::Policy policy, Ports ports,
       std::function<TimePoint()> clock);

  /// Takes what the store remembers; then observations lead to decisions.
  void start(core::Recovered recovered);
  /// No more decisions; steps in flight end by themselves.
  void stop();
  [[nodiscard]] bool idle() const { return executor_.idle(); }

  const core::World& world() const override { return world_; }
  const core::Policy& policy() const override { return policy_; }
  const core::Plan& plan() const override { return plan_; }
  TimePoint now() const override { return clock_(); }
  void post(core::Fact fact) override;
  std::uint64_t subscribe(Listener listener) override;
  void unsubscribe(std::uint64_t subscription) override;
  std::vector<FleetEvent> events_after(std::uint64_t after) const override;

 private:
  void wake_up_in(std::chrono::nanoseconds delay);
  void turn();
  void decide(TimePoint now);
  bool take(const core::Observation& observation);
  void perform(const core::Step& step);
  void blocked(const core::Step& step, const std::vector<core::Violation>& violations);
  void note_alarms();
  void note_fact(const core::Fact& fact);
  void remember(const NodeName& name);
  void emit(FleetEvent event);

  boost::asio::any_io_executor io_;
  core::Policy policy_;
  Store& store_;
  BmcControl& bmcs_;
  std::function<TimePoint()> clock_;
  core::World world_;
  core::Plan plan_;
  Executor executor_;
  bool started_ = false;

  std::deque<core::Observation> queue_;
  boost::asio::steady_timer timer_;
  bool turn_is_near_ = false;
  TimePoint decide_at_;  ///< at the latest

  std::map<NodeName, core::RememberedNode> saved_;
  std::map<std::string, std::string> blocked_;  ///< step subject and verb → what was said last
  std::map<std::string, std::string> alarms_;   ///< code → what was said
  std::map<std::string, std::string> polled_;   ///< kind and subject → its last line
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t subscriptions_ = 0;
  std::deque<FleetEvent> events_;
  std::uint64_t last_event_ = 0;
};

}  // namespace ecokube
