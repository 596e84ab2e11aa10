#include <CLI/CLI.hpp>

#include "lab/scheduler/scheduler.h"

int main(int argc, char** argv) {
  using namespace ecokube;
  lab::ControllerOptions options;
  CLI::App app(
      "The lab's scheduler: binds pods to nodes by requests, taints, selectors and readiness, "
      "packing them on the fullest node, and marks those that fit nowhere as unschedulable.");
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("--kubeconfig", options.kubeconfig, "how to reach the API server")->required();
  app.add_option("--context", options.context, "of the kubeconfig; else its current one");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return lab::run_controller("lab-scheduler", options, lab::make_scheduler);
}
