#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/tls_context.h"
#include "coordinator/kubernetes/kubeconfig.h"
#include "lab/demo/stage.h"

// How a Stage gets its cluster: the lab's double with its controllers, or a real control plane with
// a witness.
namespace ecokube::lab {

namespace asio = boost::asio;

namespace {

/// Its own limit, for each of its parts, is 60 s and says more.
constexpr std::chrono::seconds kControlPlaneLimit{150};

/// Who may log in at a real control plane. The coordinator has the rights that we ship, and a
/// kubelet what the Node authorizer lets a real one do.
std::vector<std::string> real_users() {
  std::vector<std::string> users{
      "coordinator=system:serviceaccount:kube-system:ecokube-coordinator"};
  for (const LabNode& node : kLabNodes) {
    users.push_back(fmt::format("kubelet-{0}=system:node:{0},system:nodes", node.name));
  }
  return users;
}

}  // namespace

asio::awaitable<Result<void>> Stage::start_cluster() {
  if (lab_.real()) co_return co_await start_control_plane();
  co_return co_await start_double();
}

asio::awaitable<Result<void>> Stage::start_double() {
  progress_.say("starting the API server, scheduler and Deployment controller");
  const auto certificates = lab_.certificates();
  std::vector<std::string> server{"lab-kubernetes",
                                  "--listen",
                                  lab_.api_server(),
                                  "--certificate",
                                  (certificates / "api-server.crt").string(),
                                  "--key",
                                  (certificates / "api-server.key").string(),
                                  "--tokens",
                                  lab_.tokens().string(),
                                  "--truth-log",
                                  lab_.truth_log().string()};
  if (auto done = processes_.start("lab-kubernetes", std::move(server)); !done) co_return done;
  if (auto done = co_await log_in(); !done) co_return done;
  for (const char* name : {"scheduler", "deployments"}) {
    if (auto done = start_controller(fmt::format("lab-{}", name), name); !done) co_return done;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Stage::start_control_plane() {
  progress_.say("starting a real Kubernetes control plane");
  // A node that was powered off is to be lost as soon as at the double.
  std::vector<std::string> argv{"lab-control-plane",
                                "--program",
                                lab_.real_kubernetes.string(),
                                "--dir",
                                lab_.control_plane().string(),
                                "--address",
                                lab_.master_address(),
                                "--apply",
                                ECOKUBE_RBAC,
                                "--node-grace-s",
                                "8"};
  for (const auto& user : real_users()) argv.insert(argv.end(), {"--user", user});
  if (auto done = processes_.start("lab-control-plane", std::move(argv)); !done) co_return done;
  Condition up = [this] { return std::filesystem::exists(lab_.control_plane_ready()); };
  auto ready =
      co_await wait_until("the control plane to be ready", kControlPlaneLimit, std::move(up));
  if (!ready) co_return ready;
  if (auto done = co_await log_in(); !done) co_return done;
  std::vector<std::string> options{"--truth-log", lab_.truth_log().string()};
  co_return start_controller("lab-witness", "admin", std::move(options));
}

asio::awaitable<Result<void>> Stage::log_in() {
  auto access = kubernetes::read_kubeconfig(lab_.kubeconfig("admin"));
  if (!access) co_return std::unexpected(access.error());
  auto tls = make_https_client_context(access->identity);
  if (!tls) co_return std::unexpected(tls.error());
  HttpEndpoint endpoint{
      .host = access->host, .port = access->port, .unix_path = {}, .tls = *std::move(tls)};
  cluster_ = std::make_unique<JsonClient>(executor_, std::move(endpoint), access->token);
  const auto until = std::chrono::steady_clock::now() + kStartLimit;
  while (true) {
    auto nodes = co_await cluster_->get("/api/v1/nodes");
    if (nodes) co_return Result<void>{};
    if (auto dead = processes_.dead()) co_return fail(Errc::io, *dead);
    if (std::chrono::steady_clock::now() > until) co_return std::unexpected(nodes.error());
    if (auto done = co_await pause(std::chrono::milliseconds(100)); !done) co_return done;
  }
}

Result<void> Stage::start_controller(const std::string& program, const std::string& user,
                                     std::vector<std::string> options) {
  std::vector<std::string> argv{program, "--kubeconfig", lab_.kubeconfig(user).string()};
  argv.insert(argv.end(), options.begin(), options.end());
  return processes_.start(program, std::move(argv));
}

}  // namespace ecokube::lab
