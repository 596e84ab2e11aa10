#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "lab/demo/json_client.h"
#include "lab/demo/lab_layout.h"
#include "lab/demo/lab_processes.h"
#include "lab/demo/observer.h"
#include "lab/demo/progress.h"

namespace ecokube::lab {

/// For a part of ours to be ready.
inline constexpr std::chrono::seconds kStartLimit{30};

/// A running lab and what the demo does on it.
class Stage {
 public:
  Stage(boost::asio::any_io_executor executor, const DemoOptions& options, const LabLayout& lab,
        Progress& progress);

  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  /// Starts every part and waits for it, up to three nodes that are on and idle.
  [[nodiscard]] Awaitable<Result<void>> start();
  /// From idle nodes to everything done and both workers off again.
  [[nodiscard]] Awaitable<Result<void>> play();
  /// Until somebody presses Ctrl-C; fails when a part ends by itself.
  [[nodiscard]] Awaitable<Result<void>> keep();
  [[nodiscard]] Awaitable<void> end();
  void interrupt() { interrupted_ = true; }
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  [[nodiscard]] Awaitable<Result<void>> start_cluster();
  [[nodiscard]] Awaitable<Result<void>> start_double();
  [[nodiscard]] Awaitable<Result<void>> start_control_plane();
  /// As `admin`, who plays the person at the keyboard.
  [[nodiscard]] Awaitable<Result<void>> log_in();
  [[nodiscard]] Result<void> start_controller(const std::string& program, const std::string& user,
                                              std::vector<std::string> options = {});
  [[nodiscard]] Awaitable<Result<void>> start_pipeline();
  [[nodiscard]] Awaitable<Result<void>> start_machines();
  [[nodiscard]] Awaitable<Result<void>> start_coordinator();
  [[nodiscard]] Awaitable<Result<void>> create_deployment();
  [[nodiscard]] Awaitable<Result<void>> prove_wakes();
  [[nodiscard]] Awaitable<Result<void>> wait_for_sleep(std::string when);
  /// What the coordinator must say of a worker that is off.
  [[nodiscard]] std::string_view asleep_state(const LabNode& worker) const;
  [[nodiscard]] Awaitable<Result<void>> react_to_a_pod();
  [[nodiscard]] Awaitable<Result<void>> upload_all();

  using Condition = std::function<bool()>;
  /// Fails when a part ended, the time is over, or the user interrupted; the message says which.
  [[nodiscard]] Awaitable<Result<void>> wait_until(std::string what, std::chrono::seconds limit,
                                                   Condition condition);
  [[nodiscard]] Awaitable<Result<void>> pause(std::chrono::milliseconds time);
  /// Kills the coordinator at each state of the fleet not seen before, while kills are left.
  [[nodiscard]] Result<void> make_trouble();
  void phase(const std::string& name);
  [[nodiscard]] std::chrono::seconds time_for_boots() const;

  boost::asio::any_io_executor executor_;
  const DemoOptions& options_;
  const LabLayout& lab_;
  Progress& progress_;
  LabProcesses processes_;
  std::unique_ptr<JsonClient> cluster_;
  std::unique_ptr<Observer> observer_;
  std::string bootstrap_, upload_url_;
  bool interrupted_ = false;
  bool woken_by_demand_ = false;
  int kills_left_ = 0;
  std::set<std::string> states_seen_;
};

}  // namespace ecokube::lab
