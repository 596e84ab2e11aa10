#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>

#include "common/log.h"
#include "common/program.h"
#include "lab/real/kubernetes/control_plane.h"

namespace {

using namespace ecokube;
namespace asio = boost::asio;

struct Arguments {
  lab::ControlPlaneOptions control_plane;
  std::vector<std::string> users;
  std::vector<std::string> manifests;
  int port = 6443;
  int node_grace_s = 40;
};

void declare(Program& program, Arguments& to) {
  auto& options = to.control_plane;
  options.address = "127.0.40.1";
  program.option("--program", options.program, "the binary that ./dev setup --real has built")
      .environment("ECOKUBE_REAL_KUBERNETES")
      .required();
  program.option("--etcd", options.etcd, "another etcd than that binary's")
      .environment("ECOKUBE_REAL_ETCD");
  program.option("--dir", options.folder, "its folder; data of an earlier run is gone on with")
      .required();
  program.option("--address", options.address, "loopback address of all its parts");
  program.flag("--own-network", options.own_network,
               "the address may be another: this network namespace has nobody but the lab in it");
  program.option("--port", to.port, "the API server's; the other parts take the four above it")
      .within(1024, 65531);
  program.option("--user", to.users,
                 "FILE=USER[,GROUP...]: a token and a kubeconfig for this user; repeatable");
  program.option("--apply", to.manifests,
                 "a manifest that kubectl applies before the control plane is ready; repeatable");
  program.option("--scheduler-config", options.scheduler_config,
                 "a KubeSchedulerConfiguration for kube-scheduler instead of its defaults");
  program.option("--node-grace-s", to.node_grace_s, "silence after which a node is lost")
      .within(2, 3600);
  program.log_option();
}

asio::awaitable<Result<void>> run_control_plane(lab::ControlPlane& control_plane) {
  auto started = co_await control_plane.start();
  if (!started) co_return started;
  log::info("ready");
  co_return co_await control_plane.watch();
}

Result<void> run(Arguments arguments) {
  auto& options = arguments.control_plane;
  options.port = static_cast<std::uint16_t>(arguments.port);
  options.node_grace = std::chrono::seconds(arguments.node_grace_s);
  for (const auto& manifest : arguments.manifests) options.manifests.emplace_back(manifest);
  for (const auto& text : arguments.users) {
    auto user = lab::parse_control_plane_user(text);
    if (!user) return std::unexpected(std::move(user.error()));
    options.users.push_back(*std::move(user));
  }
  asio::io_context io(1);
  auto control_plane = lab::make_control_plane(io.get_executor(), std::move(options));
  if (!control_plane) return std::unexpected(std::move(control_plane.error()));
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (!error) (*control_plane)->stop();
  });
  Result<void> ended;
  asio::co_spawn(io, run_control_plane(**control_plane),
                 [&](std::exception_ptr unforeseen, Result<void> result) {
                   if (unforeseen) std::rethrow_exception(unforeseen);
                   ended = std::move(result);
                   signals.cancel();
                 });
  io.run();
  return ended;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  Program program("lab-control-plane", ECOKUBE_VERSION,
                  "A real Kubernetes control plane on a loopback address: etcd, kube-apiserver, "
                  "kube-controller-manager, kube-scheduler. A part that dies is started again.");
  declare(program, arguments);
  return program.run(argc, argv, [&] { return run(std::move(arguments)); });
}
