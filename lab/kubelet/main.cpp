#include <string>
#include <vector>

#include "common/program.h"
#include "lab/kubelet/kubelet.h"

namespace {

using namespace ecokube;

struct Arguments {
  lab::KubeletOptions kubelet;
  std::vector<std::string> labels;
  std::vector<std::string> taints;
};

void declare(Program& program, Arguments& to) {
  program.option("--kubeconfig", to.kubelet.kubeconfig, "How to reach the API server").required();
  program.option("--node-name", to.kubelet.node_name, "The node's name").required();
  program.option("--cpu", to.kubelet.cpu, "Allocatable CPU");
  program.option("--memory", to.kubelet.memory, "Allocatable memory");
  program.option("--max-pods", to.kubelet.max_pods, "Allocatable pods").within(0, 1000);
  program.option("--procfs-root", to.kubelet.procfs_root, "Where the boot id is read");
  program.option("--cgroup-root", to.kubelet.cgroup_root,
                 "Where the machine's agent looks for the cgroups of pods");
  program.option("--system-uuid", to.kubelet.system_uuid, "The machine's UUID of SMBIOS");
  program.option("--pod-dir", to.kubelet.pod_dir, "Folder for the pods' output").required();
  program.option("--label", to.labels, "key=value, given to a new Node; repeatable");
  program.option("--taint", to.taints, "key=value:Effect, given to a new Node; repeatable");
  program.option("--truth-log", to.kubelet.truth_log, "Where pods' starts and ends are written");
  program.log_option();
}

Result<void> run(Arguments arguments) {
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
  Program program(
      "lab-kubelet", ECOKUBE_VERSION,
      "The lab's kubelet: a plain API client that keeps a Node and its Lease, and runs the pods "
      "bound to it as child processes (first container's command; images are not pulled).");
  declare(program, arguments);
  return program.run(argc, argv, [&] { return run(std::move(arguments)); });
}
