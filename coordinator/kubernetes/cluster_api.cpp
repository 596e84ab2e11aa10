#include "coordinator/kubernetes/cluster_api.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <exception>
#include <map>
#include <random>
#include <utility>

#include "common/asio_tuple.h"
#include "common/log.h"
#include "coordinator/kubernetes/cluster_calls.h"
#include "coordinator/kubernetes/cluster_view.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/lease.h"
#include "coordinator/kubernetes/node_changes.h"
#include "coordinator/kubernetes/pod_calls.h"
#include "coordinator/kubernetes/workload_watch.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;
using boost::json::object;
using core::Revision;

/// Where each Resource is, in their order.
constexpr std::array<const char*, kResources> kPaths{
    "/api/v1/nodes",
    "/api/v1/pods",
    "/apis/policy/v1/poddisruptionbudgets",
    "/apis/storage.k8s.io/v1/volumeattachments",
    "/api/v1/persistentvolumes",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
    "/api/v1/services",
    "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"};

/// What outlives the owner while a coroutine still runs.
struct Parts {
  std::shared_ptr<ApiClient> client;
  std::unique_ptr<ClusterView> view;
  std::array<std::shared_ptr<Reflector>, kResources> reflectors;
  std::vector<std::shared_ptr<WorkloadWatch>> workloads;  ///< one for each kind
  std::shared_ptr<LeaseKeeper> lease;
  std::unique_ptr<asio::steady_timer> probe_timer;
  bool stopped = false;
};

/// A cheap read that proves that the server answers and that its revision did not fall.
asio::awaitable<Result<Revision>> probe_once(std::shared_ptr<Parts> parts) {
  const auto page = co_await parts->client->get(std::string(kPaths.front()) + "?limit=1");
  if (!page) co_return std::unexpected(page.error());
  co_return revision_of(page->get_object());
}

asio::awaitable<void> probe_for_ever(std::shared_ptr<Parts> parts,
                                     std::chrono::milliseconds interval) {
  constexpr unsigned kSilentAfter = 2;
  unsigned failures = 0;
  while (!parts->stopped) {
    parts->probe_timer->expires_after(interval);
    co_await parts->probe_timer->async_wait(kTuple);
    if (parts->stopped) break;
    const auto highest = parts->view->highest_revision();
    const auto revision = co_await probe_once(parts);
    if (parts->stopped) break;
    if (revision) {
      failures = 0;
      parts->view->probed(*revision, highest);
    } else if (revision.error().code != Errc::busy && ++failures >= kSilentAfter) {
      parts->view->silent(revision.error());
    }
  }
}

class Kubernetes final : public KubernetesCluster {
 public:
  Kubernetes(asio::any_io_executor executor, KubernetesOptions options,
             std::shared_ptr<ApiClient> client, std::shared_ptr<ApiClient> lease_client)
      : executor_(std::move(executor)),
        options_(std::move(options)),
        client_(std::move(client)),
        lease_client_(std::move(lease_client)) {}
  Kubernetes(const Kubernetes&) = delete;
  Kubernetes& operator=(const Kubernetes&) = delete;
  ~Kubernetes() override { end_watches(); }

  void start(Observe observe) override;
  asio::awaitable<void> stop() override;

  asio::awaitable<Result<Revision>> mark(const core::Step& step) override;
  asio::awaitable<Result<Revision>> unmark(const core::Step& step) override;
  asio::awaitable<Result<Revision>> set_service(const core::Step& step) override;
  asio::awaitable<Result<Revision>> claim(const core::Step& step) override;
  asio::awaitable<Result<Revision>> annotate(const core::Step& step) override;
  asio::awaitable<Result<ListedPods>> list_pods(const NodeName& node,
                                                Revision min_revision) override {
    return list_pods_on(client_, node, min_revision);
  }
  asio::awaitable<Result<void>> scale(const core::ScaleWorkload& target) override;
  asio::awaitable<Result<void>> evict(const core::EvictPods& pods) override {
    return evict_pods(client_, pods.pods);
  }
  asio::awaitable<Result<Revision>> soft_taint(const core::Step& step) override;
  asio::awaitable<Result<void>> bind(const core::BindPod& pod) override {
    return bind_pod(client_, pod);
  }
  asio::awaitable<Result<void>> report(const core::ReportUnschedulable& pod) override {
    return report_pod(client_, pod, options_.clock());
  }
  asio::awaitable<Result<void>> record_revocation(NodeName node, std::string text) override {
    return write_revocation(client_, std::move(node), std::move(text));
  }
  asio::awaitable<Result<void>> record_freeze(const std::string& text) override {
    return write_freeze(client_, text);
  }
  void raise_fence_floor(std::int64_t floor) override {
    fence_floor_ = std::max(fence_floor_, floor);
    if (parts_ && parts_->lease) parts_->lease->raise_floor(floor);
  }
  [[nodiscard]] std::uint64_t requests() const override {
    return client_->requests() + lease_client_->requests();
  }

