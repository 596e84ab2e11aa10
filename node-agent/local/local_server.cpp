#include "node-agent/local/local_server.h"

#include <boost/json/serialize.hpp>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "common/boot_clock.h"
#include "common/host_port.h"
#include "common/http_server.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

// Who may connect to an address of this machine may be anyone on it: no figure leaves finer than by
// the second (CVE-2020-8694).
constexpr std::chrono::seconds kKeepMetrics{1};

class HttpLocalServer final : public LocalServer {
 public:
  HttpLocalServer(const asio::any_io_executor& executor, std::function<AgentStatus()> status)
      : status_(std::move(status)) {
    HttpServerLimits limits;
    limits.connections_max = 8;
    server_ = make_http_server(
        executor, [this](HttpExchange& exchange) { return respond(exchange); }, limits);
  }

  std::vector<std::string> listen(const std::filesystem::path& socket,
                                  const std::string& metrics_listen) override {
    constexpr unsigned kOwnerAndGroup = 0660;
    std::vector<std::string> problems;
    if (!socket.empty()) {
      std::error_code ignored;
      std::filesystem::create_directories(socket.parent_path(), ignored);
      if (const auto done = server_->listen_unix(socket, kOwnerAndGroup); !done) {
        problems.push_back("`ecokube-agent status` will not work: " + done.error().message);
      }
    }
    if (metrics_listen.empty()) return problems;
    const auto address = parse_listen_address(metrics_listen);
    const auto port = address ? server_->listen_tcp(address->host, address->port)
                              : Result<std::uint16_t>(std::unexpected(address.error()));
    if (!port) problems.push_back("no local metrics: " + port.error().message);
    return problems;
  }
  void stop() override { server_->stop(); }

 private:
  HttpResponse answer(const HttpExchange& exchange) {
    const bool local = exchange.transport() == HttpTransport::unix_socket;
    if (exchange.method() != "GET") {
      return problem_response(405, "Method not allowed", "only GET is answered here");
    }
    if (exchange.target() == "/metrics") return metrics();
    if (local && exchange.target() == "/status") {
      return json_response(200, boost::json::serialize(status_json(status_())));
    }
    return problem_response(404, "Not found",
                            local ? "there are /status and /metrics" : "there is /metrics");
  }

  HttpResponse metrics() {
    const auto now = boottime_now();
    if (!metrics_at_ || now - *metrics_at_ >= kKeepMetrics) {
      metrics_ = metrics_text(status_());
      metrics_at_ = now;
    }
    HttpResponse response;
    response.status = 200;
    response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
    response.body = metrics_;
    return response;
  }

  asio::awaitable<void> respond(HttpExchange& exchange) {
    auto response = answer(exchange);
    const auto ignored = co_await exchange.respond(std::move(response));
    (void)ignored;  // whoever asked has gone
  }

  std::function<AgentStatus()> status_;
  std::unique_ptr<HttpServer> server_;
  std::string metrics_;
  std::optional<std::chrono::nanoseconds> metrics_at_;
};

}  // namespace

std::unique_ptr<LocalServer> make_local_server(asio::any_io_executor executor,
                                               std::function<AgentStatus()> status) {
  return std::make_unique<HttpLocalServer>(executor, std::move(status));
}

}  // namespace ecokube::agent
