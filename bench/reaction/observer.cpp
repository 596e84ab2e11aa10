#include "bench/reaction/observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/reaction/objects.h"
#include "common/http_client.h"
#include "common/log.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::bench {

namespace {

using kubernetes::ChangeType;
using Thing = boost::json::object;

std::shared_ptr<kubernetes::Reflector> make_reflector(
    std::shared_ptr<kubernetes::ApiClient> client, boost::asio::any_io_executor executor,
    kubernetes::ReflectorOptions options, std::function<void(ChangeType, const Thing&)> seen) {
  kubernetes::Reflector::Callbacks to;
  to.list_begun = [] {};
  to.item = [seen](const Thing& thing) { seen(ChangeType::added, thing); };
  to.listed = [](core::Revision) {};
  to.changed = std::move(seen);
  to.bookmark = [](core::Revision) {};
  to.interrupted = [](const Error& why) { log::warn("watch interrupted: {}", why.message); };
  return std::make_shared<kubernetes::Reflector>(std::move(client), std::move(executor),
                                                 std::move(options), std::move(to));
}

}  // namespace

Observer::Observer(std::shared_ptr<kubernetes::ApiClient> client,
                   boost::asio::any_io_executor executor) {
  kubernetes::ReflectorOptions nodes;
  nodes.path = "/api/v1/nodes";
  nodes_ = make_reflector(client, executor, std::move(nodes),
                          [this](ChangeType, const Thing& node) { see_node(node); });
  kubernetes::ReflectorOptions pods;
  pods.path = "/api/v1/pods";
  const auto not_busy = fmt::format("{}!={}", kRoleLabel, to_string(Role::busy));
  pods.selector = "labelSelector=" + percent_encode(not_busy);
  pods_ = make_reflector(std::move(client), std::move(executor), std::move(pods),
                         [this](ChangeType type, const Thing& pod) { see_pod(type, pod); });
}

void Observer::stop() {
  nodes_->stop();
  pods_->stop();
}

void Observer::start() {
  nodes_->start();
  pods_->start();
}

void Observer::see_node(const Thing& thing) {
  const auto now = Clock::now();
  const auto node = kubernetes::parse_node(thing);
  if (!node) return;
  node_changed_at = now;
  node->taints.empty() ? tainted.erase(node->name) : tainted.insert(node->name).second;
  const bool ours = std::ranges::any_of(
      node->taints, [](const core::Taint& taint) { return taint.key == names::kTaint; });
  if (ours && node->unschedulable) marked.try_emplace(node->name, now);
  if (!ours && marked.contains(node->name)) unmarked.try_emplace(node->name, now);
  if (node->annotations.contains(std::string(names::kPower))) off.try_emplace(node->name, now);
}

void Observer::see_pod(ChangeType type, const Thing& thing) {
  const auto now = Clock::now();
  const auto pod = kubernetes::parse_pod(thing);
  if (!pod) return;
  if (type == ChangeType::deleted) gone.try_emplace(pod->name, now);
  if (pod->unschedulable) unschedulable.try_emplace(pod->name, now);
  if (!pod->node.empty()) bound.try_emplace(pod->name, now);
}

}  // namespace ecokube::bench
