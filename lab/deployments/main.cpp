#include <CLI/CLI.hpp>
#include <cstdint>

#include "lab/deployments/deployments.h"

int main(int argc, char** argv) {
  using namespace ecokube;
  lab::ControllerOptions options;
  std::int64_t node_grace_s = 8;
  CLI::App app(
      "The lab's controllers: makes and deletes the pods of Deployments, marks nodes whose Lease "
      "lapsed as unknown, and deletes the pods of nodes that stay away.");
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("--kubeconfig", options.kubeconfig, "how to reach the API server")->required();
  app.add_option("--context", options.context, "of the kubeconfig; else its current one");
  app.add_option("--node-grace-s", node_grace_s, "seconds without a renewed Lease, then Unknown")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  lab::DeploymentsOptions given;
  given.node_grace = std::chrono::seconds(node_grace_s);
  const auto make = [&given](std::shared_ptr<kubernetes::ApiClient> client,
                             boost::asio::any_io_executor executor) {
    return lab::make_deployments(std::move(client), std::move(executor), given);
  };
  return lab::run_controller("lab-deployments", options, make);
}
