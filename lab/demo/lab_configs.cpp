#include "lab/demo/lab_configs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "lab/demo/lab_setup.h"

namespace ecokube::lab {

namespace {

namespace fs = std::filesystem;

/// As TOML writes it.
std::string toml_text(const fs::path& path) {
  std::string out = "\"";
  for (const char c : path.string()) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string kubelet_argv(const LabLayout& lab, const LabNode& node) {
  const fs::path machine = lab.machine(node.name);
  std::vector<std::string> words{lab.program("lab-kubelet"),
                                 "--kubeconfig",
                                 lab.kubeconfig(fmt::format("kubelet-{}", node.name)).string(),
                                 "--node-name",
                                 std::string(node.name),
                                 "--cpu",
                                 "1300m",
                                 "--memory",
                                 "2Gi",
                                 "--max-pods",
                                 "20",
                                 "--procfs-root",
                                 (machine / "proc").string(),
                                 "--cgroup-root",
                                 (machine / "sys/fs/cgroup").string(),
                                 "--pod-dir",
                                 (machine / "pods").string(),
                                 "--truth-log",
                                 lab.truth_log().string()};
  if (node.control_plane) {
    words.insert(words.end(), {"--label", "node-role.kubernetes.io/control-plane=", "--taint",
                               "node-role.kubernetes.io/control-plane=:NoSchedule"});
  } else {
    words.insert(words.end(), {"--label", "lab/role=worker"});
  }
  std::vector<std::string> out;
  for (const auto& word : words) out.push_back(toml_text(word));
  return fmt::format("{}", fmt::join(out, ", "));
}

/// Of two sleepers the one that boots faster is woken first, so that a dead one is asked for sure.
std::string faults_of(const RunParameters& run, const LabNode& node) {
  std::int64_t ignored = 0;
  std::int64_t slow = 1;
  if (node.name == "worker1" && run.wake_faults) {
    ignored = 2;
    slow = 3;
  } else if (node.name == "worker1" && run.dead_worker) {
    slow = 2;
  }
  std::string text =
      fmt::format("[faults]\nignore_packets = {}\nboot_slow_factor = {}\n", ignored, slow);
  constexpr int kFirstAndProof = 2;
  if (node.name == kDeadWorker && run.dead_worker) {
    text += fmt::format("boots_max = {}\n", kFirstAndProof);
  }
  return text;
}

/// Long enough for the slowest boot here; a dead machine is waited for just as long.
double wake_deadline_s(const RunParameters& run) {
  constexpr double kSlowestBoots = 3;
  constexpr double kBesides_s = 30;
  constexpr double kBesidesDead_s = 14;
  return run.boot_s * kSlowestBoots + (run.dead_worker ? kBesidesDead_s : kBesides_s);
}

}  // namespace

Result<void> write_agent_config(const LabLayout& lab, const LabNode& node) {
  const fs::path machine = lab.machine(node.name);
  const fs::path certificate = lab.certificates() / node.name;
  return write_file(
      machine / "agent.toml",
      fmt::format(R"(node_name = "{}"
state_dir = {}
sysfs_root = {}
procfs_root = {}
machine_id_file = {}
[coordinator]
addresses = ["{}"]
[tls]
ca = {}
certificate = {}
key = {}
[power]
sample_interval_s = 1
[shutdown]
hold_file = {}
hooks_dir = {}
action = [{}, "off", "--machine", {}]
[local]
socket = {}
[wake]
address = "{}"
)",
                  node.name, toml_text(machine / "state"), toml_text(machine / "sys"),
                  toml_text(machine / "proc"), toml_text(machine / "machine-id"),
                  lab.agents_listen(), toml_text(lab.certificates() / "ca.crt"),
                  toml_text(certificate.string() + ".crt"),
                  toml_text(certificate.string() + ".key"), toml_text(machine / "hold"),
                  toml_text(machine / "shutdown.d"), toml_text(lab.program("lab-power")),
                  toml_text(machine), toml_text(machine / "agent.sock"), lab.wake_address(node)));
}

Result<void> write_machine_config(const LabLayout& lab, const LabNode& node,
                                  const RunParameters& run) {
  const fs::path machine = lab.machine(node.name);
  std::string text = fmt::format(R"(name = "{}"
truth_log = {}
boot_s = {:.3f}
die_s = 2
[wake]
address = "{}"
mac = "{}"
[power]
cpu_millicores = 1300
)",
                                 node.name, toml_text(lab.truth_log()), run.boot_s,
                                 lab.wake_address(node), LabLayout::mac(node));
  text += faults_of(run, node);
  const auto add_program = [&](const char* name, const std::string& argv) {
    text += fmt::format("[[program]]\nname = \"{}\"\nargv = [{}]\noutput = {}\n", name, argv,
                        toml_text(lab.log(fmt::format("{}-{}", name, node.name))));
  };
  add_program("ecokube-agent",
              fmt::format("{}, \"--config\", {}", toml_text(lab.program("ecokube-agent")),
                          toml_text(machine / "agent.toml")));
  add_program("lab-kubelet", kubelet_argv(lab, node));
  return write_file(machine / "machine.toml", text);
}

Result<void> write_coordinator_config(const LabLayout& lab, const RunParameters& run,
                                      const std::string& bootstrap) {
  const fs::path certificates = lab.certificates();
  // Everything else is as shipped; these times fit machines that boot and die in seconds.
  return write_file(
      lab.coordinator_config(),
      fmt::format(R"(id = "lab"
state_dir = {}
host_node = "master"
[kubernetes]
kubeconfig = {}
lease_duration_s = 4
[agents]
listen = "{}"
ca = {}
certificate = {}
key = {}
heartbeat_interval_s = 1
[api]
listen = "{}"
socket = {}
[safety]
silence_to_off_s = 4
heartbeat_age_max_s = 5
wake_deadline_s = {:.0f}
down_deadline_s = 60
[[pool]]
name = "workers"
names = ["worker1", "worker2"]
mode = "act"
prove_wakes = false
unneeded_time_s = 0
[[scaler]]
name = "eco-worker"
scaleTargetRef = {{ name = "eco-worker" }}
bootstrapServers = "{}"
topic = "video-processing"
consumerGroup = "eco-worker-group"
lagThreshold = 1
minReplicaCount = 0
maxReplicaCount = {}
cooldownPeriod = {}
pollingInterval = 0.2
)",
                  toml_text(lab.folder / "coordinator"), toml_text(lab.kubeconfig("coordinator")),
                  lab.agents_listen(), toml_text(certificates / "ca.crt"),
                  toml_text(certificates / "coordinator.crt"),
                  toml_text(certificates / "coordinator.key"), lab.coordinator_api(),
                  toml_text(lab.api_socket()), wake_deadline_s(run), bootstrap, run.pods_max,
                  run.cooldown_s));
}

}  // namespace ecokube::lab
