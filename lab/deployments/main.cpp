#include <cstdint>

#include "common/program.h"
#include "lab/deployments/deployments.h"

int main(int argc, char** argv) {
  using namespace ecokube;
  lab::ControllerOptions options;
  std::int64_t node_grace_s = 8;
  Program program(
      "lab-deployments", ECOKUBE_VERSION,
      "The lab's controllers: makes and deletes the pods of Deployments, marks nodes whose Lease "
      "lapsed as unknown, and deletes the pods of nodes that stay away.");
  lab::declare_controller(program, options);
  program.option("--node-grace-s", node_grace_s, "seconds without a renewed Lease, then Unknown")
      .within(1, 3600);
  return program.run(argc, argv, [&] {
    const auto make = [&](std::shared_ptr<kubernetes::ApiClient> client,
                          boost::asio::any_io_executor executor) {
      lab::DeploymentsOptions given;
      given.node_grace = std::chrono::seconds(node_grace_s);
      return lab::make_deployments(std::move(client), std::move(executor), given);
    };
    return lab::run_controller(options, make);
  });
}
