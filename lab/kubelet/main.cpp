#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "common/log.h"
#include "lab/kubelet/kubelet.h"

namespace {

using namespace ecokube;

struct Arguments {
  lab::KubeletOptions kubelet;
  std::vector<std::string> labels;
  std::vector<std::string> taints;
  std::string log_level = "info";
};

void declare(CLI::App& app, Arguments& to) {
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("--kubeconfig", to.kubelet.kubeconfig, "How to reach the API server")->required();
  app.add_option("--node-name", to.kubelet.node_name, "The node's name")->required();
  app.add_option("--cpu", to.kubelet.cpu, "Allocatable CPU")->capture_default_str();
  app.add_option("--memory", to.kubelet.memory, "Allocatable memory")->capture_default_str();
  app.add_option("--max-pods", to.kubelet.max_pods, "Allocatable pods")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--procfs-root", to.kubelet.procfs_root, "Where the boot id is read")
      ->capture_default_str();
  app.add_option("--pod-dir", to.kubelet.pod_dir, "Folder for the pods' output")->required();
  app.add_option("--label", to.labels, "key=value, given to a new Node; repeatable");
  app.add_option("--taint", to.taints, "key=value:Effect, given to a new Node; repeatable");
  app.add_option("--truth-log", to.kubelet.truth_log, "Where pods' starts and ends are written");
  app.add_option("--log-level", to.log_level, "debug, info, warning or error")
      ->capture_default_str();
}

Result<void> run(Arguments arguments) {
  if (auto logging = log::start("lab-kubelet", arguments.log_level); !logging) return logging;
  for (const auto& text : arguments.labels) {
    auto label = lab::parse_label(text);
    if (!label) return std::unexpected(label.error());
    arguments.kubelet.labels.insert(*std::move(label));
  }
  for (const auto& text : arguments.taints) {
    auto taint = lab::parse_taint(text);
    if (!taint) return std::unexpected(taint.error());
    arguments.kubelet.taints.push_back(*std::move(taint));
  }
  return lab::run_kubelet(arguments.kubelet);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "The lab's kubelet: a plain API client that keeps a Node and its Lease, and runs the pods "
      "bound to it as child processes (first container's command; images are not pulled).");
  declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const auto ran = run(std::move(arguments));
    if (ran) return 0;
    std::cerr << "lab-kubelet: " << ran.error().message << '\n';
    return ran.error().code == Errc::config ? 2 : 1;
  } catch (const std::exception& error) {
    std::cerr << "lab-kubelet: unforeseen error: " << error.what() << '\n';
    return 1;
  }
}
