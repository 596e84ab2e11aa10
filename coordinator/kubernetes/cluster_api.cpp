#include "coordinator/kubernetes/cluster_api.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <exception>
#include <random>
#include <utility>

#include "common/log.h"
#include "coordinator/kubernetes/cluster_view.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/lease.h"
#include "coordinator/kubernetes/node_changes.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::kubernetes {
namespace {

namespace asio = boost::asio;
using boost::json::object;
using core::Revision;

constexpr std::array<const char*, kResources> kPaths{"/api/v1/nodes", "/api/v1/pods",
                                                     "/apis/apps/v1/deployments"};

std::string node_path(const NodeName& node) { return "/api/v1/nodes/" + percent_encode(node); }

void log_end(const char* what, const std::exception_ptr& error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    log::error("kubernetes event=ended part={} reason=\"{}\"", what, e.what());
  }
}

/// What outlives the owner while a coroutine still runs.
struct Parts {
  std::shared_ptr<ApiClient> client;
  std::unique_ptr<ClusterView> view;
  std::array<std::shared_ptr<Reflector>, kResources> reflectors;
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
    co_await parts->probe_timer->async_wait(asio::as_tuple(asio::use_awaitable));
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

  asio::awaitable<Result<Revision>> mark(const core::Step& step) override {
    const auto* action = std::get_if<core::MarkNode>(&step.action);
    if (action == nullptr) return wrong_step(step);
    return mark_node(step.id.subject, *action, step.id.transition);
  }
  asio::awaitable<Result<Revision>> unmark(const core::Step& step) override {
    const auto* action = std::get_if<core::UnmarkNode>(&step.action);
    if (action == nullptr) return wrong_step(step);
    return unmark_node(step.id.subject, *action);
  }
  asio::awaitable<Result<Revision>> annotate(const core::Step& step) override {
    auto patch = annotation_patch(step.action);
    if (!patch) return wrong_step(step);
    return patch_node(step.id.subject, std::move(*patch));
  }
  asio::awaitable<Result<ListedPods>> list_pods(const NodeName& node,
                                                Revision min_revision) override {
    return list_pods_of(node, min_revision);
  }
  asio::awaitable<Result<void>> scale(const core::ScaleWorkload& target) override {
    return scale_workload(target);
  }
  void raise_fence_floor(std::int64_t floor) override {
    fence_floor_ = std::max(fence_floor_, floor);
    if (parts_ && parts_->lease) parts_->lease->raise_floor(floor);
  }
  [[nodiscard]] std::uint64_t requests() const override {
    return client_->requests() + lease_client_->requests();
  }

 private:
  // By value: the caller's Step may be gone before the answer is here.
  asio::awaitable<Result<Revision>> wrong_step(core::Step step);
  asio::awaitable<Result<Revision>> mark_node(NodeName node, core::MarkNode mark,
                                              std::int64_t transition);
  asio::awaitable<Result<Revision>> unmark_node(NodeName node, core::UnmarkNode unmark);
  asio::awaitable<Result<Revision>> patch_node(NodeName node, object patch);
  asio::awaitable<Result<ListedPods>> list_pods_of(NodeName node, Revision min_revision);
  asio::awaitable<Result<void>> scale_workload(core::ScaleWorkload target);
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
  ClusterView::Sink sink{observe, [parts](std::optional<Resource> except) {
                           for (std::size_t i = 0; i < kResources; ++i) {
                             if (!except || static_cast<std::size_t>(*except) != i) {
                               parts->reflectors.at(i)->list_anew();
                             }
                           }
                         }};
  parts_->view = std::make_unique<ClusterView>(std::move(sink));
  for (const auto resource : {Resource::nodes, Resource::pods, Resource::workloads}) {
    parts_->reflectors.at(static_cast<std::size_t>(resource)) = make_reflector(resource, *parts);
  }
  for (const auto& reflector : parts_->reflectors) reflector->start();
  parts_->probe_timer = std::make_unique<asio::steady_timer>(executor_);
  asio::co_spawn(executor_, probe_for_ever(parts_, options_.probe_interval),
                 [](const std::exception_ptr& error) { log_end("probe", error); });
  if (!options_.lease) return;
  LeaseOptions lease;
  lease.identity = fmt::format("{}_{:016x}", options_.identity, [] {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
  }());
  lease.duration = options_.lease_duration;
  lease.clock = options_.clock;
  parts_->lease =
      std::make_shared<LeaseKeeper>(lease_client_, executor_, std::move(lease), observe);
  parts_->lease->raise_floor(fence_floor_);
  parts_->lease->start();
}

std::shared_ptr<Reflector> Kubernetes::make_reflector(Resource resource, Parts& parts) {
  auto options = options_.watching;
  options.path = kPaths.at(static_cast<std::size_t>(resource));
  options.selector.clear();
  auto* view = parts.view.get();
  Reflector::Callbacks callbacks;
  callbacks.list_begun = [=] { view->list_begun(resource); };
  callbacks.item = [=](const object& thing) { view->item(resource, thing); };
  callbacks.listed = [=](Revision revision) { view->listed(resource, revision); };
  callbacks.changed = [=](ChangeType type, const object& thing) {
    view->changed(resource, type, thing);
  };
  callbacks.bookmark = [=](Revision revision) { view->bookmark(resource, revision); };
  callbacks.interrupted = [=](const Error& why) { view->interrupted(resource, why); };
  return std::make_shared<Reflector>(client_, executor_, std::move(options), std::move(callbacks));
}

void Kubernetes::end_watches() {
  if (!parts_ || parts_->stopped) return;
  parts_->stopped = true;
  for (const auto& reflector : parts_->reflectors) reflector->stop();
  parts_->probe_timer->cancel();
}

