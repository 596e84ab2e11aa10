#include <stdexcept>

#include "tests/contract/kubernetes/test_server.h"
#include "tests/support/real_control_plane.h"

namespace ecokube::test {
namespace {

constexpr std::uint16_t kPort = 6443;
constexpr std::uint16_t kPortOfTheBackup = 7443;
constexpr const char* kAddress = "127.0.40.1";

/// All tests of this process share it: it takes seconds to start.
RealControlPlane& control_plane() {
  static RealControlPlane running(kAddress, kPort);
  return running;
}

class RealServer final : public TestServer {
 public:
  [[nodiscard]] kubernetes::Access access() const override {
    auto access = kubernetes::read_kubeconfig(control_plane().files().kubeconfig("admin"), "");
    if (!access) throw std::runtime_error(access.error().message);
    return *std::move(access);
  }
  [[nodiscard]] lab::CertificateFiles client_ca() const override {
    return {control_plane().files().certificate("ca"), control_plane().files().key("ca")};
  }
  [[nodiscard]] bool has_controllers() const override { return true; }
  bool forget_history() override {
    control_plane().kill_api_server();
    return true;
  }
  std::optional<std::uint16_t> start_from_older_backup() override {
    restored_ = std::make_unique<RealControlPlane>(kAddress, kPortOfTheBackup, &control_plane());
    return kPortOfTheBackup;
  }

 private:
  std::unique_ptr<RealControlPlane> restored_;
};

}  // namespace

std::vector<ServerKind> servers() {
  return {{"Real", [](boost::asio::io_context&) { return std::make_unique<RealServer>(); }}};
}

std::vector<ServerKind> servers_by_way_of_gone() { return servers(); }

}  // namespace ecokube::test
