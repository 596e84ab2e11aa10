#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "common/boot_clock.h"
#include "common/child_process.h"
#include "common/json_lines.h"
#include "coordinator/kubernetes/api_client.h"
#include "lab/kubelet/kubelet_options.h"
#include "lab/kubelet/pod_cgroup.h"
#include "lab/kubelet/pod_decision.h"

namespace ecokube::lab {

/// What all pods of a kubelet share; it outlives them.
struct PodSurroundings {
  std::shared_ptr<kubernetes::ApiClient> client;
  boost::asio::any_io_executor executor;
  KubeletOptions options;
  PodCgroups cgroups;
  RealClock clock;
  JsonLines truth;
};

/// One pod: a coroutine that owns its process and never waits for the API server, and one that
/// tells the server.
class PodWorker : public std::enable_shared_from_this<PodWorker> {
 public:
  using OnEnd = std::function<void(const std::string& uid)>;
  PodWorker(std::shared_ptr<PodSurroundings> around, PodOrder order, boost::json::object pod);
  PodWorker(const PodWorker&) = delete;
  PodWorker& operator=(const PodWorker&) = delete;
  ~PodWorker() = default;

  /// `on_end` is called when no process is left and the object is gone, or after stop().
  void start(OnEnd on_end);
  void update(PodOrder order, boost::json::object pod);
  /// The object is gone: killed at once.
  void vanish();
  /// The kubelet stops: the process is ended, the server hears no more.
  void stop();

 private:
  using Self = std::shared_ptr<PodWorker>;
  static boost::asio::awaitable<void> run(Self self);
  static boost::asio::awaitable<void> watch_process(Self self, std::shared_ptr<ChildProcess> child);
  static boost::asio::awaitable<void> report(Self self);
  boost::asio::awaitable<Result<void>> tell();
  boost::asio::awaitable<Result<void>> tell_status(std::string digest);
  boost::asio::awaitable<Result<void>> remove_object();
  void perform(PodStep step);
  void start_process();
  void ended(int exit_code);
  void changed();
  [[nodiscard]] bool over() const { return stopping_ || vanished_; }
  [[nodiscard]] std::string path() const;

  std::shared_ptr<PodSurroundings> around_;
  PodOrder order_;
  boost::json::object pod_;  ///< the object as last seen
  PodProcess process_;
  std::shared_ptr<ChildProcess> child_;
  boost::asio::steady_timer process_timer_;
  boost::asio::steady_timer report_timer_;
  bool process_dirty_ = true;
  bool report_dirty_ = true;
  bool vanished_ = false;
  bool stopping_ = false;
  OnEnd on_end_;
  std::string told_;  ///< digest of what the server has acknowledged
  std::mt19937_64 random_;
};

}  // namespace ecokube::lab
