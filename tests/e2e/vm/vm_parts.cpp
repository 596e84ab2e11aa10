#include "tests/e2e/vm/vm_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

#include "lab/bmc/machine_chassis.h"
#include "lab/bmc/simulated_bmc.h"
#include "lab/real/host/host_command.h"
#include "lab/real/vm/disk_image.h"
#include "lab/real/vm/wire.h"
#include "tests/contract/agent_link/link_fixture.h"
#include "tests/e2e/booted/packaged_machine.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTap = "machine0";
constexpr const char* kMac = "52:54:00:00:00:11";

// All else is as on a machine of an owner who changed nothing.
constexpr std::string_view kConfig = R"(node_name = "worker1"
log_level = "debug"
[coordinator]
addresses = ["{}:{}"]
[tls]
ca = "/etc/ecokube/ca.crt"
certificate = "/etc/ecokube/agent.crt"
key = "/etc/ecokube/agent.key"
)";

}  // namespace

void enter_vm_wire() {
  must(lab::enter_wire());
  must(lab::add_machine_port(kTap));
}

VmDisk::VmDisk(const std::function<void(const fs::path&)>& add) {
  const auto tree = make_packaged_disk(dir_.path());
  const auto& made = Certificates::get();
  put_certificates(tree, made.ca.certificate, made.worker1);
  std::ofstream(tree / "etc/ecokube/agent.toml")
      << fmt::format(kConfig, lab::Wire::kOurAddress, kVmAgentsPort);
  must(lab::run_on_host(
      fmt::format("chroot '{}' chown ecokube-agent /etc/ecokube/agent.key", tree.string())));
  must(lab::prepare_tree(tree, real_part("ECOKUBE_REAL_KERNEL"), lab::Wire::kMachineSubnet));
  if (add) add(tree);
  must(lab::make_image(tree, image_));
  fs::remove_all(tree);
}

std::unique_ptr<lab::VirtualMachine> VmDisk::plug_in(boost::asio::any_io_executor executor,
                                                     const fs::path& folder) const {
  lab::VirtualMachineOptions wanted{folder, real_part("ECOKUBE_REAL_KERNEL"), image_,
                                    kTap,   *MacAddress::parse(kMac),         kVmUuid};
  return must(lab::VirtualMachine::plug_in(std::move(executor), std::move(wanted)));
}

VmBmc start_vm_bmc(const boost::asio::any_io_executor& executor, const TempDir& dir) {
  constexpr std::int64_t kCipherSuite = 3;  // the highest that ipmi_sim takes
  lab::SimulatedBmcOptions options;
  options.folder = dir / "bmc";
  options.port = must(lab::free_udp_port());
  options.password = "s3cret-1";
  options.guid = kVmUuid;
  std::erase(options.guid, '-');
  options.chassis = must(lab::write_machine_chassis(options.folder, LAB_POWER_PROGRAM, dir.path()));
  const auto password = dir / "password";
  must(lab::write_password_file(password, options.password));
  VmBmc bmc;
  bmc.simulator = must(lab::start_simulated_bmc(executor, options));
  bmc.access = {{"127.0.0.1", options.port}, options.user, {password, ""}, kCipherSuite};
  return bmc;
}

}  // namespace ecokube::test
