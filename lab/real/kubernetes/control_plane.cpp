#include "lab/real/kubernetes/control_plane.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <map>
#include <utility>

#include "common/asio_tuple.h"
#include "common/child_process.h"
#include "common/host_port.h"
#include "common/http_client.h"
#include "common/log.h"
#include "common/tls_context.h"
#include "common/whole_file.h"
#include "coordinator/kubernetes/api_client.h"

namespace ecokube::lab {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// Each part's port, counted from the API server's.
constexpr int kEtcd = 1;
constexpr int kEtcdPeer = 2;
constexpr int kControllers = 3;
constexpr int kScheduler = 4;
constexpr std::chrono::seconds kStartLimit{60};
constexpr std::chrono::milliseconds kLookEvery{100};

using Argv = std::vector<std::string>;

class LocalControlPlane final : public ControlPlane {
 public:
  LocalControlPlane(const asio::any_io_executor& executor, ControlPlaneOptions options)
      : executor_(executor),
        options_(std::move(options)),
        files_{fs::absolute(options_.folder)},
        timer_(executor) {}

  asio::awaitable<Result<void>> start() override;
  asio::awaitable<Result<void>> watch() override;
  void stop() override {
    stopped_ = true;
    timer_.cancel();
  }

 private:
  [[nodiscard]] HostPort server() const { return {options_.address, options_.port}; }
  [[nodiscard]] int port(int part) const { return options_.port + part; }
  [[nodiscard]] std::string etcd_url(int part) const {
    return fmt::format("http://{}:{}", options_.address, port(part));
  }
  [[nodiscard]] Argv etcd() const;
  [[nodiscard]] Argv api_server() const;
  [[nodiscard]] Argv controllers() const;
  [[nodiscard]] Argv scheduler() const;
  [[nodiscard]] Result<void> start_part(const std::string& name, Argv arguments);
  /// Asks until `path` of the API server is answered with 200.
  asio::awaitable<Result<void>> wait_for(std::string path);
  asio::awaitable<Result<void>> apply(fs::path manifest);
  /// Writes the ready file once the API server is, unless it is there.
  asio::awaitable<Result<void>> announce();
  asio::awaitable<void> pause();
  [[nodiscard]] bool all_run() const {
    return std::all_of(running_.begin(), running_.end(),
                       [](const auto& part) { return part.second->running(); });
  }

