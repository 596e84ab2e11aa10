#include "bench/reaction/stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <iterator>

#include "common/http_client.h"
#include "common/log.h"
#include "common/whole_file.h"
#include "coordinator/kubernetes/json_access.h"
#include "lab/real/kubernetes/control_plane_files.h"

namespace ecokube::bench {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr const char* kAddress = "127.0.60.1";
constexpr const char* kEarAddress = "127.0.60.2";
constexpr std::uint16_t kAgentsPort = 7443;
constexpr std::uint16_t kApiPort = 7444;
constexpr const char* kStamp = ".ecokube-bench";  // marks a folder that we may empty
constexpr std::chrono::seconds kLimit{180};
constexpr std::chrono::seconds kAtRest{3};
constexpr std::size_t kPodsPerNodeMax = 110;

/// As shipped, but for a pool that acts at once, and for how many a minute: what is measured is the
/// time of one.
constexpr const char* kCoordinatorConfig = R"(id = "bench"
state_dir = "{0}/state"
[kubernetes]
kubeconfig = "{1}"
[agents]
listen = "{2}:{3}"
ca = "{4}"
certificate = "{5}"
key = "{6}"
[api]
listen = "{2}:{7}"
socket = "{0}/api.sock"
[inrush]
starts_per_minute = 0
downs_per_minute = 0
[[pool]]
name = "measured"
node_selector = {{ "{8}" = "measured" }}
mode = "act"
unneeded_time_s = 0
[[pool]]
name = "busy"
node_selector = {{ "{8}" = "busy" }}
mode = "act"
)";

lab::ControlPlaneFiles control_plane_files(const fs::path& folder) {
  return {folder / "control-plane"};
}

HttpEndpoint coordinator_api() {
  return {.host = kAddress, .port = kApiPort, .unix_path = {}, .tls = {}};
}

/// One pod on each measured node, the rest spread over the busy ones.
std::vector<boost::json::object> running_pods(const std::vector<BenchNode>& measured,
                                              const std::vector<BenchNode>& busy,
                                              std::size_t count) {
  std::vector<boost::json::object> pods;
  for (const auto& node : measured) pods.push_back(bound_pod("last-" + node.name, node));
  for (std::size_t i = pods.size(); i < count; ++i) {
    pods.push_back(bound_pod(fmt::format("work-{:05}", i), busy[i % busy.size()]));
  }
  return pods;
}

}  // namespace

void say(const std::string& line) {
  static const auto begin = Clock::now();
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
  fmt::print("{}:{:02}  {}\n", passed.count() / 60, passed.count() % 60, line);
  std::fflush(stdout);
}

Stage::Stage(const asio::any_io_executor& executor, const ReactionOptions& options)
    : executor_(executor),
      options_(options),
      folder_(fs::absolute(options.folder).lexically_normal()),
      nodes_(nodes_of(options)),
      programs_(executor, folder_),
      ear_(executor),
      steps_(executor, coordinator_api()) {}

std::vector<BenchNode> Stage::with_role(Role role) const {
  std::vector<BenchNode> found;
  std::ranges::copy_if(nodes_, std::back_inserter(found),
                       [&](const BenchNode& node) { return node.role == role; });
  return found;
}

asio::awaitable<Result<void>> Stage::wait_for(std::string what, std::function<bool()> done) {
  Result<void> programs;
  std::function<bool()> done_or_dead = [&] {
    programs = programs_.all_run();
    return !programs || done();
  };
  auto waited = co_await wait_until(std::move(what), kLimit, std::move(done_or_dead));
  co_return programs ? waited : programs;
}

Result<void> Stage::empty_folder() {
  std::error_code error;
  const bool ours = !fs::exists(folder_, error) || fs::is_empty(folder_, error) ||
                    fs::exists(folder_ / kStamp, error);
  if (!ours) {
    return fail(Errc::config, fmt::format("--dir {}: is not empty and no bench's folder; name "
                                          "another one or empty it yourself",
                                          folder_.string()));
  }
  fs::remove_all(folder_, error);
  fs::create_directories(folder_ / "certificates", error);
  if (error) return fail(Errc::io, "creating " + folder_.string() + ": " + error.message());
  return write_whole_file(folder_ / kStamp, "This folder is a bench's: the next run empties it.\n");
}

Result<void> Stage::start_control_plane() {
  // Nobody renews the Leases of nodes without kubelets: they may be silent for the whole run.
  return programs_.start({(options_.programs / "lab-control-plane").string(), "--program",
                          options_.kubernetes.string(), "--dir",
                          control_plane_files(folder_).folder.string(), "--address", kAddress,
                          "--node-grace-s", "3600", "--apply", ECOKUBE_RBAC, "--user",
                          "coordinator=system:serviceaccount:kube-system:ecokube-coordinator"});
}

