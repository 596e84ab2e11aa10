#include "tests/e2e/failover/cluster.h"
#include "tests/support/real_control_plane.h"

namespace ecokube::test {
namespace {

constexpr std::uint16_t kPort = 16443;

/// All tests of this process share it: it takes seconds to start.
RealControlPlane& control_plane() {
  static RealControlPlane running("127.0.0.1", kPort, nullptr, {"--node-grace-s", "4"});
  return running;
}

class RealCluster final : public Cluster {
 public:
  /// What the test before left is gone: its processes are, too.
  RealCluster() {
    control_plane().kubectl("delete deployments,poddisruptionbudgets --all --cascade=orphan");
    control_plane().kubectl("delete replicasets --all --cascade=orphan");
    control_plane().kubectl("delete pods --all --force --grace-period=0");
    control_plane().kubectl("delete nodes --all");
    control_plane().kubectl("delete lease -n kube-system ecokube-coordinator --ignore-not-found");
  }
  [[nodiscard]] std::uint16_t port() const override { return kPort; }
  [[nodiscard]] std::filesystem::path kubeconfig() const override {
    return control_plane().files().kubeconfig("admin");
  }
};

}  // namespace

std::unique_ptr<Cluster> make_cluster(boost::asio::io_context& /*io*/) {
  return std::make_unique<RealCluster>();
}

}  // namespace ecokube::test
