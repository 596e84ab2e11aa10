#include "lab/controller_process.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <iostream>

#include "common/log.h"

namespace ecokube::lab {
namespace {

constexpr std::chrono::seconds kLastRequestsTime{2};

int refuse(const std::string& program, const Error& error) {
  std::cerr << program << ": " << error.message << '\n';
  return 2;
}

/// The lab's server is near and its controllers must not be what a run waits for.
kubernetes::ApiLimits lab_limits() {
  kubernetes::ApiLimits limits;
  limits.requests_per_s = 500;
  limits.burst = 1000;
  return limits;
}

}  // namespace

int run_controller(const std::string& program, const ControllerOptions& options,
                   const MakeController& make) {
  if (auto started = log::start(program, options.log_level); !started) {
    return refuse(program, started.error());
  }
  auto access = kubernetes::read_kubeconfig(options.kubeconfig, options.context);
  if (!access) return refuse(program, access.error());
  boost::asio::io_context io(1);
  auto client = kubernetes::ApiClient::make(io.get_executor(), std::move(*access), lab_limits());
  if (!client) return refuse(program, client.error());

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
  return 0;
}

}  // namespace ecokube::lab