asio::awaitable<void> Kubernetes::stop() {
  if (!parts_) co_return;
  const auto parts = parts_;
  if (parts->lease) co_await parts->lease->stop();
  end_watches();
}

asio::awaitable<Result<Revision>> Kubernetes::wrong_step(core::Step step) {
  co_return fail(Errc::invalid, fmt::format("step {} is none for the cluster", step.id.text()));
}

asio::awaitable<Result<Revision>> Kubernetes::mark_node(NodeName node, core::MarkNode mark,
                                                        std::int64_t transition) {
  const auto found = co_await client_->get(node_path(node));
  if (!found) co_return std::unexpected(found.error());
  const auto revision = revision_of(found->get_object());
  if (revision != mark.expected_revision) {
    co_return fail(Errc::conflict,
                   fmt::format("Node {} changed: it is at revision {}, the decision was made at {}",
                               node, revision, mark.expected_revision));
  }
  auto patch = mark_patch(found->get_object(), mark, transition);
  co_return co_await patch_node(std::move(node), std::move(patch));
}

asio::awaitable<Result<Revision>> Kubernetes::unmark_node(NodeName node, core::UnmarkNode unmark) {
  constexpr int kAttemptsMax = 5;
  for (int attempt = 1;; ++attempt) {
    const auto found = co_await client_->get(node_path(node));
    if (!found) co_return std::unexpected(found.error());
    auto patch = unmark_patch(found->get_object(), unmark);
    if (!patch) co_return revision_of(found->get_object());
    auto written = co_await patch_node(node, std::move(*patch));
    const bool conflict = !written && written.error().code == Errc::conflict;
    if (!conflict || attempt >= kAttemptsMax) co_return written;
  }
}

asio::awaitable<Result<Revision>> Kubernetes::patch_node(NodeName node, object patch) {
  boost::json::value body(std::move(patch));
  const auto written = co_await client_->merge_patch(node_path(node), std::move(body));
  if (!written) co_return std::unexpected(written.error());
  const auto revision = revision_of(written->get_object());
  if (parts_) parts_->view->wrote(revision);
  co_return revision;
}

asio::awaitable<Result<ListedPods>> Kubernetes::list_pods_of(NodeName node, Revision min_revision) {
  constexpr std::size_t kPodsMax = 100'000;
  const auto base =
      fmt::format("{}?limit=500&fieldSelector=spec.nodeName%3D{}", kPaths[1], percent_encode(node));
  auto target = base;
  if (min_revision > 0) {
    target += fmt::format("&resourceVersion={}&resourceVersionMatch=NotOlderThan", min_revision);
  }
  ListedPods result;
  while (true) {
    const auto page = co_await client_->get(target);
    if (!page) co_return std::unexpected(page.error());
    const auto& fields = page->get_object();
    result.revision = revision_of(fields);
    if (result.revision < min_revision || result.revision <= 0) {
      co_return fail(Errc::protocol, fmt::format("the list of pods on {} is of revision {}, older "
                                                 "than {} which was asked for",
                                                 node, result.revision, min_revision));
    }
    for (const auto& entry : find_array(fields, {"items"})) {
      static const object kNone;
      const auto* thing = entry.if_object();
      auto pod = parse_pod(thing != nullptr ? *thing : kNone);
      // A pod that can't be read may be work: the whole list is then no proof.
      if (!pod) co_return fail_while(fmt::format("listing pods on {}", node), pod.error());
      // The server filters; a server that does not must not fill this node with others' pods.
      if (pod->node == node) result.pods.push_back(std::move(*pod));
    }
    const auto next = find_text(fields, {"metadata", "continue"});
    if (next.empty()) co_return result;
    if (result.pods.size() > kPodsMax) co_return fail(Errc::too_large, "too many pods on a node");
    // With a continue token the revision is the first page's and must not be given again.
    target = base + "&continue=" + percent_encode(next);
  }
}

asio::awaitable<Result<void>> Kubernetes::scale_workload(core::ScaleWorkload target) {
  if (target.kind != "Deployment") {
    co_return fail(Errc::unsupported, fmt::format("scaling a {} is not supported", target.kind));
  }
  object spec;
  spec["replicas"] = target.replicas;
  object patch;
  patch["spec"] = std::move(spec);
  boost::json::value body(std::move(patch));
  auto path = fmt::format("/apis/apps/v1/namespaces/{}/deployments/{}/scale",
                          percent_encode(target.ns), percent_encode(target.name));
  const auto written = co_await client_->merge_patch(std::move(path), std::move(body));
  if (!written) co_return std::unexpected(written.error());
  co_return Result<void>{};
}

}  // namespace

Result<std::unique_ptr<KubernetesCluster>> make_kubernetes(asio::any_io_executor executor,
                                                           KubernetesOptions options) {
  auto client = ApiClient::make(executor, options.access, options.limits);
  if (!client) return std::unexpected(client.error());
  auto lease_limits = options.limits;
  // A renewal that hangs must fail while there is still time for another.
  lease_limits.response_timeout = std::min<std::chrono::milliseconds>(lease_limits.response_timeout,
                                                                      options.lease_duration / 3);
  lease_limits.connect_timeout =
      std::min<std::chrono::milliseconds>(lease_limits.connect_timeout, options.lease_duration / 3);
  auto lease_client = ApiClient::make(executor, options.access, lease_limits);
  if (!lease_client) return std::unexpected(lease_client.error());
  return std::make_unique<Kubernetes>(std::move(executor), std::move(options), std::move(*client),
                                      std::move(*lease_client));
}

}  // namespace ecokube::kubernetes
