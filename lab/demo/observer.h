#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "lab/demo/history.h"
#include "lab/demo/json_client.h"
#include "lab/demo/lab_layout.h"
#include "lab/demo/progress.h"

namespace ecokube::lab {

/// Follows a run: the truth log, by which the demo goes on, and the coordinator's REST API, for
/// display and to tell why nothing goes on.
class Observer {
 public:
  struct NodeView {
    std::string state;
    bool connected = false, kubernetes_ready = false, wake_proven = false;
    std::string last_problem, want;
  };

  Observer(boost::asio::any_io_executor executor, const LabLayout& lab, std::int64_t jobs);

  /// Looks again and again until stop().
  [[nodiscard]] boost::asio::awaitable<void> watch(Progress& progress);
  void stop() { stopping_ = true; }
  [[nodiscard]] bool stopped() const { return stopped_; }
  void set_phase(std::string phase) { spectacle_.phase = std::move(phase); }

  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] const std::map<std::string, NodeView>& nodes() const { return nodes_; }
  /// By the machine itself: "off", "booting", "on" or "dying".
  [[nodiscard]] std::string machine_state(std::string_view node) const;
  /// What the coordinator says about each node, for an error message.
  [[nodiscard]] std::string nodes_text() const;

 private:
  void read_truth();
  [[nodiscard]] boost::asio::awaitable<void> ask_coordinator();
  void take_nodes(const boost::json::value& answer);
  void take_fleet(const boost::json::value& answer);

  boost::asio::any_io_executor executor_;
  const LabLayout& lab_;
  JsonClient rest_;
  TruthLog truth_;
  std::size_t truth_read_ = 0;
  History history_;
  std::map<std::string, NodeView> nodes_;
  Spectacle spectacle_;
  bool stopping_ = false, stopped_ = false;
};

}  // namespace ecokube::lab
