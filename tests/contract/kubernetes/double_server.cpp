#include "lab/certificates.h"
#include "lab/deployments/deployments.h"
#include "lab/kubernetes/api_server.h"
#include "tests/contract/kubernetes/test_server.h"
#include "tests/support/must.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

class DoubleServer final : public TestServer {
 public:
  DoubleServer(boost::asio::io_context& io, bool gone_as_event)
      : io_(io),
        gone_as_event_(gone_as_event),
        ca_(must(lab::make_ca(dir_.path(), "ca"))),
        files_(must(lab::make_certificate(
            dir_.path(), ca_, {.file_stem = "server", .sans = {"IP:127.0.0.1", "DNS:localhost"}}))),
        server_(serve()) {}
  DoubleServer(const DoubleServer&) = delete;
  DoubleServer& operator=(const DoubleServer&) = delete;
  ~DoubleServer() override {
    if (controllers_) controllers_->stop();
    server_->stop();
    if (restored_) restored_->stop();
  }

  [[nodiscard]] kubernetes::Access access() const override {
    kubernetes::Access access;
    access.host = "127.0.0.1";
    access.port = server_->port();
    access.identity.ca_pem = read_text(ca_.certificate);
    access.token = "token-of-admin";
    access.source = "the test";
    return access;
  }
  [[nodiscard]] lab::CertificateFiles client_ca() const override { return ca_; }
  /// Only for budgets: it must not find that nodes without a kubelet are silent.
  void start_controllers() override {
    lab::DeploymentsOptions options;
    options.node_grace = std::chrono::hours(1);
    controllers_ =
        lab::make_deployments(must(kubernetes::ApiClient::make(io_.get_executor(), access())),
                              io_.get_executor(), options);
    controllers_->start();
  }
  bool forget_history() override {
    server_->compact();
    return true;
  }
  std::optional<std::uint16_t> start_from_older_backup() override {
    restored_ = serve();
    return restored_->port();
  }

 private:
  [[nodiscard]] std::unique_ptr<lab::ApiServer> serve() {
    constexpr std::chrono::milliseconds kBookmarks{50};
    lab::ApiServerOptions options;
    options.certificate = files_.certificate;
    options.key = files_.key;
    options.client_ca = ca_.certificate;
    options.tokens = {{"token-of-admin", "admin"}};
    options.bookmark_interval = kBookmarks;
    options.gone_as_event = gone_as_event_;
    return must(lab::ApiServer::start(io_.get_executor(), std::move(options)));
  }

  boost::asio::io_context& io_;
  bool gone_as_event_;
  TempDir dir_;
  lab::CertificateFiles ca_;
  lab::CertificateFiles files_;
  std::unique_ptr<lab::ApiServer> server_;
  std::unique_ptr<lab::ApiServer> restored_;
  std::shared_ptr<lab::Controller> controllers_;
};

}  // namespace

std::vector<ServerKind> servers() {
  return {{"Double",
           [](boost::asio::io_context& io) { return std::make_unique<DoubleServer>(io, false); }}};
}

std::vector<ServerKind> servers_by_way_of_gone() {
  auto kinds = servers();
  kinds.push_back({"DoubleWithGoneAsEvent", [](boost::asio::io_context& io) {
                     return std::make_unique<DoubleServer>(io, true);
                   }});
  return kinds;
}

}  // namespace ecokube::test
