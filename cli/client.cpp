#include "cli/client.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <optional>

#include "common/event_reader.h"
#include "common/http_client.h"

namespace ecokube::cli {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::chrono::seconds kConnectLimit{3};
constexpr std::chrono::seconds kAnswerLimit{10};
constexpr int kOkBelow = 300;

Error to_error(const HttpResponse& response) {
  boost::system::error_code ignored;
  const auto problem = json::parse(response.body, ignored);
  std::string text;
  if (!ignored && problem.is_object()) {
    const auto* detail = problem.get_object().if_contains("detail");
    if (detail != nullptr && detail->is_string()) text = std::string(detail->get_string());
  }
  if (text.empty()) text = "the coordinator answered " + std::to_string(response.status);
  return {Errc::refused, std::move(text)};
}

class HttpApiClient final : public ApiClient {
 public:
  explicit HttpApiClient(HttpEndpoint endpoint)
      : where_(endpoint.unix_path.empty() ? endpoint.text() : endpoint.unix_path.string()),
        client_(make_http_client(io_.get_executor(), std::move(endpoint), limits())) {}

  Result<json::object> get(const std::string& path) override {
    HttpRequest request;
    request.target = path;
    request.headers = {{"Accept", "application/json"}};
    return call(std::move(request));
  }

  Result<json::object> post(const std::string& path, const json::object& body) override {
    HttpRequest request;
    request.method = "POST";
    request.target = path;
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    request.body = json::serialize(body);
    return call(std::move(request));
  }

  Result<json::object> remove(const std::string& path) override {
    HttpRequest request;
    request.method = "DELETE";
    request.target = path;
    request.headers = {{"Accept", "application/json"}};
    return call(std::move(request));
  }

  Result<void> follow(std::uint64_t after, OnEvent on_event) override {
    EventReader reader([&on_event](std::string_view data) {
      boost::system::error_code error;
      const auto event = json::parse(data, error);
      return error || !event.is_object() || on_event(event.get_object());
    });
    HttpRequest request;
    request.target = "/api/v1/events?after=" + std::to_string(after);
    request.headers = {{"Accept", "text/event-stream"}};
    const auto answer = await(client_->stream(
        std::move(request), [&reader](std::string_view bytes) { return reader.take(bytes); }));
    if (!answer) return std::unexpected(explain(answer.error()));
    if (answer->status >= kOkBelow) return std::unexpected(to_error(*answer));
    return {};
  }

  void pause(std::chrono::milliseconds time) override {
    asio::steady_timer timer(io_, time);
    timer.async_wait([](boost::system::error_code) {});
    io_.restart();
    io_.run();
  }

 private:
  static HttpLimits limits() {
    HttpLimits limits;
    limits.connect_timeout = kConnectLimit;
    limits.response_timeout = kAnswerLimit;
    return limits;
  }

  Result<json::object> call(HttpRequest request) {
    const auto answer = await(client_->request(std::move(request)));
    if (!answer) return std::unexpected(explain(answer.error()));
    if (answer->status >= kOkBelow) return std::unexpected(to_error(*answer));
    boost::system::error_code error;
    auto document = json::parse(answer->body, error);
    if (error || !document.is_object()) {
      return fail(Errc::protocol, where_ + " did not answer as Eco-Kube's coordinator does");
    }
    return std::move(document.get_object());
  }

  Result<HttpResponse> await(asio::awaitable<Result<HttpResponse>> work) {
    std::optional<Result<HttpResponse>> result;
    asio::co_spawn(
        io_, std::move(work), [&](std::exception_ptr error, Result<HttpResponse> answer) {
          result = error ? Result<HttpResponse>(fail(Errc::unreachable, "the call was broken off"))
                         : std::move(answer);
        });
    io_.restart();
    while (!result && io_.run_one() > 0) {
    }
    if (!result) return fail(Errc::unreachable, "the call was broken off");
    return std::move(*result);
  }

  Error explain(Error error) const {
    if (error.code == Errc::unreachable) {
      error.message += "; is ecokube-coordinator running there?";
    }
    return {error.code, where_ + ": " + error.message};
  }

  asio::io_context io_{1};
  std::string where_;
  std::unique_ptr<HttpClient> client_;
};

Result<HttpEndpoint> endpoint_of(const Command& command) {
  if (!command.server.empty()) {
    auto parsed = parse_http_url(command.server);
    if (!parsed) return fail(Errc::config, "--server: " + parsed.error().message);
    if (command.server.starts_with("https:")) {
      return fail(Errc::config, "--server: the API speaks plain HTTP on loopback as yet");
    }
    return std::move(parsed->first);
  }
  std::error_code error;
  const auto& socket = command.socket;
  if (!std::filesystem::exists(socket, error) && !error) {
    return fail(Errc::unreachable,
                "there is no socket " + socket.string() +
                    ". Is ecokube-coordinator running on this host? Say --socket PATH (or set "
                    "ECOKUBE_SOCKET), or read with --server http://HOST:7444");
  }
  if (error || ::access(socket.c_str(), R_OK | W_OK) != 0) {
    return fail(Errc::forbidden, "no permission to use " + socket.string() +
                                     "; run ecoctl as root, or read with --server "
                                     "http://127.0.0.1:7444");
  }
  HttpEndpoint endpoint;
  endpoint.host = "localhost";
  endpoint.unix_path = socket;
  return endpoint;
}

}  // namespace

Result<std::unique_ptr<ApiClient>> make_api_client(const Command& command) {
  auto endpoint = endpoint_of(command);
  if (!endpoint) return std::unexpected(endpoint.error());
  return std::make_unique<HttpApiClient>(std::move(*endpoint));
}

}  // namespace ecokube::cli
