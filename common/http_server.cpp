#include "common/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <set>

#include "common/asio_tuple.h"
#include "common/http_exchange.h"
#include "common/http_status.h"
#include "common/log.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

constexpr std::chrono::milliseconds kAcceptPause{50};

struct LiveConnection {
  HttpConnection http;
  asio::cancellation_signal cancel;
};

/// Shared by the server and its coroutines, which may end a little after it.
struct ServerState {
  asio::any_io_executor executor;
  HttpHandler handler;
  HttpServerLimits limits;
  std::vector<std::shared_ptr<tcp::acceptor>> tcp_acceptors;
  std::vector<std::shared_ptr<Local::acceptor>> unix_acceptors;
  std::vector<std::filesystem::path> unix_paths;
  std::set<std::shared_ptr<LiveConnection>> connections;
  bool stopped = false;
};
using StatePtr = std::shared_ptr<ServerState>;

/// Runs the handler; true when it ended without an exception.
asio::awaitable<bool> run_handler(ServerState& state, HttpExchange& exchange) {
  try {
    co_await state.handler(exchange);
    co_return true;
  } catch (const std::exception& error) {
    if (!state.stopped) {
      log::error("http: handler failed method={} target={} error={}", exchange.method(),
                 exchange.target(), error.what());
    }
  }
  co_return false;
}

asio::awaitable<bool> answer_one(ServerState& state, HttpConnection& connection) {
  constexpr int kHeaderTooLarge = 431;
  const auto parser = make_request_parser();
  const auto got = co_await read_request_header(connection, *parser);
  HttpConnectionExchange exchange(connection, *parser);
  if (!got) {
    if (got.error().code != Errc::protocol && got.error().code != Errc::too_large) co_return false;
    const bool large = got.error().code == Errc::too_large;
    HttpResponse refusal =
        problem_response(large ? kHeaderTooLarge : kHttpBadRequest,
                         large ? "Header too large" : "Bad request", got.error().message);
    (void)co_await exchange.respond(std::move(refusal));
    co_await exchange.discard_body();
    co_return false;
  }
  if (!*got) co_return false;
  const bool well = co_await run_handler(state, exchange);
  if (state.stopped) co_return false;
  if (!exchange.answered()) {
    if (well)
      log::error("http: no answer given method={} target={}", exchange.method(), exchange.target());
    HttpResponse refusal =
        problem_response(kHttpInternalError, "Internal error", "see the server's log");
    (void)co_await exchange.respond(std::move(refusal));
  } else if (!well) {
    co_return false;  // a stream cut short, so that the client does not take it for whole
  }
  const auto finished = co_await exchange.finish();
  if (!finished) co_return false;
  co_await exchange.discard_body();
  co_return exchange.may_continue();
}

asio::awaitable<void> serve(StatePtr state, std::shared_ptr<LiveConnection> live,
                            GenericSocket socket, TlsContext tls) {
  const auto deadline = std::chrono::steady_clock::now() + state->limits.header_timeout;
  auto stream = co_await accept_stream(std::move(socket), std::move(tls), deadline);
  if (!stream) {
    log::debug("http: connection refused error={}", stream.error().message);
    co_return;
  }
  live->http.stream = *std::move(stream);
  bool more = true;
  while (more && !state->stopped) more = co_await answer_one(*state, live->http);
}

void start_connection(const StatePtr& state, GenericSocket socket, const TlsContext& tls,
                      HttpTransport transport) {
  auto live = std::make_shared<LiveConnection>();
  live->http.limits = state->limits;
  live->http.transport = transport;
  state->connections.insert(live);
  auto ended = [state, live](std::exception_ptr error) {
    state->connections.erase(live);
    if (!state->stopped) log::thrown("http: connection failed", error);
  };
  asio::co_spawn(state->executor, serve(state, live, std::move(socket), tls),
                 asio::bind_cancellation_slot(live->cancel.slot(), std::move(ended)));
}

template <class Acceptor>
asio::awaitable<void> accept_loop(StatePtr state, std::shared_ptr<Acceptor> acceptor,
                                  TlsContext tls, HttpTransport transport) {
  asio::steady_timer pause(state->executor);
  while (!state->stopped) {
    if (state->connections.size() < state->limits.connections_max) {
      auto [ec, socket] = co_await acceptor->async_accept(kTuple);
      if (ec == asio::error::operation_aborted || state->stopped) co_return;
      if (!ec) {
        start_connection(state, GenericSocket(std::move(socket)), tls, transport);
        continue;
      }
      log::warn("http: accept failed error={}", ec.message());
    }
    // At the limit (ours or the system's) new connections wait in the kernel's queue.
    pause.expires_after(kAcceptPause);
    (void)co_await pause.async_wait(kTuple);
  }
}

