#include "lab/kubernetes/api_server.h"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <sstream>

#include "common/http_server.h"
#include "common/http_status.h"
#include "common/log.h"
#include "lab/kubernetes/router.h"

namespace ecokube::lab {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kBodyBytesMax = 3UL * 1024 * 1024;
constexpr std::size_t kJsonDepthMax = 64;
const std::vector<std::string> kWhoAmI{"apis", "authentication.k8s.io", "v1", "selfsubjectreviews"};

HttpResponse to_response(const ApiResult<ApiAnswer>& result) {
  if (result) return json_response(result->code, json::serialize(result->body));
  auto response =
      json_response(result.error().code, json::serialize(status_object(result.error())));
  if (result.error().code == kHttpUnauthorized) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  if (const auto seconds = number_field(result.error().details, {"retryAfterSeconds"}, 0)) {
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  return response;
}

/// The user of the client's certificate or of the bearer token; nullopt: nobody we know.
std::optional<std::string> user_of(const ApiCore& core, const HttpExchange& exchange) {
  if (auto name = exchange.client_name(); !name.empty()) return name;
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view header = exchange.header("Authorization");
  if (!header.starts_with(kBearer)) return std::nullopt;
  const auto found = core.options.tokens.find(std::string(header.substr(kBearer.size())));
  if (found == core.options.tokens.end()) return std::nullopt;
  return found->second;
}

/// What needs no token: health and version.
std::optional<HttpResponse> public_answer(const std::vector<std::string>& segments) {
  if (segments.size() != 1) return std::nullopt;
  if (segments[0] == "healthz" || segments[0] == "readyz" || segments[0] == "livez") {
    return HttpResponse{200, {{"Content-Type", "text/plain; charset=utf-8"}}, "ok"};
  }
  if (segments[0] == "version") {
    const json::object version{{"major", "1"},
                               {"minor", "31"},
                               {"gitVersion", "v1.31.0-ecokube-lab"},
                               {"platform", "linux/amd64"}};
    return json_response(200, json::serialize(version));
  }
  return std::nullopt;
}

asio::awaitable<ApiResult<json::value>> read_json(HttpExchange& exchange) {
  auto text = co_await exchange.read_body(kBodyBytesMax);
  if (!text && text.error().code == Errc::too_large) {
    co_return refuse(kHttpTooLarge, "RequestEntityTooLarge", text.error().message);
  }
  if (!text) co_return bad_request(text.error().message);
  if (text->empty()) co_return json::value(nullptr);
  boost::system::error_code ec;
  json::parse_options parsing;
  parsing.max_depth = kJsonDepthMax;
  auto value = json::parse(*text, ec, {}, parsing);
  if (ec) co_return bad_request("the body of the request is no JSON: " + ec.message());
  co_return value;
}

/// A watch from a forgotten revision, told as some API servers tell it.
asio::awaitable<void> refuse_in_stream(ApiFailure failure, HttpExchange& exchange) {
  HttpHeaders headers{{"Content-Type", "application/json"}};
  (void)co_await exchange.begin_stream(200, std::move(headers));
  const json::object event{{"type", "ERROR"}, {"object", status_object(failure)}};
  std::string line = json::serialize(event) + "\n";
  (void)co_await exchange.write(std::move(line));
}

asio::awaitable<void> watch(ApiCore& core, const ApiRequest& request, HttpExchange& exchange) {
  auto watch = parse_watch(core.store, request.path, request.target);
  if (watch) {
    co_await serve_watch(core.store, core.bell, *std::move(watch), core.options.bookmark_interval,
                         exchange);
    co_return;
  }
  if (watch.error().code == kHttpGone && core.options.gone_as_event) {
    ApiFailure failure = watch.error();
    co_await refuse_in_stream(std::move(failure), exchange);
    co_return;
  }
  HttpResponse response = to_response(std::unexpected(watch.error()));
  (void)co_await exchange.respond(std::move(response));
}

bool wants_watch(const ApiRequest& request) {
  const auto value = request.target.query_value("watch");
  return request.method == "GET" && (value == "true" || value == "1") && request.path.name.empty();
}

asio::awaitable<void> serve(std::shared_ptr<ApiCore> core, HttpExchange& exchange) {
  auto target = parse_target(exchange.target());
  if (!target) {
    HttpResponse response = to_response(bad_request(target.error().message));
    (void)co_await exchange.respond(std::move(response));
    co_return;
  }
  if (auto response = public_answer(target->segments)) {
    (void)co_await exchange.respond(*std::move(response));
    co_return;
  }
  ApiRequest request;
  request.method = exchange.method();
  request.content_type = exchange.header("Content-Type");
  request.target = *std::move(target);
  const auto user = user_of(*core, exchange);
  const auto& segments = request.target.segments;
  auto path = parse_resource_path(segments);
  ApiResult<ApiAnswer> answer =
      refuse(kHttpNotFound, "NotFound", "the server could not find the requested resource");
  if (!user) {
    answer = refuse(kHttpUnauthorized, "Unauthorized", "Unauthorized");
  } else if (!segments.empty() && segments[0] == "lab") {
    answer = lab_command(*core, request, *user);
  } else if (request.method == "POST" && segments == kWhoAmI) {
    answer = ApiAnswer{201,
                       {{"kind", "SelfSubjectReview"},
                        {"apiVersion", "authentication.k8s.io/v1"},
                        {"status", {{"userInfo", {{"username", *user}}}}}}};
  } else if (auto listed = discovery(*core, request)) {
    answer = *std::move(listed);
  } else if (path) {
    request.path = *std::move(path);
    if (wants_watch(request)) {
      co_await watch(*core, request, exchange);
      co_return;
    }
    auto body = co_await read_json(exchange);
    if (body) {
      request.body = *std::move(body);
      answer = dispatch(*core, request);
    } else {
      answer = std::unexpected(body.error());
    }
  }
  HttpResponse response = to_response(answer);
  log::debug("request method={} target={} user={} status={}", request.method, exchange.target(),
             user.value_or("-"), response.status);
  (void)co_await exchange.respond(std::move(response));
}

class HttpApiServer final : public ApiServer {
 public:
  HttpApiServer(asio::any_io_executor executor, ApiServerOptions options)
      : core_(std::make_shared<ApiCore>(std::move(options))),
        http_(make_http_server(std::move(executor), [core = core_](HttpExchange& exchange) {
          return serve(core, exchange);
        })) {}
  ~HttpApiServer() override { HttpApiServer::stop(); }

  Result<void> listen() {
    const auto& options = core_->options;
    auto tls = options.client_ca.empty()
                   ? make_https_server_context(options.certificate, options.key)
                   : make_https_server_context(options.certificate, options.key, options.client_ca);
    if (!tls) return std::unexpected(std::move(tls.error()));
    const auto port = http_->listen_tcp(options.address, options.port, *std::move(tls));
    if (!port) return std::unexpected(port.error());
    port_ = *port;
    return {};
  }

  std::uint16_t port() const override { return port_; }
  std::uint64_t revision() const override { return core_->store.revision(); }
  void compact() override { core_->compact(); }
  void end_watches() override { core_->bell.end_watches(); }
  void stop() override { http_->stop(); }

 private:
  std::shared_ptr<ApiCore> core_;
  std::unique_ptr<HttpServer> http_;
  std::uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::start(asio::any_io_executor executor,
                                                    ApiServerOptions options) {
  auto server = std::make_unique<HttpApiServer>(std::move(executor), std::move(options));
  if (auto listening = server->listen(); !listening) {
    return std::unexpected(std::move(listening.error()));
  }
  return server;
}

Result<std::map<std::string, std::string>> read_tokens(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return fail(Errc::config, "cannot read the tokens in " + file.string());
  std::map<std::string, std::string> tokens;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string token;
    std::string user;
    if (!(words >> token)) continue;
    if (!(words >> user)) {
      return fail(Errc::config, fmt::format("{}:{}: expected 'token user'", file.string(), number));
    }
    tokens[token] = user;
  }
  if (tokens.empty()) return fail(Errc::config, file.string() + ": it holds no token");
  return tokens;
}

}  // namespace ecokube::lab
