#include "lab/scheduler/scheduler.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <random>

#include "common/backoff.h"
#include "common/log.h"
#include "coordinator/kubernetes/objects.h"
#include "lab/scheduler/placing.h"
#include "lab/watched_objects.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kRetryBase{100};
constexpr milliseconds kRetryCap{2000};

std::string api_time_now() {
  const auto now = std::chrono::system_clock::now();
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

std::string path_of(const core::KubePod& pod) {
  return fmt::format("/api/v1/namespaces/{}/pods/{}", pod.ns, pod.name);
}

class Scheduler final : public Controller, public std::enable_shared_from_this<Scheduler> {
 public:
  Scheduler(std::shared_ptr<kubernetes::ApiClient> client, asio::any_io_executor executor)
      : client_(std::move(client)),
        executor_(std::move(executor)),
        retry_(executor_),
        random_(std::random_device{}()),
        nodes_(client_, executor_, "/api/v1/nodes", kubernetes::parse_node, [this] { wake(); }),
        pods_(client_, executor_, "/api/v1/pods", parse_scheduler_pod, [this] { wake(); }) {}

  void start() override {
    nodes_.start();
    pods_.start();
  }

  void stop() override {
    stopping_ = true;
    nodes_.stop();
    pods_.stop();
    retry_.cancel();
  }

 private:
  /// What comes while a pass runs makes one more pass, however much it is.
  void wake() {
    if (stopping_ || !nodes_.listed() || !pods_.listed()) return;
    dirty_ = true;
    if (running_) return;
    running_ = true;
    asio::co_spawn(
        executor_, run(shared_from_this()),
        [self = shared_from_this()](const std::exception_ptr& error) { self->ended(error); });
  }

  void ended(const std::exception_ptr& error) {
    running_ = false;
    if (!error) {
      if (dirty_) wake();
      return;
    }
    log::thrown("scheduler=pass_failed", error);
    retry_later();
  }

  static asio::awaitable<void> run(std::shared_ptr<Scheduler> self) {
    while (self->dirty_ && !self->stopping_) {
      self->dirty_ = false;
      co_await self->pass();
    }
  }

  asio::awaitable<void> pass() {
    forget_old();
    // Copied: the view changes while requests are under way.
    struct Task {
      SchedulerPod pod;
      NodeName node;
      std::string refusal;
    };
    std::vector<Task> tasks;
    for (auto& placing : place_waiting_pods({&nodes_.all(), &pods_.all(), &assumed_})) {
      if (placing.node.empty() && told(*placing.pod) == placing.refusal) continue;
      tasks.push_back({*placing.pod, std::move(placing.node), std::move(placing.refusal)});
    }
    bool failed = false;
    for (const auto& task : tasks) {
      if (stopping_) co_return;
      const bool done = task.node.empty() ? co_await refuse(task.pod, task.refusal)
                                          : co_await bind(task.pod.pod, task.node);
      failed = failed || !done;
    }
    if (failed) {
      retry_later();
    } else {
      failures_ = 0;
    }
  }

  /// False when it should be tried again after a while; after a conflict the watch tells.
  asio::awaitable<bool> bind(const core::KubePod& pod, const NodeName& node) {
    auto target = path_of(pod) + "/binding";
    boost::json::value body = binding_of(pod, node);
    // Assumed before it is acknowledged: the watch may be faster than the answer.
    assumed_[pod.uid] = node;
    const auto bound = co_await client_->create(std::move(target), std::move(body));
    if (bound) {
      log::info("action=bind pod={}/{} node={}", pod.ns, pod.name, node);
      co_return true;
    }
    assumed_.erase(pod.uid);
    co_return complain("bind", pod, bound.error());
  }

  asio::awaitable<bool> refuse(const SchedulerPod& pod, const std::string& refusal) {
    auto target = path_of(pod.pod) + "/status";
    boost::json::value patch = refusal_patch(pod, refusal, api_time_now());
    const auto patched = co_await client_->merge_patch(std::move(target), std::move(patch));
    if (!patched) co_return complain("refuse", pod.pod, patched.error());
    told_[pod.pod.uid] = refusal;
    log::info("action=unschedulable pod={}/{} reason=\"{}\"", pod.pod.ns, pod.pod.name, refusal);
    co_return true;
  }

  bool complain(std::string_view action, const core::KubePod& pod, const Error& error) {
    const bool changed = error.code == Errc::conflict || error.code == Errc::not_found;
    if (changed) {
      log::debug("action={} pod={}/{} reason=\"{}\"", action, pod.ns, pod.name, error.message);
    } else {
      log::warn("action={} pod={}/{} failed=\"{}\"", action, pod.ns, pod.name, error.message);
    }
    return changed;
  }

  /// What the pod was last told; the watch may not have brought it back yet.
  [[nodiscard]] const std::string& told(const SchedulerPod& pod) const {
    const auto found = told_.find(pod.pod.uid);
    return found == told_.end() ? pod.refusal : found->second;
  }

  void forget_old() {
    std::set<std::string> waiting;
    for (const auto& [key, seen] : pods_.all()) {
      if (seen.pod.node.empty()) waiting.insert(seen.pod.uid);
    }
    const auto is_old = [&waiting](const auto& entry) { return !waiting.contains(entry.first); };
    std::erase_if(assumed_, is_old);
    std::erase_if(told_, is_old);
  }

  void retry_later() {
    if (stopping_) return;
    retry_.expires_after(next_delay(++failures_, random_(), kRetryBase, kRetryCap));
    retry_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
      if (const auto self = weak.lock(); self && !cancelled) self->wake();
    });
  }

  std::shared_ptr<kubernetes::ApiClient> client_;
  asio::any_io_executor executor_;
  asio::steady_timer retry_;
  std::mt19937_64 random_;
  WatchedObjects<core::KubeNode> nodes_;
  WatchedObjects<SchedulerPod> pods_;
  std::map<std::string, NodeName> assumed_;
  std::map<std::string, std::string> told_;
  unsigned failures_ = 0;
  bool dirty_ = false;
  bool running_ = false;
  bool stopping_ = false;
};

}  // namespace

std::shared_ptr<Controller> make_scheduler(std::shared_ptr<kubernetes::ApiClient> client,
                                           asio::any_io_executor executor) {
  return std::make_shared<Scheduler>(std::move(client), std::move(executor));
}

}  // namespace ecokube::lab
