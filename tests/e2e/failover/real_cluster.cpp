#include "tests/e2e/failover/real_cluster.h"

#include "tests/e2e/failover/cluster.h"

namespace ecokube::test {
namespace {

constexpr std::uint16_t kPort = 16443;

class RealCluster final : public Cluster {
 public:
  /// What the test before left is gone: its processes are, too.
  RealCluster() {
    auto& cluster = real_control_plane();
    cluster.kubectl("delete deployments,poddisruptionbudgets --all --cascade=orphan");
    cluster.kubectl("delete replicasets --all --cascade=orphan");
    cluster.kubectl("delete pods --all --force --grace-period=0");
    cluster.kubectl("delete nodes --all");
    cluster.kubectl("delete lease -n kube-system ecokube-coordinator --ignore-not-found");
  }
  [[nodiscard]] std::uint16_t port() const override { return kPort; }
  [[nodiscard]] std::filesystem::path kubeconfig() const override {
    return real_control_plane().files().kubeconfig("admin");
  }
};

}  // namespace

/// It takes seconds to start.
RealControlPlane& real_control_plane() {
  static RealControlPlane running("127.0.0.1", kPort, nullptr, {"--node-grace-s", "4"});
  return running;
}

std::unique_ptr<Cluster> make_cluster(boost::asio::io_context& /*io*/) {
  return std::make_unique<RealCluster>();
}

}  // namespace ecokube::test
