#include "lab/deployments/deployments.h"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <random>
#include <utility>

#include "common/asio_tuple.h"
#include "common/backoff.h"
#include "common/boot_clock.h"
#include "common/log.h"
#include "lab/deployments/budgets.h"
#include "lab/deployments/node_lifecycle.h"
#include "lab/deployments/replicas.h"
#include "lab/watched_objects.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using kubernetes::find_text;
using std::chrono::milliseconds;

/// How often the silence of nodes is looked at, and failed requests are tried again.
constexpr milliseconds kTick{250};
constexpr milliseconds kRetryCap{3000};
/// What we wrote is taken as done for so long without the watch confirming it.
constexpr milliseconds kConfirmWithin{5000};

class DeploymentsController final : public Controller,
                                    public std::enable_shared_from_this<DeploymentsController> {
 public:
  DeploymentsController(std::shared_ptr<kubernetes::ApiClient> client, asio::any_io_executor on,
                        DeploymentsOptions options)
      : client_(std::move(client)),
        executor_(std::move(on)),
        bell_(executor_),
        lifecycle_(options.node_grace, options.give_up_after),
        deployments_(client_, executor_, "/apis/apps/v1/deployments", parse_deployment,
                     [this] { ring(); }),
        pods_(client_, executor_, "/api/v1/pods", parse_deployment_pod, [this] { ring(); }),
        nodes_(client_, executor_, "/api/v1/nodes", parse_lifecycle_node, [this] { ring(); }),
        leases_(client_, executor_,
                "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", parse_lease,
                [this] { ring(); }),
        budgets_(client_, executor_, [this] { ring(); }) {}

  void start() override {
    deployments_.start();
    pods_.start();
    nodes_.start();
    leases_.start();
    budgets_.start();
    asio::co_spawn(executor_, run(shared_from_this()), log::thrown("deployments=ended"));
  }

  void stop() override {
    stopping_ = true;
    deployments_.stop();
    pods_.stop();
    nodes_.stop();
    leases_.stop();
    budgets_.stop();
    bell_.cancel();
  }

 private:
  void ring() {
    dirty_ = true;
    bell_.cancel();
  }

  static asio::awaitable<void> run(std::shared_ptr<DeploymentsController> self) {
    while (!self->stopping_) {
      if (!std::exchange(self->dirty_, false)) {
        self->bell_.expires_after(kTick);
        co_await self->bell_.async_wait(kTuple);
        self->dirty_ = false;
      }
      if (self->stopping_) co_return;
      try {
        co_await self->pass();
      } catch (const std::exception& e) {
        log::error("deployments=pass_failed reason=\"{}\"", e.what());
      }
    }
  }

  asio::awaitable<void> pass() {
    const bool listed = deployments_.listed() && pods_.listed() && nodes_.listed() &&
                        leases_.listed() && budgets_.listed();
    if (!listed || clock_.now() < retry_at_) co_return;
    failed_ = false;
    co_await keep_nodes();
    co_await keep_replicas();
    const auto kept = co_await budgets_.keep(deployments_.all(), pods_.all());
    if (!kept) complain("write_budget_status", kept.error());
    if (!failed_) failures_ = 0;
  }

  asio::awaitable<void> keep_nodes() {
    Renewals renewals;
    for (const auto& [key, lease] : leases_.all()) renewals[lease.node] = lease.renewal;
    const auto now = clock_.now();
    const auto findings = lifecycle_.look(now, nodes_.all(), renewals);
    const auto lost =
        copies_of(lifecycle_.lost_pods(now, nodes_.all(), findings.given_up, pods_.all()));
    std::vector<LifecycleNode> silent;
    for (const auto* node : findings.silent) silent.push_back(*node);
    for (const auto& node : silent) co_await mark_unknown(node);
    for (const auto& pod : lost) co_await remove(pod, true, "its node is away");
  }

  asio::awaitable<void> keep_replicas() {
    forget_confirmed();
    struct Task {
      Deployment deployment;
      std::int64_t create;
      std::vector<core::KubePod> surplus;
      DeploymentStatus status;
    };
    // Copied: the view changes while requests are under way.
    std::vector<Task> tasks;
    for (const auto& [key, deployment] : deployments_.all()) {
      auto plan = plan_replicas(deployment, pods_.all(), coming(deployment.uid));
      const bool same_status = plan.status == status_told(deployment);
      if (plan.create == 0 && plan.remove.empty() && same_status) continue;
      tasks.push_back({deployment, plan.create, copies_of(plan.remove), plan.status});
    }
    const auto left = copies_of(orphans(deployments_.all(), pods_.all()));
    for (const auto& task : tasks) {
      for (const auto& pod : task.surplus) co_await remove(pod, false, "surplus or ended");
      for (std::int64_t i = 0; i < task.create; ++i) {
        const bool made = co_await create(task.deployment);
        if (!made || stopping_) break;
      }
      if (task.status != status_told(task.deployment)) {
        co_await write_status(task.deployment, task.status);
      }
    }
    for (const auto& pod : left) co_await remove(pod, false, "its Deployment is gone");
  }

  asio::awaitable<bool> create(const Deployment& deployment) {
    auto target = fmt::format("/api/v1/namespaces/{}/pods", deployment.ns);
    json::value body = pod_of(deployment);
    const auto made = co_await client_->create(std::move(target), std::move(body));
    if (!made) {
      complain("create_pod", made.error());
      co_return false;
    }
    const auto& pod = made->get_object();
    const std::string uid(find_text(pod, {"metadata", "uid"}));
    coming_[uid] = {deployment.uid, clock_.now() + kConfirmWithin};
    log::info("action=create_pod deployment={}/{} pod={}", deployment.ns, deployment.name,
              find_text(pod, {"metadata", "name"}));
    co_return true;
  }

  /// Once per pod and kind of removal, until the watch had time to tell.
  asio::awaitable<void> remove(const core::KubePod& pod, bool at_once, std::string_view why) {
    const auto key = pod.uid + (at_once ? "/now" : "");
    if (stopping_ || removed_.contains(key)) co_return;
    json::object options{
        {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", {{"uid", pod.uid}}}};
    if (at_once) options["gracePeriodSeconds"] = 0;
    auto target = fmt::format("/api/v1/namespaces/{}/pods/{}", pod.ns, pod.name);
    json::value body = std::move(options);
    const auto done = co_await client_->remove(std::move(target), std::move(body));
    if (!done) {
      complain("delete_pod", done.error());
      co_return;
    }
    removed_[key] = clock_.now() + kConfirmWithin;
    log::info("action=delete_pod pod={}/{} node={} reason=\"{}\"", pod.ns, pod.name, pod.node, why);
  }

  asio::awaitable<void> write_status(const Deployment& deployment, const DeploymentStatus& status) {
    auto target = fmt::format("/apis/apps/v1/namespaces/{}/deployments/{}/status", deployment.ns,
                              deployment.name);
    json::value patch = status_patch(status);
    const auto done = co_await client_->merge_patch(std::move(target), std::move(patch));
    if (done) {
      told_[deployment.uid] = {status, clock_.now() + kConfirmWithin};
    } else {
      complain("write_status", done.error());
    }
  }

  asio::awaitable<void> mark_unknown(const LifecycleNode& node) {
    auto target = fmt::format("/api/v1/nodes/{}/status", node.name);
    json::value patch = silence_patch(node, api_time_now());
    const auto done = co_await client_->merge_patch(std::move(target), std::move(patch));
    if (done) {
      log::info("action=mark_unknown node={} reason=\"its Lease was not renewed in time\"",
                node.name);
    } else {
      complain("mark_unknown", done.error());
    }
  }

  /// What changed or went meanwhile is told by the watch; anything else is tried again later.
  void complain(std::string_view action, const Error& error) {
    if (error.code == Errc::conflict || error.code == Errc::not_found) {
      log::debug("action={} outcome=overtaken reason=\"{}\"", action, error.message);
      return;
    }
    log::warn("action={} failed=\"{}\"", action, error.message);
    if (std::exchange(failed_, true)) return;
    retry_at_ = clock_.now() + next_delay(++failures_, random_(), kTick, kRetryCap);
  }

  static std::vector<core::KubePod> copies_of(const std::vector<const DeploymentPod*>& pods) {
    std::vector<core::KubePod> result;
    for (const auto* pod : pods) result.push_back(pod->pod);
    return result;
  }

  [[nodiscard]] std::int64_t coming(const std::string& deployment_uid) const {
    std::int64_t count = 0;
    for (const auto& [uid, pod] : coming_) count += pod.deployment_uid == deployment_uid ? 1 : 0;
    return count;
  }

  /// The Deployment's status as we last wrote it, else as it was seen.
  [[nodiscard]] const DeploymentStatus& status_told(const Deployment& deployment) const {
    const auto found = told_.find(deployment.uid);
    return found == told_.end() ? deployment.status : found->second.status;
  }

  void forget_confirmed() {
    const auto now = clock_.now();
    for (const auto& [key, pod] : pods_.all()) coming_.erase(pod.pod.uid);
    std::erase_if(coming_, [now](const auto& entry) { return entry.second.until <= now; });
    std::erase_if(removed_, [now](const auto& entry) { return entry.second <= now; });
    for (const auto& [key, deployment] : deployments_.all()) {
      const auto told = told_.find(deployment.uid);
      if (told != told_.end() && told->second.status == deployment.status) told_.erase(told);
    }
    std::erase_if(told_, [now](const auto& entry) { return entry.second.until <= now; });
  }

  struct Coming {
    std::string deployment_uid;
    TimePoint until;
  };
  struct Told {
    DeploymentStatus status;
    TimePoint until;
  };

  std::shared_ptr<kubernetes::ApiClient> client_;
  asio::any_io_executor executor_;
  asio::steady_timer bell_;
  RealClock clock_;
  NodeLifecycle lifecycle_;
  WatchedObjects<Deployment> deployments_;
  WatchedObjects<DeploymentPod> pods_;
  WatchedObjects<LifecycleNode> nodes_;
  WatchedObjects<SeenLease> leases_;
  BudgetKeeper budgets_;
  std::map<std::string, Coming> coming_;      ///< uid of pods made and not seen yet
  std::map<std::string, TimePoint> removed_;  ///< uid of pods removed → may be tried again
  std::map<std::string, Told> told_;          ///< uid of a Deployment → status written
  std::mt19937_64 random_{std::random_device{}()};
  TimePoint retry_at_{};
  unsigned failures_ = 0;
  bool failed_ = false;  ///< in this pass
  bool dirty_ = false;
  bool stopping_ = false;
};

}  // namespace

std::shared_ptr<Controller> make_deployments(std::shared_ptr<kubernetes::ApiClient> client,
                                             asio::any_io_executor executor,
                                             DeploymentsOptions options) {
  return std::make_shared<DeploymentsController>(std::move(client), std::move(executor), options);
}

}  // namespace ecokube::lab
