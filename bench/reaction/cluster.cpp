#include "bench/reaction/cluster.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "common/asio_tuple.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/kubeconfig.h"

namespace ecokube::bench {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
constexpr int kWorkers = 8;  // as many as the HTTP client keeps connections for
constexpr const char* kPods = "/api/v1/namespaces/default/pods";

using Work = std::function<asio::awaitable<Result<void>>(std::size_t)>;

/// What the workers of one batch share. On the executor's one thread.
struct Batch {
  Batch(const asio::any_io_executor& executor, std::size_t works, Work each)
      : work(std::move(each)), count(works), ended(executor) {}
  Work work;
  std::size_t count;
  std::size_t next = 0;
  int running = kWorkers;
  Result<void> result;
  asio::steady_timer ended;
};

asio::awaitable<void> work_on(std::shared_ptr<Batch> batch) {
  while (batch->result && batch->next < batch->count) {
    auto done = co_await batch->work(batch->next++);
    if (!done) batch->result = std::move(done);
  }
}

/// work(0), work(1), ...: several at a time, until all are done or one fails.
asio::awaitable<Result<void>> in_parallel(std::size_t count, Work work) {
  const auto executor = co_await asio::this_coro::executor;
  auto batch = std::make_shared<Batch>(executor, count, std::move(work));
  batch->ended.expires_at(std::chrono::steady_clock::time_point::max());
  for (int i = 0; i < kWorkers; ++i) {
    asio::co_spawn(executor, work_on(batch), [batch](const std::exception_ptr& error) {
      if (error) batch->result = fail(Errc::io, "an unforeseen error stopped a request");
      if (--batch->running == 0) batch->ended.cancel();
    });
  }
  while (batch->running > 0) {
    co_await batch->ended.async_wait(kTuple);
  }
  co_return batch->result;
}

asio::awaitable<Result<void>> create(std::shared_ptr<kubernetes::ApiClient> client,
                                     std::string path, json::object thing) {
  json::value body(std::move(thing));
  const auto made = co_await client->create(std::move(path), std::move(body));
  if (!made) co_return std::unexpected(made.error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> patch(std::shared_ptr<kubernetes::ApiClient> client, std::string path,
                                    json::object change) {
  json::value body(std::move(change));
  const auto made = co_await client->merge_patch(std::move(path), std::move(body));
  if (!made) co_return std::unexpected(made.error());
  co_return Result<void>{};
}

}  // namespace

asio::awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(kTuple);
}

asio::awaitable<Result<void>> wait_until(std::string what, std::chrono::seconds limit,
                                         std::function<bool()> done) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) {
      co_return fail(Errc::timeout, fmt::format("{}: not within {} s", what, limit.count()));
    }
    co_await pause(kLookEvery);
  }
  co_return Result<void>{};
}

Result<Cluster> Cluster::open(const asio::any_io_executor& executor,
                              const std::filesystem::path& kubeconfig) {
  auto access = kubernetes::read_kubeconfig(kubeconfig);
  if (!access) return std::unexpected(std::move(access.error()));
  kubernetes::ApiLimits limits;
  limits.requests_per_s = 1'000'000;
  limits.burst = 1'000'000;
  limits.response_timeout = std::chrono::seconds(60);
  auto client = kubernetes::ApiClient::make(executor, *std::move(access), limits);
  if (!client) return std::unexpected(std::move(client.error()));
  return Cluster(*std::move(client));
}

asio::awaitable<Result<void>> Cluster::make_nodes(const std::vector<BenchNode>& nodes) {
  Work work = [client = client_, &nodes](std::size_t i) {
    return create(client, "/api/v1/nodes", node_object(nodes[i]));
  };
  co_return co_await in_parallel(nodes.size(), std::move(work));
}

asio::awaitable<Result<void>> Cluster::make_running_pods(std::vector<json::object> pods) {
  const auto count = pods.size();
  const auto all = std::make_shared<std::vector<json::object>>(std::move(pods));
  Work make = [client = client_, all](std::size_t i) { return create(client, kPods, (*all)[i]); };
  if (auto made = co_await in_parallel(count, std::move(make)); !made) co_return made;
  Work run = [client = client_, all](std::size_t i) {
    const json::object running{{"status", json::object{{"phase", "Running"}}}};
    const auto name = kubernetes::find_text((*all)[i], {"metadata", "name"});
    return patch(client, fmt::format("{}/{}/status", kPods, name), running);
  };
  co_return co_await in_parallel(count, std::move(run));
}

asio::awaitable<Result<void>> Cluster::create_pod(json::object pod) {
  return create(client_, kPods, std::move(pod));
}

asio::awaitable<Result<void>> Cluster::delete_pod(std::string name) {
  json::value options = json::object{{"gracePeriodSeconds", 0}};
  const auto gone = co_await client_->remove(fmt::format("{}/{}", kPods, name), std::move(options));
  if (!gone) co_return std::unexpected(gone.error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Cluster::read_node(NodeName node) {
  const auto read = co_await client_->get("/api/v1/nodes/" + node);
  if (!read) co_return std::unexpected(read.error());
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Cluster::patch_node_status(NodeName node, json::object change) {
  return patch(client_, fmt::format("/api/v1/nodes/{}/status", node), std::move(change));
}

}  // namespace ecokube::bench
