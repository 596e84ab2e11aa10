#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "lab/real/kubernetes/control_plane_files.h"

namespace ecokube::lab {

struct ControlPlaneOptions {
  std::filesystem::path program;  ///< etcd, apiserver and all in one binary
  std::filesystem::path etcd;     ///< another etcd than that binary's; empty: none
  std::filesystem::path folder;   ///< everything is kept here; a later run goes on with its data
  std::string address;            ///< a loopback IP of its own, unless in `own_network`
  bool own_network = false;       ///< a namespace in which nobody but the lab is
  std::uint16_t port = 6443;      ///< the API server's; the other parts take the four above it
  std::vector<ControlPlaneUser> users;
  std::vector<std::filesystem::path> manifests;  ///< applied by kubectl before it is ready
  /// A KubeSchedulerConfiguration, taken as it is but for its kubeconfig; empty: the defaults.
  std::filesystem::path scheduler_config;
  /// How long a node may be silent before it counts as lost.
  std::chrono::seconds node_grace{40};
};

/// A real Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler.
/// A part that dies is started again, as a real one's systemd would.
class ControlPlane {
 public:
  virtual ~ControlPlane() = default;  ///< kills every part
  /// Starts all parts and returns once the API server is ready and pods can be made.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> start() = 0;
  /// Restarts what dies, until stop().
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> watch() = 0;
  virtual void stop() = 0;
};

/// Errc::config when the program or the address cannot be.
[[nodiscard]] Result<std::unique_ptr<ControlPlane>> make_control_plane(
    const boost::asio::any_io_executor& executor, ControlPlaneOptions options);

}  // namespace ecokube::lab
