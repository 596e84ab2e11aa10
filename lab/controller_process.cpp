#include "lab/controller_process.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>

#include "common/log.h"

namespace ecokube::lab {
namespace {

constexpr std::chrono::seconds kLastRequestsTime{2};

/// The lab's server is near and its controllers must not be what a run waits for.
kubernetes::ApiLimits lab_limits() {
  kubernetes::ApiLimits limits;
  limits.requests_per_s = 500;
  limits.burst = 1000;
  return limits;
}

}  // namespace

void declare_controller(Program& program, ControllerOptions& options) {
  program.option("--kubeconfig", options.kubeconfig, "how to reach the API server").required();
  program.option("--context", options.context, "of the kubeconfig; else its current one");
  program.log_option();
}

Result<void> run_controller(const ControllerOptions& options, const MakeController& make) {
  auto access = kubernetes::read_kubeconfig(options.kubeconfig, options.context);
  if (!access) return std::unexpected(std::move(access.error()));
  boost::asio::io_context io(1);
  auto client = kubernetes::ApiClient::make(io.get_executor(), std::move(*access), lab_limits());
  if (!client) return std::unexpected(std::move(client.error()));

  const auto controller = make(*client, io.get_executor());
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code failed, int signal) {
    if (failed) return;
    log::info("stopping signal={}", signal);
    controller->stop();
    io.stop();
  });
  log::info("started server={}", (*client)->server());
  controller->start();
  io.run();
  io.restart();
  io.run_for(kLastRequestsTime);
  return {};
}

}  // namespace ecokube::lab
