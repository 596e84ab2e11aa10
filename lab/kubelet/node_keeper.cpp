#include "lab/kubelet/node_keeper.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "common/asio_tuple.h"
#include "common/backoff.h"
#include "common/log.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;
using boost::json::value;

constexpr std::string_view kLeases =
    "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
constexpr std::string_view kNodes = "/api/v1/nodes";

}  // namespace

NodeKeeper::NodeKeeper(std::shared_ptr<kubernetes::ApiClient> client,
                       const asio::any_io_executor& executor, NodeSelf self)
    : client_(std::move(client)),
      timer_(executor),
      self_(std::move(self)),
      random_(std::random_device{}()) {}

void NodeKeeper::start() {
  asio::co_spawn(timer_.get_executor(), run(shared_from_this()),
                 log::thrown("node event=keeper_ended"));
}

void NodeKeeper::stop() {
  stopping_ = true;
  timer_.cancel();
}

asio::awaitable<void> NodeKeeper::run(std::shared_ptr<NodeKeeper> self) {
  while (!self->stopping_) {
    // The Lease first: whoever sees Ready must not find an old Lease beside it.
    auto round = co_await self->renew_lease();
    if (round && !self->stopping_) round = co_await self->keep_node();
    if (self->stopping_) co_return;
    self->timer_.expires_after(self->pause_after(round));
    co_await self->timer_.async_wait(kTuple);
  }
}

Duration NodeKeeper::pause_after(const Result<void>& round) {
  constexpr Duration kBase{200};
  if (round) {
    if (failures_ > 0) log::info("node event=api_server_back failures={}", failures_);
    failures_ = 0;
    return self_.options.lease_interval;
  }
  if (failures_++ == 0) log::warn("node event=not_reported reason=\"{}\"", round.error().message);
  return next_delay(failures_, random_(), kBase, self_.options.lease_interval);
}

asio::awaitable<Result<void>> NodeKeeper::renew_lease() {
  const auto now = clock_.now();
  value patch(renewed_node_lease(self_, now));
  const auto renewed = co_await client_->merge_patch(
      fmt::format("{}/{}", kLeases, self_.options.node_name), std::move(patch));
  if (renewed) co_return Result<void>{};
  if (renewed.error().code != Errc::not_found) co_return std::unexpected(renewed.error());
  value lease(new_node_lease(self_, now));
  const auto created = co_await client_->create(std::string(kLeases), std::move(lease));
  if (!created) co_return std::unexpected(created.error());
  log::info("node event=lease_created node={}", self_.options.node_name);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> NodeKeeper::keep_node() {
  const auto node = co_await find_or_create_node();
  if (!node) co_return std::unexpected(node.error());
  const auto now = clock_.now();
  if (!needs_status(node->get_object(), self_, reported_at_, now)) co_return Result<void>{};
  value patch(node_status_patch(node->get_object(), self_, now));
  const auto patched = co_await client_->merge_patch(
      fmt::format("{}/{}/status", kNodes, self_.options.node_name), std::move(patch));
  if (!patched) co_return std::unexpected(patched.error());
  if (reported_at_ == TimePoint{}) {
    log::info("node event=ready node={} boot_id={}", self_.options.node_name, self_.boot_id);
  }
  reported_at_ = now;
  co_return Result<void>{};
}

asio::awaitable<Result<value>> NodeKeeper::find_or_create_node() {
  auto found = co_await client_->get(fmt::format("{}/{}", kNodes, self_.options.node_name));
  if (found || found.error().code != Errc::not_found) co_return found;
  value node(new_node(self_));
  auto created = co_await client_->create(std::string(kNodes), std::move(node));
  if (created) log::info("node event=created node={}", self_.options.node_name);
  // A conflict: somebody else made it between our two requests. The next round finds it.
  co_return created;
}

}  // namespace ecokube::lab