  asio::any_io_executor executor_;
  ControlPlaneOptions options_;
  ControlPlaneFiles files_;
  asio::steady_timer timer_;
  std::map<std::string, Argv> started_;
  std::map<std::string, std::unique_ptr<ChildProcess>> running_;
  bool stopped_ = false;
};

Argv LocalControlPlane::etcd() const {
  return {"--name=default",
          "--data-dir=" + (files_.folder / "etcd").string(),
          "--unsafe-no-fsync",
          "--log-level=warn",
          "--listen-client-urls=" + etcd_url(kEtcd),
          "--advertise-client-urls=" + etcd_url(kEtcd),
          "--listen-peer-urls=" + etcd_url(kEtcdPeer),
          "--initial-advertise-peer-urls=" + etcd_url(kEtcdPeer),
          "--initial-cluster=default=" + etcd_url(kEtcdPeer)};
}

Argv LocalControlPlane::api_server() const {
  return {"--etcd-servers=" + etcd_url(kEtcd),
          "--bind-address=" + options_.address,
          "--advertise-address=" + options_.address,
          fmt::format("--secure-port={}", options_.port),
          "--endpoint-reconciler-type=none",
          "--tls-cert-file=" + files_.certificate("apiserver").string(),
          "--tls-private-key-file=" + files_.key("apiserver").string(),
          "--client-ca-file=" + files_.certificate("ca").string(),
          "--token-auth-file=" + files_.tokens().string(),
          "--authorization-mode=Node,RBAC",
          "--anonymous-auth=false",
          "--service-cluster-ip-range=10.0.0.0/24",
          "--service-account-issuer=https://kubernetes.default.svc",
          "--service-account-key-file=" + files_.certificate("service-accounts").string(),
          "--service-account-signing-key-file=" + files_.key("service-accounts").string()};
}

Argv LocalControlPlane::controllers() const {
  return {"--kubeconfig=" + files_.kubeconfig("kube-controller-manager").string(),
          "--leader-elect=false", "--bind-address=" + options_.address,
          fmt::format("--secure-port={}", port(kControllers)),
          "--use-service-account-credentials=true",
          "--service-account-private-key-file=" + files_.key("service-accounts").string(),
          "--root-ca-file=" + files_.certificate("ca").string(),
          "--flex-volume-plugin-dir=" + (files_.folder / "flexvolume").string(),
          "--kube-api-qps=500", "--kube-api-burst=1000", "--node-monitor-period=1s",
          // As docs/kubernetes.md asks for: each node that is put down takes a turn.
          "--node-eviction-rate=10",
          fmt::format("--node-monitor-grace-period={}s", options_.node_grace.count())};
}

Argv LocalControlPlane::scheduler() const {
  Argv arguments{"--leader-elect=false", "--bind-address=" + options_.address,
                 fmt::format("--secure-port={}", port(kScheduler))};
  if (options_.scheduler_config.empty()) {
    arguments.insert(arguments.end(),
                     {"--kubeconfig=" + files_.kubeconfig("kube-scheduler").string(),
                      "--kube-api-qps=500", "--kube-api-burst=1000"});
  } else {
    arguments.push_back("--config=" + files_.scheduler_config().string());
  }
  return arguments;
}

Result<void> LocalControlPlane::start_part(const std::string& name, Argv arguments) {
  started_[name] = arguments;
  if (name == "etcd" && !options_.etcd.empty()) {
    arguments.insert(arguments.begin(), options_.etcd.string());
  } else {
    arguments.insert(arguments.begin(), {options_.program.string(), name});
  }
  ChildOptions child;
  child.argv = std::move(arguments);
  child.output_file = files_.log(name);
  child.die_with_parent = true;
  auto process = start_child(executor_, child);
  if (!process) return std::unexpected(std::move(process.error()));
  log::info("started part={} pid={}", name, (*process)->pid());
  auto written = write_whole_file(files_.pid(name), std::to_string((*process)->pid()) + "\n");
  running_[name] = *std::move(process);
  return written;
}

asio::awaitable<void> LocalControlPlane::pause() {
  timer_.expires_after(kLookEvery);
  co_await timer_.async_wait(kTuple);
}

asio::awaitable<Result<void>> LocalControlPlane::wait_for(std::string path) {
  auto access = kubernetes::read_kubeconfig(files_.kubeconfig("admin"), "");
  if (!access) co_return std::unexpected(std::move(access.error()));
  auto tls = make_https_client_context(access->identity);
  if (!tls) co_return std::unexpected(std::move(tls.error()));
  HttpEndpoint endpoint{
      .host = access->host, .port = access->port, .unix_path = {}, .tls = *std::move(tls)};
  const auto http = make_http_client(executor_, std::move(endpoint));
  const auto until = std::chrono::steady_clock::now() + kStartLimit;
  std::string last = "nothing was answered";
  while (!stopped_ && std::chrono::steady_clock::now() < until) {
    HttpRequest request;
    request.target = path;
    request.headers.emplace_back("Authorization", "Bearer " + access->token);
    const auto answer = co_await http->request(std::move(request));
    if (answer && answer->status == 200) co_return Result<void>();
    last = answer ? fmt::format("status {}", answer->status) : answer.error().message;
    for (const auto& [name, process] : running_) {
      if (process->running()) continue;
      co_return fail(Errc::config, fmt::format("{} ended at its start; its words are in {}", name,
                                               files_.log(name).string()));
    }
    co_await pause();
  }
  co_return fail(Errc::timeout, fmt::format("https://{}{}: not ready after {} s: {}",
                                            server().text(), path, kStartLimit.count(), last));
}

asio::awaitable<Result<void>> LocalControlPlane::start() {
  auto made = make_control_plane_files(files_, server(), options_.users);
  if (!made) co_return made;
  if (!options_.scheduler_config.empty()) {
    auto written = write_scheduler_config(files_, options_.scheduler_config);
    if (!written) co_return written;
  }
  if (auto done = start_part("etcd", etcd()); !done) co_return done;
  if (auto done = start_part("kube-apiserver", api_server()); !done) co_return done;
  if (auto done = co_await wait_for("/readyz"); !done) co_return done;
  if (auto done = start_part("kube-controller-manager", controllers()); !done) co_return done;
  if (auto done = start_part("kube-scheduler", scheduler()); !done) co_return done;
  // Until the controllers have made it, every pod is refused.
  auto usable = co_await wait_for("/api/v1/namespaces/default/serviceaccounts/default");
  if (!usable) co_return usable;
  for (const auto& manifest : options_.manifests) {
    if (auto done = co_await apply(manifest); !done) co_return done;
  }
  co_return co_await announce();
}

asio::awaitable<Result<void>> LocalControlPlane::apply(fs::path manifest) {
  ChildOptions child;
  child.argv = {options_.program.string(),
                "kubectl",
                "--kubeconfig",
                files_.kubeconfig("admin").string(),
                "apply",
                "-f",
                manifest.string()};
  child.output_file = files_.log("kubectl");
  child.die_with_parent = true;
  auto process = start_child(executor_, child);
  if (!process) co_return std::unexpected(std::move(process.error()));
  const auto status = co_await (*process)->wait(kStartLimit);
  if (status == 0) co_return Result<void>();
  co_return fail(Errc::config, fmt::format("applying {} failed; kubectl's words are in {}",
                                           manifest.string(), child.output_file.string()));
}

asio::awaitable<Result<void>> LocalControlPlane::announce() {
  std::error_code ignored;
  if (fs::exists(files_.ready(), ignored)) co_return Result<void>();
  if (auto done = co_await wait_for("/readyz"); !done) co_return done;
  co_return write_whole_file(files_.ready(), "https://" + server().text() + "\n");
}

asio::awaitable<Result<void>> LocalControlPlane::watch() {
  while (!stopped_) {
    for (auto& [name, process] : running_) {
      if (process->running()) continue;
      log::warn("restarting part={} because it ended", name);
      std::error_code ignored;
      fs::remove(files_.ready(), ignored);
      auto arguments = started_[name];
      if (auto done = start_part(name, std::move(arguments)); !done) co_return done;
    }
    auto announced = co_await announce();
    if (!announced && all_run()) co_return announced;
    co_await pause();
  }
  co_return Result<void>();
}

}  // namespace

Result<std::unique_ptr<ControlPlane>> make_control_plane(const asio::any_io_executor& executor,
                                                         ControlPlaneOptions options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address_v4(options.address, error);
  // Its etcd asks nobody who they are.
  if (error || (!address.is_loopback() && !options.own_network)) {
    return fail(Errc::config, "--address " + options.address +
                                  ": expected a loopback IPv4 address; another needs "
                                  "--own-network");
  }
  if (!fs::exists(options.program)) {
    return fail(Errc::config,
                options.program.string() + " is not there; ./dev setup --real builds it");
  }
  return std::make_unique<LocalControlPlane>(executor, std::move(options));
}

}  // namespace ecokube::lab
