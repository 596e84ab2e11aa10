#include "bench/agent/peer.h"

#include <fmt/format.h>

namespace ecokube::bench {

namespace fs = std::filesystem;

Peer node_exporter_peer(const fs::path& program, const MachineTree& tree, std::uint16_t port) {
  Peer peer;
  peer.name = "prometheus-node-exporter";
  peer.argv = {program.string(), fmt::format("--web.listen-address=127.0.0.1:{}", port),
               "--path.sysfs=" + tree.sysfs().string(), "--collector.disable-defaults",
               "--collector.rapl"};
  peer.port = port;
  peer.energy = "node_rapl_package_joules_total";
  return peer;
}

Peer scaphandre_peer(const fs::path& program, const MachineTree& tree, std::uint16_t port,
                     const fs::path& preload) {
  Peer peer;
  peer.name = "scaphandre";
  peer.argv = {program.string(), "--vm",   "prometheus",        "--address",
               "127.0.0.1",      "--port", std::to_string(port)};
  const auto zones = fs::absolute(tree.sysfs()) / "class/powercap";
  peer.environment = {{"SCAPHANDRE_POWERCAP_PATH", zones.string()}};
  if (!preload.empty()) peer.environment.emplace_back("LD_PRELOAD", fs::absolute(preload).string());
  peer.port = port;
  peer.energy = "scaph_socket_energy_microjoules";
  return peer;
}

Peer kepler_peer(const fs::path& program, const MachineTree& tree, std::uint16_t port,
                 const fs::path& folder) {
  Peer peer;
  peer.name = "kepler";
  peer.argv = {program.string(), fmt::format("--address=127.0.0.1:{}", port),
               "--config-dir=" + fs::absolute(folder).string(), "--apiserver=false"};
  peer.environment = {{"SYS_DIR", fs::absolute(tree.sysfs()).string()}, {"SAMPLE_PERIOD_SEC", "1"}};
  peer.port = port;
  peer.energy = "kepler_node_package_joules_total";
  return peer;
}

}  // namespace ecokube::bench
