#include "tests/e2e/vm/wake_lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <stdexcept>
#include <utility>

#include "common/json_find.h"
#include "common/names.h"
#include "coordinator/kubernetes/objects.h"
#include "lab/real/vm/wire.h"
#include "tests/contract/agent_link/link_fixture.h"
#include "tests/e2e/vm/vm_kubelet.h"
#include "tests/support/must.h"
#include "tests/support/real_control_plane.h"

namespace ecokube::test {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::uint16_t kApiServerPort = 16443;
constexpr const char* kPods = "/api/v1/namespaces/default/pods";

std::string our_address_on_the_wire() {
  enter_vm_wire();
  return lab::Wire::kOurAddress;
}

/// What all tests of the program have in common, in the order in which each needs those before.
struct WakeParts {
  WakeParts()
      : control_plane(our_address_on_the_wire(), kApiServerPort, nullptr,
                      {"--own-network", "--apply", ECOKUBE_RBAC, "--user", kVmKubeletUser, "--user",
                       "coordinator=system:serviceaccount:kube-system:ecokube-coordinator",
                       "--node-grace-s", "8"}),
        disk([this](const fs::path& tree) {
          put_kubelet(tree, fmt::format("{}:{}", lab::Wire::kOurAddress, kApiServerPort),
                      control_plane.files());
        }) {}

  RealControlPlane control_plane;
  VmDisk disk;
};

/// What the test before left is gone: its processes are, too. The Lease stays: the agent remembers
/// on its disk what it was told under that fence.
WakeParts& empty_parts() {
  static WakeParts parts;
  auto& cluster = parts.control_plane;
  cluster.kubectl("delete pods --all --force --grace-period=0");
  cluster.kubectl("delete nodes --all");
  return parts;
}

}  // namespace

WakeLab::WakeLab(bool with_bmc) {
  auto& parts = empty_parts();
  const auto& files = parts.control_plane.files();
  admin_ = must(kubernetes::ApiClient::make(
      io_.get_executor(), must(kubernetes::read_kubeconfig(files.kubeconfig("admin")))));
  machine_ = parts.disk.plug_in(io_.get_executor(), dir_.path());
  if (with_bmc) bmc_ = start_vm_bmc(io_.get_executor(), dir_);
  fs::copy_file(files.kubeconfig("coordinator"), dir_ / "kubeconfig");
  start_coordinator();
}

std::string WakeLab::write_coordinator() {
  const auto& made = Certificates::get();
  auto text = fmt::format(R"(id = "main"
state_dir = "{0}/state"
[kubernetes]
kubeconfig = "{0}/kubeconfig"
[agents]
listen = "{1}:{2}"
ca = "{3}"
certificate = "{4}"
key = "{5}"
heartbeat_interval_s = 0.5
[api]
listen = "127.0.0.1:0"
socket = "{0}/api.sock"
[safety]
settle_s = 1
cover_node_loss = false
wake_method_timeout_s = {6}
[[pool]]
name = "workers"
node_selector = {{ "lab/role" = "worker" }}
mode = "act"
unneeded_time_s = 0
)",
                          dir_.path().string(), lab::Wire::kOurAddress, kVmAgentsPort,
                          made.ca.certificate.string(), made.coordinator.certificate.string(),
                          made.coordinator.key.string(), kPacketTime.count());
  if (bmc_) {
    const auto& access = bmc_->access;
    text += fmt::format(R"([bmc]
poll_s = 2
poll_close_s = 1
order_spacing_s = 1
[[node]]
name = "{0}"
bmc_address = "{1}"
bmc_port = {2}
bmc_user = "{3}"
bmc_password_file = "{4}"
bmc_cipher_suite = {5}
methods = ["wol", "ipmi"]
)",
                        kNode, access.address.host, access.address.port, access.user,
                        access.password.file.string(), access.cipher_suite);
  }
  return dir_.write("coordinator.toml", text).string();
}

void WakeLab::start_coordinator() {
  ChildOptions child;
  child.argv = {ECOKUBE_BIN_DIR "/ecokube-coordinator", "--config", write_coordinator()};
  child.output_file = dir_ / "coordinator.log";
  child.die_with_parent = true;
  coordinator_ = must(start_child(io_.get_executor(), child));
  HttpEndpoint endpoint;
  endpoint.unix_path = dir_ / "api.sock";
  api_ = make_http_client(io_.get_executor(), endpoint);
  const auto answers = [&] {
    return run(io_, api_->request({.target = "/api/v1/nodes", .headers = {}, .body = {}}))
        .has_value();
  };
  if (!becomes(answers, kRunLimit)) throw std::runtime_error(account());
  told_ = std::make_unique<EventLog>(io_, endpoint);
}

// More often would take from the machine what it boots with.
bool WakeLab::becomes(const std::function<bool()>& so, std::chrono::seconds limit) {
  return test::becomes(io_, so, limit, std::chrono::milliseconds(100));
}

std::optional<int> WakeLab::exit_code() {
  return run(io_, machine_->goes_off(kDownLimit), kDownLimit + std::chrono::seconds(10));
}

json::object WakeLab::node() {
  HttpRequest request;
  request.target = fmt::format("/api/v1/nodes/{}", kNode);
  const auto answer = run(io_, api_->request(std::move(request)));
  if (!answer || answer->status != 200) return {};
  return json::parse(answer->body).as_object();
}

std::string WakeLab::state() {
  const auto said = node();
  return std::string(find_text(said, {"state"}));
}

core::KubeNode WakeLab::kube_node() {
  const auto found = run(io_, admin_->get(fmt::format("/api/v1/nodes/{}", kNode)));
  return found ? must(kubernetes::parse_node(found->as_object())) : core::KubeNode();
}

core::KubePod WakeLab::pod(const std::string& name) {
  const auto found = run(io_, admin_->get(fmt::format("{}/{}", kPods, name)));
  return found ? must(kubernetes::parse_pod(found->as_object())) : core::KubePod();
}

std::string WakeLab::wake_proof() {
  return kube_node().annotations[std::string(names::kWakeProof)];
}

void WakeLab::create_pod(const std::string& name) {
  json::object nap{{"name", "nap"},
                   {"image", "nap"},
                   {"command", json::array{"sleep", "600"}},
                   {"resources", {{"requests", {{"cpu", "200m"}}}}}};
  json::object pod{
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata", {{"name", name}}},
      {"spec",
       {{"terminationGracePeriodSeconds", 1}, {"containers", json::array{std::move(nap)}}}}};
  must(run(io_, admin_->create(kPods, json::value(std::move(pod)))));
}

std::string WakeLab::account() {
  auto text = "events:\n" + (told_ ? told_->text() : "") + "\ncoordinator:\n" +
              read_text(dir_ / "coordinator.log") + "\nconsole:\n" + machine_->console();
  if (!machine_->runs()) return text + "\nthe machine is off\n";
  const auto journal =
      run(io_,
          machine_->run("journalctl --no-pager --boot --unit=ecokube-agent --unit=lab-kubelet",
                        kDownLimit),
          kDownLimit + std::chrono::seconds(10));
  return text + "\njournal:\n" + (journal ? *journal : journal.error().message) + "\n";
}

bool has_our_taint(const core::KubeNode& node) {
  return std::any_of(node.taints.begin(), node.taints.end(),
                     [](const core::Taint& taint) { return taint.key == names::kTaint; });
}

}  // namespace ecokube::test