 private:
  [[nodiscard]] asio::awaitable<Result<Revision>> telling_the_view(
      asio::awaitable<Result<Revision>> write);
  void watch_workloads(const Observe& observe);
  [[nodiscard]] std::shared_ptr<Reflector> make_reflector(Resource resource, Parts& parts);
  void end_watches();

  asio::any_io_executor executor_;
  KubernetesOptions options_;
  std::shared_ptr<ApiClient> client_;
  std::shared_ptr<ApiClient> lease_client_;  // its own: it never waits behind other requests
  std::shared_ptr<Parts> parts_;
  std::int64_t fence_floor_ = 0;
};

void Kubernetes::start(Observe observe) {
  parts_ = std::make_shared<Parts>();
  parts_->client = client_;
  auto* parts = parts_.get();  // the view and the reflectors are parts of it
  auto tell = [observe, parts](core::Fact fact) {
    if (const auto* freeze = std::get_if<core::FreezeSeen>(&fact); freeze && parts->lease) {
      parts->lease->carry_freeze(freeze->text);
    }
    observe(std::move(fact));
  };
  ClusterView::Sink sink{std::move(tell), [parts](std::optional<Resource> except) {
                           for (std::size_t i = 0; i < kResources; ++i) {
                             if (!except || static_cast<std::size_t>(*except) != i) {
                               parts->reflectors.at(i)->list_anew();
                             }
                           }
                           for (const auto& kind : parts->workloads) kind->list_anew();
                         }};
  parts_->view = std::make_unique<ClusterView>(std::move(sink));
  for (std::size_t i = 0; i < kResources; ++i) {
    parts_->reflectors.at(i) = make_reflector(static_cast<Resource>(i), *parts);
  }
  for (const auto& reflector : parts_->reflectors) reflector->start();
  watch_workloads(observe);
  parts_->probe_timer = std::make_unique<asio::steady_timer>(executor_);
  asio::co_spawn(executor_, probe_for_ever(parts_, options_.probe_interval),
                 log::thrown("kubernetes event=ended part=probe"));
  if (!options_.lease) return;
  LeaseOptions lease;
  lease.identity = fmt::format("{}_{:016x}", options_.identity, [] {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
  }());
  lease.duration = options_.lease_duration;
  lease.clock = options_.clock;
  lease.went_backwards = [view = parts->view.get()] { view->went_backwards(); };
  parts_->lease =
      std::make_shared<LeaseKeeper>(lease_client_, executor_, std::move(lease), observe);
  parts_->lease->raise_floor(fence_floor_);
  parts_->lease->start();
}

void Kubernetes::watch_workloads(const Observe& observe) {
  std::map<std::string, std::vector<ScaleTarget>> kinds;
  for (const auto& target : options_.scaled) {
    kinds[core::kind_key(core::group_of(target.api_version), target.kind)].push_back(target);
  }
  for (const auto& [key, targets] : kinds) {
    parts_->workloads.push_back(
        std::make_shared<WorkloadWatch>(client_, executor_, targets, options_.watching, observe));
    parts_->workloads.back()->start();
  }
}

asio::awaitable<Result<void>> not_scalable(std::string kind) {
  co_return fail(Errc::unsupported,
                 fmt::format("a {} can't be scaled: it was not found in the cluster", kind));
}

asio::awaitable<Result<void>> Kubernetes::scale(const core::ScaleWorkload& target) {
  const auto key = core::kind_key(target.group, target.kind);
  for (const auto& kind : parts_->workloads) {
    if (kind->key() == key && kind->found()) return scale_workload(client_, *kind->found(), target);
  }
  return not_scalable(key);
}

std::shared_ptr<Reflector> Kubernetes::make_reflector(Resource resource, Parts& parts) {
  auto options = options_.watching;
  options.path = kPaths.at(static_cast<std::size_t>(resource));
  options.selector = resource == Resource::lease
                         ? fmt::format("fieldSelector=metadata.name%3D{}", names::kLeaseName)
                         : "";
  auto* view = parts.view.get();
  Reflector::Callbacks callbacks;
  callbacks.list_begun = [=] { view->list_begun(resource); };
  callbacks.item = [=](const object& thing) { view->item(resource, thing); };
  callbacks.listed = [=](Revision revision) { view->listed(resource, revision); };
  callbacks.changed = [=, &parts](ChangeType type, const object& thing) {
    view->changed(resource, type, thing);
    if (resource == Resource::lease && parts.lease) parts.lease->watched(type, thing);
  };
  callbacks.bookmark = [=](Revision revision) { view->bookmark(resource, revision); };
  callbacks.interrupted = [=](const Error& why) { view->interrupted(resource, why); };
  return std::make_shared<Reflector>(client_, executor_, std::move(options), std::move(callbacks));
}

