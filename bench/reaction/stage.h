#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/programs.h"
#include "bench/reaction/cluster.h"
#include "bench/reaction/fleet.h"
#include "bench/reaction/objects.h"
#include "bench/reaction/observer.h"
#include "bench/reaction/options.h"
#include "bench/reaction/step_ear.h"
#include "bench/reaction/wake_ear.h"
#include "common/error.h"

namespace ecokube::bench {

/// A line of progress with the time since the start.
void say(const std::string& line);

/// What is measured: a real control plane with its nodes and pods, the real coordinator, and the
/// agents.
class Stage {
 public:
  Stage(const boost::asio::any_io_executor& executor, const ReactionOptions& options);

  /// Returns once the cluster is at rest and the coordinator takes every node of the pool for
  /// Ready.
  [[nodiscard]] boost::asio::awaitable<Result<void>> start();
  [[nodiscard]] boost::asio::awaitable<void> end();

  /// wait_until() that also fails when a program ended.
  [[nodiscard]] boost::asio::awaitable<Result<void>> wait_for(std::string what,
                                                              std::function<bool()> done);
  [[nodiscard]] std::vector<BenchNode> with_role(Role role) const;
  [[nodiscard]] int coordinator_pid() const { return programs_.pid("ecokube-coordinator"); }

  Cluster& cluster() { return *cluster_; }
  Observer& observer() { return *observer_; }
  Fleet& fleet() { return *fleet_; }
  WakeEar& ear() { return ear_; }
  StepEar& steps() { return steps_; }

 private:
  [[nodiscard]] Result<void> empty_folder();
  [[nodiscard]] Result<void> start_control_plane();
  [[nodiscard]] Result<void> make_fleet();
  [[nodiscard]] boost::asio::awaitable<Result<void>> fill_cluster();
  [[nodiscard]] Result<void> start_coordinator();
  [[nodiscard]] boost::asio::awaitable<Result<void>> connect_agents();
  /// How many nodes the coordinator takes for Ready, by its own API; -1 before it answers.
  [[nodiscard]] boost::asio::awaitable<std::int64_t> ready_nodes();
  [[nodiscard]] boost::asio::awaitable<Result<void>> wait_for_ready_nodes(std::int64_t count);

  boost::asio::any_io_executor executor_;
  const ReactionOptions& options_;
  std::filesystem::path folder_;
  std::vector<BenchNode> nodes_;
  Programs programs_;
  WakeEar ear_;
  StepEar steps_;
  std::optional<Cluster> cluster_;
  std::unique_ptr<Observer> observer_;
  std::unique_ptr<Fleet> fleet_;
  lab::CertificateFiles coordinator_certificate_;
};

}  // namespace ecokube::bench