template <class Acceptor>
void start_accepting(const StatePtr& state, const std::shared_ptr<Acceptor>& acceptor,
                     const TlsContext& tls, HttpTransport transport) {
  asio::co_spawn(state->executor, accept_loop(state, acceptor, tls, transport),
                 log::thrown("http: listener failed"));
}

/// True when somebody listens on the Unix socket `path`.
bool is_alive(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const bool alive = result == 0 || errno == EAGAIN;
  ::close(fd);
  return alive;
}

std::unexpected<Error> cannot_listen(const std::string& where, error_code ec) {
  std::string help;
  if (ec == asio::error::address_in_use) {
    help = "; another program uses it: stop that one, or configure another port";
  } else if (ec == asio::error::access_denied) {
    help = "; ports below 1024 need CAP_NET_BIND_SERVICE: configure a higher port";
  } else if (ec == boost::system::errc::address_not_available) {
    help = "; no interface of this machine has that address";
  }
  return fail(Errc::io, fmt::format("cannot listen on {}: {}{}", where, ec.message(), help));
}

class AsioHttpServer final : public HttpServer {
 public:
  AsioHttpServer(asio::any_io_executor executor, HttpHandler handler, HttpServerLimits limits)
      : state_(std::make_shared<ServerState>()) {
    state_->executor = std::move(executor);
    state_->handler = std::move(handler);
    state_->limits = limits;
  }
  ~AsioHttpServer() override { AsioHttpServer::stop(); }

  Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port,
                                   TlsContext tls) override {
    error_code ec;
    const auto ip = asio::ip::make_address(address, ec);
    if (ec) return fail(Errc::config, "'" + address + "' is no IP address to listen on");
    const tcp::endpoint endpoint(ip, port);
    auto acceptor = std::make_shared<tcp::acceptor>(state_->executor);
    acceptor->open(endpoint.protocol(), ec);
    if (!ec) acceptor->set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor->bind(endpoint, ec);
    if (!ec) acceptor->listen(tcp::acceptor::max_listen_connections, ec);
    if (ec) return cannot_listen(fmt::format("{} port {}", address, port), ec);
    state_->tcp_acceptors.push_back(acceptor);
    start_accepting(state_, acceptor, tls, tls ? HttpTransport::tls : HttpTransport::tcp);
    return acceptor->local_endpoint().port();
  }

  Result<void> listen_unix(const std::filesystem::path& path, unsigned mode) override {
    const std::string where = "the Unix socket " + path.string();
    if (path.native().size() >= sizeof(sockaddr_un::sun_path)) {
      return fail(Errc::config, where + ": the path of a Unix socket has at most 107 characters");
    }
    std::error_code ignored;
    if (std::filesystem::is_socket(path, ignored)) {
      if (is_alive(path)) return cannot_listen(where, asio::error::address_in_use);
      std::filesystem::remove(path, ignored);
    }
    error_code ec;
    auto acceptor = std::make_shared<Local::acceptor>(state_->executor);
    acceptor->open(Local(), ec);
    const mode_t before = ::umask(0777U & ~mode);  // never open wider, not even for a moment
    if (!ec) acceptor->bind(Local::endpoint(path.string()), ec);
    ::umask(before);
    if (!ec) acceptor->listen(Local::acceptor::max_listen_connections, ec);
    if (ec == asio::error::access_denied) {
      return fail(Errc::io, where + ": no permission to make it in that folder");
    }
    if (ec) return cannot_listen(where, ec);
    state_->unix_acceptors.push_back(acceptor);
    state_->unix_paths.push_back(path);
    start_accepting(state_, acceptor, nullptr, HttpTransport::unix_socket);
    return {};
  }

  void stop() override {
    if (std::exchange(state_->stopped, true)) return;
    error_code ignored;
    for (auto& acceptor : state_->tcp_acceptors) acceptor->close(ignored);
    for (auto& acceptor : state_->unix_acceptors) acceptor->close(ignored);
    std::error_code not_there;
    for (const auto& path : state_->unix_paths) std::filesystem::remove(path, not_there);
    const auto connections = state_->connections;  // a cancelled one leaves the set
    for (const auto& live : connections) {
      if (live->http.stream) live->http.stream->close();
      live->cancel.emit(asio::cancellation_type::terminal);
      // Outside the loop co_spawn delivers the signal by a posted call that holds a bare pointer
      // into `live`; the one posted after it keeps it alive, even when the coroutine ends first.
      asio::post(state_->executor, [live] {});
    }
  }

 private:
  StatePtr state_;
};

}  // namespace

std::unique_ptr<HttpServer> make_http_server(asio::any_io_executor executor, HttpHandler handler,
                                             HttpServerLimits limits) {
  return std::make_unique<AsioHttpServer>(std::move(executor), std::move(handler), limits);
}

}  // namespace ecokube
