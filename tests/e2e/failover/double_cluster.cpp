#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "lab/certificates.h"
#include "lab/kubernetes/api_server.h"
#include "lab/logins.h"
#include "tests/e2e/failover/cluster.h"
#include "tests/support/must.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

class DoubleCluster final : public Cluster {
 public:
  explicit DoubleCluster(boost::asio::io_context& io) : io_(io) {
    const auto ca = must(lab::make_ca(dir_.path(), "ca"));
    const auto files = must(
        lab::make_certificate(dir_.path(), ca, {.file_stem = "server", .sans = {"IP:127.0.0.1"}}));
    const auto token = lab::make_token();
    lab::ApiServerOptions options;
    options.certificate = files.certificate;
    options.key = files.key;
    options.tokens = {{token, "admin"}};
    server_ = must(lab::ApiServer::start(io.get_executor(), std::move(options)));
    const auto login = lab::write_kubeconfig(
        kubeconfig(),
        {"127.0.0.1:" + std::to_string(server_->port()), "admin", token, ca.certificate});
    if (!login) throw std::runtime_error(login.error().message);
    start("lab-scheduler", {});
    start("lab-deployments", {"--node-grace-s", "3"});
  }
  ~DoubleCluster() override {
    controllers_.clear();
    server_->stop();
  }
  DoubleCluster(const DoubleCluster&) = delete;
  DoubleCluster& operator=(const DoubleCluster&) = delete;

  [[nodiscard]] std::uint16_t port() const override { return server_->port(); }
  [[nodiscard]] std::filesystem::path kubeconfig() const override { return dir_ / "kubeconfig"; }

 private:
  void start(const std::string& program, const std::vector<std::string>& arguments) {
    ChildOptions options;
    options.argv = {fmt::format("{}/{}", ECOKUBE_BIN_DIR, program), "--kubeconfig", kubeconfig()};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.output_file = dir_ / (program + ".log");
    options.die_with_parent = true;
    controllers_.push_back(must(start_child(io_.get_executor(), options)));
  }

  boost::asio::io_context& io_;
  TempDir dir_;
  std::unique_ptr<lab::ApiServer> server_;
  std::vector<std::unique_ptr<ChildProcess>> controllers_;
};

}  // namespace

std::unique_ptr<Cluster> make_cluster(boost::asio::io_context& io) {
  return std::make_unique<DoubleCluster>(io);
}

}  // namespace ecokube::test
