// The files of the lab's machines and coordinators.
#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "tests/e2e/failover/failover_lab.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

constexpr int kFirstWakePort = 40000;

/// A loopback address of this process: tests that run beside it can't take its ports.
std::string own_address() {
  constexpr unsigned kByte = 256;
  constexpr unsigned kFrom = 64;
  const auto pid = static_cast<unsigned>(::getpid());
  return fmt::format("127.{}.{}.{}", kFrom + pid / kByte / kByte % kFrom, pid / kByte % kByte,
                     pid % kByte);
}

int agents_port(const std::string& coordinator) { return coordinator == "a" ? 7443 : 7444; }

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("no " + what + " in a kubeconfig");
  return text.replace(at, what.size(), by);
}

}  // namespace

void FailoverLab::make_machine(const std::string& name, int number) {
  const auto made = must(lab::make_certificate(
      dir_.path(), ca_, {.file_stem = name, .sans = {"URI:ecokube://node/" + name}}));
  const auto folder = dir_ / name;
  const auto wake = fmt::format("{}:{}", own_address(), kFirstWakePort + number);
  for (const char* sub : {"state", "pods", "shutdown.d"}) {
    std::filesystem::create_directories(folder / sub);
  }
  dir_.write(name + "/machine-id", fmt::format("{:032x}\n", number));
  dir_.write(name + "/agent.toml",
             fmt::format(R"(node_name = "{0}"
state_dir = "{1}/state"
sysfs_root = "{1}/sys"
procfs_root = "{1}/proc"
machine_id_file = "{1}/machine-id"
[coordinator]
addresses = ["{2}:{3}", "{2}:{4}"]
[tls]
ca = "{5}"
certificate = "{6}"
key = "{7}"
[shutdown]
hold_file = "{1}/hold"
hooks_dir = "{1}/shutdown.d"
hook_timeout_s = 20
action = ["{8}", "off", "--machine", "{1}"]
[local]
socket = "{1}/agent.sock"
[wake]
by = "{10}"
address = "{9}"
)",
                         name, folder.string(), own_address(), agents_port("a"), agents_port("b"),
                         ca_.certificate.string(), made.certificate.string(), made.key.string(),
                         program("lab-power"), wake, by_bmc_only() ? "bmc" : "network"));
  dir_.write(name + "/machine.toml",
             fmt::format(R"(name = "{0}"
truth_log = "{1}/truth.jsonl"
boot_s = 1
die_s = {8}
[wake]
address = "{2}"
mac = "02:00:00:00:00:{3:02x}"
armed = {9}
[[program]]
name = "ecokube-agent"
argv = ["{4}", "--config", "{1}/{0}/agent.toml"]
output = "{1}/{0}-agent.log"
[[program]]
name = "lab-kubelet"
argv = ["{5}", "--kubeconfig", "{6}", "--node-name", "{0}", "--cpu", "1", "--memory", "1Gi",
        "--procfs-root", "{1}/{0}/proc", "--cgroup-root", "{1}/{0}/sys/fs/cgroup",
        "--pod-dir", "{1}/{0}/pods",
        "--truth-log", "{1}/truth.jsonl", "--label", "lab/role=worker",
        "--system-uuid", "{7}"]
output = "{1}/{0}-kubelet.log"
)",
                         name, dir_.path().string(), wake, number, program("ecokube-agent"),
                         program("lab-kubelet"), cluster_->kubeconfig().string(),
                         system_uuid(number), hangs() ? 600 : 0.5, !by_bmc_only()));
}

void FailoverLab::write_coordinator(const std::string& name) {
  const auto made =
      must(lab::make_certificate(dir_.path(), ca_,
                                 {.file_stem = "coordinator-" + name,
                                  .sans = {"URI:ecokube://coordinator/" + name, "IP:127.0.0.1"}}));
  auto login = read_text(cluster_->kubeconfig());
  if (name == "a") {
    login = replaced(std::move(login), fmt::format("127.0.0.1:{}", cluster_->port()),
                     fmt::format("127.0.0.1:{}", proxy_->port()));
  }
  const auto kubeconfig = dir_.write(name + ".kubeconfig", login);
  std::filesystem::permissions(kubeconfig, std::filesystem::perms(0600));
  dir_.write(name + ".toml",
             fmt::format(R"(id = "{0}"
state_dir = "{1}/{0}-state"
[kubernetes]
kubeconfig = "{2}"
lease_duration_s = {3}
[agents]
listen = "{8}:{4}"
ca = "{5}"
certificate = "{6}"
key = "{7}"
heartbeat_interval_s = 0.5
[api]
listen = "127.0.0.1:0"
socket = "{1}/{0}.sock"
[safety]
settle_s = 1
cluster_view_age_max_s = {9}
silence_to_off_s = 1
heartbeat_age_max_s = 3
down_deadline_s = {11}
wake_deadline_s = 30
cover_node_loss = false
wake_method_timeout_s = 3
[[pool]]
name = "workers"
node_selector = {{ "lab/role" = "worker" }}
mode = "act"
hard_off = {12}
prove_wakes = {13}
unneeded_time_s = 0
{10})",
                         name, dir_.path().string(), kubeconfig.string(), kLease.count(),
                         agents_port(name), ca_.certificate.string(), made.certificate.string(),
                         made.key.string(), own_address(), options_.view_age_max_s,
                         bmc_configuration(), hangs() ? 5 : 180, hangs(), options_.prove_wakes));
}

}  // namespace ecokube::test
