#include "lab/kubelet/kubelet.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <map>
#include <set>
#include <utility>

#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/reflector.h"
#include "lab/kubelet/node_keeper.h"
#include "lab/kubelet/pod_worker.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
using boost::json::object;

/// The pods bound to this node, each with its worker.
class Pods {
 public:
  explicit Pods(std::shared_ptr<PodSurroundings> around) : around_(std::move(around)) {}

  void list_begun() { listed_.clear(); }
  void item(const object& pod) {
    listed_.emplace(kubernetes::find_text(pod, {"metadata", "uid"}));
    upsert(pod);
  }
  void listed() {
    for (auto& [uid, worker] : workers_) {
      if (!listed_.contains(uid)) worker->vanish();
    }
  }
  void changed(kubernetes::ChangeType type, const object& pod) {
    if (type != kubernetes::ChangeType::deleted) return upsert(pod);
    const auto found = workers_.find(std::string(kubernetes::find_text(pod, {"metadata", "uid"})));
    if (found != workers_.end()) found->second->vanish();
  }

  /// `done` is called when the last process has ended.
  void stop(std::function<void()> done) {
    on_empty_ = std::move(done);
    for (auto& [uid, worker] : workers_) worker->stop();
    if (workers_.empty()) on_empty_();
  }

 private:
  void upsert(const object& pod) {
    auto order = parse_pod_order(pod);
    if (!order) {
      log::warn("pod event=not_understood reason=\"{}\"", order.error().message);
      return;
    }
    const auto found = workers_.find(order->uid);
    if (found != workers_.end()) return found->second->update(*std::move(order), pod);
    const auto uid = order->uid;
    auto worker = std::make_shared<PodWorker>(around_, *std::move(order), pod);
    workers_.emplace(uid, worker);
    worker->start([this](const std::string& ended) { forget(ended); });
  }

  void forget(const std::string& uid) {
    workers_.erase(uid);
    if (workers_.empty() && on_empty_) on_empty_();
  }

  std::shared_ptr<PodSurroundings> around_;
  std::map<std::string, std::shared_ptr<PodWorker>> workers_;
  std::set<std::string> listed_;
  std::function<void()> on_empty_;
};

kubernetes::Reflector::Callbacks callbacks_to(Pods& pods) {
  kubernetes::Reflector::Callbacks callbacks;
  callbacks.list_begun = [&pods] { pods.list_begun(); };
  callbacks.item = [&pods](const object& pod) { pods.item(pod); };
  callbacks.listed = [&pods](core::Revision) { pods.listed(); };
  callbacks.changed = [&pods](kubernetes::ChangeType type, const object& pod) {
    pods.changed(type, pod);
  };
  callbacks.bookmark = [](core::Revision) {};
  callbacks.interrupted = [](const Error& why) {
    log::info("pods event=watch_interrupted reason=\"{}\"", why.message);
  };
  return callbacks;
}

Result<std::shared_ptr<PodSurroundings>> make_surroundings(const KubeletOptions& options,
                                                           asio::any_io_executor executor) {
  auto access = kubernetes::read_kubeconfig(options.kubeconfig);
  if (!access) return std::unexpected(access.error());
  // Short: a server that hangs must not keep the Lease from being renewed once it is back.
  kubernetes::ApiLimits limits;
  limits.connect_timeout = options.lease_interval;
  limits.response_timeout = 2 * options.lease_interval;
  auto client = kubernetes::ApiClient::make(executor, *std::move(access), limits);
  if (!client) return std::unexpected(client.error());
  auto around = std::make_shared<PodSurroundings>();
  around->client = *std::move(client);
  around->executor = std::move(executor);
  around->options = options;
  around->cgroups = PodCgroups(options.cgroup_root);
  std::error_code failed;
  std::filesystem::create_directories(options.pod_dir, failed);
  if (failed) {
    return fail(Errc::config,
                fmt::format("--pod-dir {}: {}", options.pod_dir.string(), failed.message()));
  }
  if (options.truth_log.empty()) return around;
  auto truth = JsonLines::open(options.truth_log, "kubelet/" + options.node_name);
  if (!truth) return fail(Errc::config, "--truth-log: " + truth.error().message);
  around->truth = *std::move(truth);
  return around;
}

}  // namespace

Result<void> run_kubelet(const KubeletOptions& options) {
  if (auto good = check(options); !good) return good;
  auto boot_id = read_boot_id(options.procfs_root);
  if (!boot_id) return std::unexpected(boot_id.error());
  asio::io_context io(1);
  auto around = make_surroundings(options, io.get_executor());
  if (!around) return std::unexpected(around.error());

  Pods pods(*around);
  auto keeper = std::make_shared<NodeKeeper>((*around)->client, io.get_executor(),
                                             NodeSelf{options, *std::move(boot_id)});
  kubernetes::ReflectorOptions mine;
  mine.path = "/api/v1/pods";
  mine.selector = "fieldSelector=" + percent_encode("spec.nodeName=" + options.node_name);
  mine.backoff_cap = options.lease_interval;
  auto reflector = std::make_shared<kubernetes::Reflector>((*around)->client, io.get_executor(),
                                                           mine, callbacks_to(pods));
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) return;
    log::info("kubelet event=stopping signal={}", signal);
    reflector->stop();
    keeper->stop();
    // Requests still under way are nothing worth waiting for; no process is left by then.
    pods.stop([&io] { io.stop(); });
  });
  log::info("kubelet event=started node={} api_server={}", options.node_name,
            (*around)->client->server());
  keeper->start();
  reflector->start();
  io.run();
  return {};
}

}  // namespace ecokube::lab
