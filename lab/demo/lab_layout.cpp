#include "lab/demo/lab_layout.h"

#include <fmt/format.h>

#include "lab/real/kubernetes/control_plane_files.h"

namespace ecokube::lab {

namespace fs = std::filesystem;

LabLayout::LabLayout(const DemoOptions& options)
    : folder(fs::absolute(options.folder).lexically_normal()),
      programs(fs::absolute(options.programs).lexically_normal()),
      network(options.network) {
  if (!options.real_kubernetes.empty()) {
    real_kubernetes = fs::absolute(options.real_kubernetes).lexically_normal();
  }
  if (!options.real_kafka.empty()) {
    real_kafka = fs::absolute(options.real_kafka).lexically_normal();
  }
}

std::string LabLayout::address(const LabNode& node) const {
  return fmt::format("127.0.{}.{}", network, node.host);
}

std::string LabLayout::wake_address(const LabNode& node) const {
  constexpr int kWakePort = 40009;
  return fmt::format("{}:{}", address(node), kWakePort);
}

std::string LabLayout::mac(const LabNode& node) {
  return fmt::format("02:ec:0c:00:00:{:02x}", node.host);
}

std::string LabLayout::program(std::string_view name) const { return (programs / name).string(); }
fs::path LabLayout::machine(std::string_view node) const { return folder / node; }
fs::path LabLayout::log(std::string_view program) const {
  return folder / "log" / fmt::format("{}.log", program);
}
fs::path LabLayout::kubeconfig(std::string_view user) const {
  if (real()) return ControlPlaneFiles{control_plane()}.kubeconfig(std::string(user));
  return folder / "kubeconfigs" / fmt::format("{}.yaml", user);
}
fs::path LabLayout::control_plane_ready() const {
  return ControlPlaneFiles{control_plane()}.ready();
}
fs::path LabLayout::coordinator_config() const { return folder / "coordinator.toml"; }
fs::path LabLayout::broker_address_file() const { return folder / "broker.address"; }
fs::path LabLayout::upload_address_file() const { return folder / "upload.address"; }

}  // namespace ecokube::lab
