#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lab/demo/report.h"

namespace ecokube::lab {

struct DemoOptions {
  RunParameters run;
  std::filesystem::path folder = "out/demo/lab";
  std::filesystem::path programs = "build/demo/bin";
  std::filesystem::path report = "out/demo/report.json";  ///< report.html is put beside it
  int network = 10;                                       ///< the lab lives in 127.0.<network>.0/24
  bool keep = false;
  /// The binary of a real control plane, which then stands in for the lab's double; may be empty.
  std::filesystem::path real_kubernetes;
  /// The jars of a real Kafka, which then stands in for the embedded broker; may be empty.
  std::filesystem::path real_kafka;
  int coordinator_kills = 0;  ///< kill -9 of the coordinator, one at each change of a node's state
};

/// The three machines of the first user.
struct LabNode {
  std::string_view name;
  int host;  ///< last part of its address
  bool control_plane;
};
inline constexpr std::array<LabNode, 3> kLabNodes{
    {{"master", 1, true}, {"worker1", 11, false}, {"worker2", 12, false}}};

/// Where everything of a lab is. All paths are absolute.
class LabLayout {
 public:
  explicit LabLayout(const DemoOptions& options);

  [[nodiscard]] std::string address(const LabNode& node) const;
  [[nodiscard]] std::string wake_address(const LabNode& node) const;
  [[nodiscard]] static std::string mac(const LabNode& node);
  [[nodiscard]] std::string master_address() const { return address(kLabNodes[0]); }
  [[nodiscard]] std::string api_server() const { return master_address() + ":6443"; }
  [[nodiscard]] std::string agents_listen() const { return master_address() + ":7443"; }
  [[nodiscard]] std::string coordinator_api() const { return master_address() + ":7444"; }

  [[nodiscard]] bool real() const { return !real_kubernetes.empty(); }
  [[nodiscard]] std::string program(std::string_view name) const;
  [[nodiscard]] std::filesystem::path machine(std::string_view node) const;
  [[nodiscard]] std::filesystem::path log(std::string_view program) const;
  [[nodiscard]] std::filesystem::path certificates() const { return folder / "certificates"; }
  [[nodiscard]] std::filesystem::path kubeconfig(std::string_view user) const;
  /// Of a real control plane; not there with the double.
  [[nodiscard]] std::filesystem::path control_plane() const { return folder / "control-plane"; }
  /// Holds something once the real control plane is up.
  [[nodiscard]] std::filesystem::path control_plane_ready() const;
  [[nodiscard]] std::filesystem::path tokens() const { return folder / "tokens"; }
  [[nodiscard]] std::filesystem::path truth_log() const { return folder / "truth.jsonl"; }
  [[nodiscard]] std::filesystem::path api_socket() const { return folder / "api.sock"; }
  [[nodiscard]] std::filesystem::path coordinator_config() const;
  [[nodiscard]] bool real_broker() const { return !real_kafka.empty(); }
  [[nodiscard]] std::filesystem::path broker_address_file() const;
  [[nodiscard]] std::filesystem::path upload_address_file() const;

  std::filesystem::path folder, programs, real_kubernetes, real_kafka;
  int network;
};

}  // namespace ecokube::lab
