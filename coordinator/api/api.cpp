#include "coordinator/api/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/http_status.h"
#include "common/log.h"
#include "coordinator/api/events.h"
#include "coordinator/api/routes.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kBodyBytesMax = 16UL * 1024;
constexpr unsigned kSocketMode = 0600;  // root on this host, or who runs us

HttpResponse no_route(const RouteMatch& match, std::string_view method, std::string_view target) {
  if (match.other_methods.empty()) {
    return problem_response(kHttpNotFound, "Not found",
                            fmt::format("There is no {}; begin at /api/v1/nodes.", target));
  }
  const auto allowed = fmt::format("{}", fmt::join(match.other_methods, ", "));
  auto response = problem_response(kHttpMethodNotAllowed, "Method not allowed",
                                   fmt::format("{} is not for this path; {} is.", method, allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

/// What a request needs; a connection that is still being answered keeps it alive.
struct Shared {
  ApiOptions options;
  Fleet& fleet;  // not touched once stopped, nor is enrolment
  std::shared_ptr<EventHub> events;
  EnrolmentDesk* enrolment;
  bool stopped = false;
};

asio::awaitable<void> refuse(HttpExchange& exchange, int status, std::string title,
                             std::string detail) {
  auto response = problem_response(status, title, detail);
  co_await exchange.respond(std::move(response));
}

asio::awaitable<void> stream(std::shared_ptr<Shared> shared, HttpExchange& exchange,
                             ApiRequest request) {
  auto from = exchange.header("Last-Event-ID");
  if (from.empty()) from = request.target.query_value("after");
  const auto after = resume_point(from);
  if (!after) {
    co_await refuse(exchange, kHttpBadRequest, "Bad event id", after.error().message);
    co_return;
  }
  co_await serve_events(shared->events, exchange, *after);
}

asio::awaitable<void> answer(std::shared_ptr<Shared> shared, HttpExchange& exchange,
                             const Route& route, ApiRequest request) {
  if (route.access == Access::unix_socket && exchange.transport() != HttpTransport::unix_socket) {
    auto detail = "This is asked for on the Unix socket " + shared->options.socket.string() +
                  " only: ecoctl on the coordinator's host, as root.";
    co_await refuse(exchange, kHttpForbidden, "Only on this host", std::move(detail));
    co_return;
  }
  if (route.method == "POST") {
    auto body = co_await exchange.read_body(kBodyBytesMax);
    if (!body) {
      const int status = body.error().code == Errc::too_large ? kHttpTooLarge : kHttpBadRequest;
      co_await refuse(exchange, status, "Bad request body", body.error().message);
      co_return;
    }
    request.body = std::move(*body);
  }
  if (shared->stopped) co_return;  // while the body was read
  const ApiContext context{shared->fleet, *shared->events, shared->options.events_dropped,
                           shared->enrolment, &shared->options.bmcs};
  HttpResponse response;
  if (route.perform != nullptr) {
    response = co_await route.perform(context, std::move(request));
  } else {
    response = route.answer(context, request);
  }
  co_await exchange.respond(std::move(response));
}

asio::awaitable<void> serve(std::shared_ptr<Shared> shared, HttpExchange& exchange) {
  if (shared->stopped) co_return;
  auto target = parse_target(exchange.target());
  if (!target) {
    co_await refuse(exchange, kHttpBadRequest, "Bad request", target.error().message);
    co_return;
  }
  auto match = find_route(exchange.method(), target->segments);
  if (match.route == nullptr) {
    auto response = no_route(match, exchange.method(), exchange.target());
    co_await exchange.respond(std::move(response));
    co_return;
  }
  std::string accept(exchange.header("Accept"));
  ApiRequest request{std::move(match.names), *std::move(target), std::move(accept), {}};
  if (match.route->may_stream && !request.accept.starts_with("application/json")) {
    co_await stream(std::move(shared), exchange, std::move(request));
    co_return;
  }
  co_await answer(std::move(shared), exchange, *match.route, std::move(request));
}

class RestApi final : public Api {
 public:
  RestApi(asio::any_io_executor executor, ApiOptions options, Fleet& fleet,
          EnrolmentDesk* enrolment) {
    auto events =
        std::make_shared<EventHub>(executor, fleet, options.event_queue_max, options.keep_alive);
    shared_.reset(new Shared{std::move(options), fleet, std::move(events), enrolment});
    server_ = make_http_server(std::move(executor), [shared = shared_](HttpExchange& exchange) {
      return serve(shared, exchange);
    });
  }
  ~RestApi() override { stop(); }

  Result<void> start() override {
    const auto& options = shared_->options;
    const auto port = server_->listen_tcp(options.address, options.port);
    if (!port) return fail_while("the API", port.error());
    port_ = *port;
    if (const auto socket = server_->listen_unix(options.socket, kSocketMode); !socket) {
      return fail_while("the API's socket", socket.error());
    }
    log::info("api listening address={}:{} socket={}", options.address, port_,
              options.socket.string());
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void stop() override {
    if (shared_->stopped) return;
    shared_->stopped = true;
    shared_->events->close();
    server_->stop();
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
};

}  // namespace

std::unique_ptr<Api> make_api(asio::any_io_executor executor, ApiOptions options, Fleet& fleet,
                              EnrolmentDesk* enrolment) {
  return std::make_unique<RestApi>(std::move(executor), std::move(options), fleet, enrolment);
}

}  // namespace ecokube
