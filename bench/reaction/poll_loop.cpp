#include "bench/reaction/poll_loop.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <utility>

#include "bench/reaction/cluster.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"
#include "coordinator/power/wake_on_lan.h"

namespace ecokube::bench {

namespace asio = boost::asio;
namespace json = boost::json;

PollLoop::PollLoop(asio::any_io_executor executor, std::shared_ptr<kubernetes::ApiClient> client,
                   const std::vector<BenchNode>& nodes, std::string wake_address)
    : executor_(std::move(executor)),
      client_(std::move(client)),
      wake_address_(std::move(wake_address)) {
  for (const auto& node : nodes) machines_.emplace(node.name, node.mac);
}

asio::awaitable<Result<void>> PollLoop::run() {
  while (!stopped_) {
    auto passed = co_await pass();
    if (!passed) co_return passed;
    if (!stopped_) co_await pause(kInterval);
  }
  co_return Result<void>{};
}

asio::awaitable<Result<PollLoop::Things>> PollLoop::list(std::string path) {
  Things things;
  std::string next;
  do {
    auto target = path + "?limit=500";
    if (!next.empty()) target += "&continue=" + percent_encode(next);
    const auto page = co_await client_->get(std::move(target));
    if (!page) co_return std::unexpected(page.error());
    const auto& items = kubernetes::find_array(page->get_object(), {"items"});
    things.insert(things.end(), items.begin(), items.end());
    next = kubernetes::find_text(page->get_object(), {"metadata", "continue"});
  } while (!next.empty());
  co_return things;
}

asio::awaitable<Result<void>> PollLoop::pass() {
  const auto nodes = co_await list("/api/v1/nodes");
  if (!nodes) co_return std::unexpected(nodes.error());
  const auto pods = co_await list("/api/v1/pods");
  if (!pods) co_return std::unexpected(pods.error());
  for (const auto& thing : *nodes) {
    const auto node = kubernetes::parse_node(thing.get_object());
    if (!node || !node->unschedulable || !machines_.contains(node->name)) continue;
    for (const auto& candidate : *pods) {
      const auto pod = kubernetes::parse_pod(candidate.get_object());
      if (!pod || !pod->node.empty() || !core::matches(pod->node_selector, node->labels)) continue;
      auto woken = co_await wake(node->name);
      if (!woken) co_return woken;
      break;
    }
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> PollLoop::wake(NodeName node) {
  const auto power = make_wake_on_lan(executor_);
  const core::WakeNode target{wake_address_, {machines_.at(node).text()}};
  const auto secure_on = power->secure_on_of(target);
  auto sent = co_await power->wake(target, secure_on);
  if (!sent) co_return sent;
  json::value uncordon = json::object{{"spec", json::object{{"unschedulable", nullptr}}}};
  const auto written =
      co_await client_->merge_patch(fmt::format("/api/v1/nodes/{}", node), std::move(uncordon));
  if (!written) co_return std::unexpected(written.error());
  co_return Result<void>{};
}

}  // namespace ecokube::bench