Result<void> Stage::make_fleet() {
  const auto folder = folder_ / "certificates";
  const auto ca = lab::make_ca(folder, "ca");
  if (!ca) return std::unexpected(ca.error());
  const lab::CertificateWish wish{.file_stem = "coordinator",
                                  .sans = {"URI:ecokube://coordinator/bench"}};
  const auto coordinator = lab::make_certificate(folder, *ca, wish);
  if (!coordinator) return std::unexpected(coordinator.error());
  coordinator_certificate_ = *coordinator;
  if (auto listening = ear_.open(kEarAddress); !listening) return listening;
  fleet_ = std::make_unique<Fleet>(
      executor_,
      Fleet::Options{folder, *ca, fmt::format("{}:{}", kAddress, kAgentsPort), ear_.address()});
  fleet_->on_off = [this](const NodeName& node) {
    asio::co_spawn(executor_, cluster_->patch_node_status(node, silent_patch()),
                   [node](const std::exception_ptr& error, const Result<void>& done) {
                     if (error || !done) log::error("{} was not made silent", node);
                   });
  };
  if (auto added = fleet_->add(with_role(Role::measured)); !added) return added;
  return fleet_->add(with_role(Role::busy));
}

asio::awaitable<Result<void>> Stage::fill_cluster() {
  const auto files = control_plane_files(folder_);
  std::function<bool()> up = [ready = files.ready()] { return fs::exists(ready); };
  if (auto ready = co_await wait_for("the control plane to be ready", up); !ready) co_return ready;
  auto cluster = Cluster::open(executor_, files.kubeconfig("admin"));
  if (!cluster) co_return std::unexpected(std::move(cluster.error()));
  cluster_ = *std::move(cluster);
  observer_ = std::make_unique<Observer>(cluster_->client(), executor_);
  say(fmt::format("registering {} nodes", options_.nodes));
  if (auto made = co_await cluster_->make_nodes(nodes_); !made) co_return made;
  say(fmt::format("making {} pods, running", options_.pods));
  auto pods = running_pods(with_role(Role::measured), with_role(Role::busy), options_.pods);
  if (auto made = co_await cluster_->make_running_pods(std::move(pods)); !made) co_return made;
  observer_->start();
  co_return Result<void>{};
}

Result<void> Stage::start_coordinator() {
  const auto config = folder_ / "coordinator.toml";
  auto written = write_whole_file(
      config, fmt::format(kCoordinatorConfig, folder_.string(),
                          control_plane_files(folder_).kubeconfig("coordinator").string(), kAddress,
                          kAgentsPort, (folder_ / "certificates" / "ca.crt").string(),
                          coordinator_certificate_.certificate.string(),
                          coordinator_certificate_.key.string(), kApiPort, kRoleLabel));
  if (!written) return written;
  return programs_.start(
      {(options_.programs / "ecokube-coordinator").string(), "--config", config.string()});
}

asio::awaitable<std::int64_t> Stage::ready_nodes() {
  const auto http = make_http_client(executor_, coordinator_api());
  HttpRequest request;
  request.target = "/api/v1/fleet";
  const auto answer = co_await http->request(std::move(request));
  boost::system::error_code broken;
  const auto fleet = boost::json::parse(answer ? answer->body : std::string(), broken);
  if (broken || !fleet.is_object()) co_return -1;
  co_return kubernetes::find_int(fleet.get_object(), {"nodes", "by_state", "Ready"}, 0);
}

asio::awaitable<Result<void>> Stage::wait_for_ready_nodes(std::int64_t count) {
  constexpr std::chrono::milliseconds kLookEvery{200};
  const auto until = Clock::now() + kLimit;
  while (co_await ready_nodes() < count) {
    if (auto running = programs_.all_run(); !running) co_return running;
    if (Clock::now() > until) {
      co_return fail(Errc::timeout, fmt::format("the coordinator has not {} Ready nodes", count));
    }
    co_await pause(kLookEvery);
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Stage::connect_agents() {
  if (auto answers = co_await wait_for_ready_nodes(0); !answers) co_return answers;
  fleet_->connect();
  const auto agents = options_.nodes - options_.poll_samples();
  auto ready = co_await wait_for_ready_nodes(static_cast<std::int64_t>(agents));
  if (!ready) co_return ready;
  asio::co_spawn(executor_, steps_.run(), [](const std::exception_ptr& error) {
    if (error) log::error("the coordinator's events are not followed any more");
  });
  std::function<bool()> at_rest = [this, measured = with_role(Role::measured)] {
    return Clock::now() - observer_->node_changed_at > kAtRest &&
           std::ranges::none_of(measured, [&](const BenchNode& node) {
             return observer_->tainted.contains(node.name);
           });
  };
  co_return co_await wait_for("the cluster to be at rest", std::move(at_rest));
}

asio::awaitable<Result<void>> Stage::start() {
  const auto busy = with_role(Role::busy).size();
  if (busy == 0 || options_.pods < options_.samples ||
      options_.pods - options_.samples > busy * kPodsPerNodeMax) {
    co_return fail(Errc::config,
                   "--nodes, --pods and --samples do not fit: each sample takes a "
                   "node and a pod, and a node carries at most 110 pods");
  }
  if (auto emptied = empty_folder(); !emptied) co_return emptied;
  say("starting a real control plane");
  if (auto started = start_control_plane(); !started) co_return started;
  say("making the agents' certificates");
  if (auto made = make_fleet(); !made) co_return made;
  if (auto filled = co_await fill_cluster(); !filled) co_return filled;
  say("starting the coordinator, connecting the agents");
  if (auto started = start_coordinator(); !started) co_return started;
  co_return co_await connect_agents();
}

asio::awaitable<void> Stage::end() {
  if (fleet_) fleet_->stop();
  if (observer_) observer_->stop();
  co_await programs_.end_all();
}

}  // namespace ecokube::bench