void Kubernetes::end_watches() {
  if (!parts_ || parts_->stopped) return;
  parts_->stopped = true;
  for (const auto& reflector : parts_->reflectors) reflector->stop();
  for (const auto& kind : parts_->workloads) kind->stop();
  parts_->probe_timer->cancel();
}

asio::awaitable<void> Kubernetes::stop() {
  if (!parts_) co_return;
  const auto parts = parts_;
  if (parts->lease) co_await parts->lease->stop();
  end_watches();
}

/// A step that is none of ours never comes from the core; it is refused all the same.
asio::awaitable<Result<Revision>> wrong_step(std::string id) {
  co_return fail(Errc::invalid, fmt::format("step {} is none for the cluster", id));
}

asio::awaitable<Result<Revision>> Kubernetes::mark(const core::Step& step) {
  const auto* action = std::get_if<core::MarkNode>(&step.action);
  if (action == nullptr) return wrong_step(step.id.text());
  return telling_the_view(mark_node(client_, step.id.subject, *action, step.id.transition));
}

asio::awaitable<Result<Revision>> Kubernetes::unmark(const core::Step& step) {
  const auto* action = std::get_if<core::UnmarkNode>(&step.action);
  if (action == nullptr) return wrong_step(step.id.text());
  return telling_the_view(unmark_node(client_, step.id.subject, *action));
}

asio::awaitable<Result<Revision>> Kubernetes::soft_taint(const core::Step& step) {
  const auto* action = std::get_if<core::SoftTaint>(&step.action);
  if (action == nullptr) return wrong_step(step.id.text());
  return telling_the_view(write_soft_taint(client_, step.id.subject, *action));
}

asio::awaitable<Result<Revision>> Kubernetes::set_service(const core::Step& step) {
  if (std::holds_alternative<core::PutInService>(step.action)) {
    return telling_the_view(put_in_service(client_, step.id.subject));
  }
  const auto* taken = std::get_if<core::TakeOutOfService>(&step.action);
  if (taken == nullptr) return wrong_step(step.id.text());
  return telling_the_view(take_out_of_service(client_, step.id.subject, taken->expected_revision));
}

asio::awaitable<Result<Revision>> Kubernetes::claim(const core::Step& step) {
  const auto* off = std::get_if<core::PowerOff>(&step.action);
  if (off == nullptr) return wrong_step(step.id.text());
  const auto text =
      fmt::format("{} fence={} step={}", options_.identity, step.fence, step.id.text());
  return telling_the_view(
      patch_node(client_, step.id.subject, claim_patch(off->expected_revision, text)));
}

asio::awaitable<Result<Revision>> Kubernetes::annotate(const core::Step& step) {
  if (const auto* off = std::get_if<core::RecordOff>(&step.action); off != nullptr && off->mark) {
    return telling_the_view(mark_off_node(client_, step.id.subject, *off, step.id.transition));
  }
  auto patch = annotation_patch(step.action);
  if (!patch) return wrong_step(step.id.text());
  return telling_the_view(patch_node(client_, step.id.subject, std::move(*patch)));
}

asio::awaitable<Result<Revision>> Kubernetes::telling_the_view(
    asio::awaitable<Result<Revision>> write) {
  const auto parts = parts_;
  const auto revision = co_await std::move(write);
  if (revision && parts) parts->view->wrote(*revision);
  co_return revision;
}

}  // namespace

Result<std::unique_ptr<KubernetesCluster>> make_kubernetes(asio::any_io_executor executor,
                                                           KubernetesOptions options) {
  auto client = ApiClient::make(executor, options.access, options.limits);
  if (!client) return std::unexpected(client.error());
  auto lease_limits = options.limits;
  // A renewal that hangs must fail while there is still time for another.
  const std::chrono::milliseconds renewal = renews_every(options.lease_duration);
  lease_limits.response_timeout = std::min(lease_limits.response_timeout, renewal);
  lease_limits.connect_timeout = std::min(lease_limits.connect_timeout, renewal);
  auto lease_client = ApiClient::make(executor, options.access, lease_limits);
  if (!lease_client) return std::unexpected(lease_client.error());
  return std::make_unique<Kubernetes>(std::move(executor), std::move(options), std::move(*client),
                                      std::move(*lease_client));
}

}  // namespace ecokube::kubernetes
