#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "common/host_port.h"
#include "common/log.h"
#include "common/program.h"
#include "lab/kubernetes/api_server.h"

namespace {

using namespace ecokube;
using lab::ApiServer;
using lab::ApiServerOptions;

struct Arguments {
  std::string listen = "127.0.0.1:6443";
  std::filesystem::path tokens;
  std::filesystem::path truth_log;
  std::int64_t bookmark_ms = 2000;
  ApiServerOptions server;
};

void declare(Program& program, Arguments& to) {
  program.option("--listen", to.listen, "IPv4 address and port; port 0 picks one");
  program.option("--certificate", to.server.certificate, "PEM file").required();
  program.option("--key", to.server.key, "PEM file, mode 0600").required();
  program.option("--tokens", to.tokens, "lines 'token user'; user admin may use /lab").required();
  program.option("--truth-log", to.truth_log, "where commits are written as JSON lines");
  program.option("--events-max", to.server.events_max, "changes kept for watches to resume from")
      .within(1, 10'000'000);
  program.option("--bookmark-interval-ms", to.bookmark_ms, "between two bookmarks of a watch")
      .within(10, 3'600'000);
  program.flag("--gone-as-event", to.server.gone_as_event,
               "tell a watch that is too old by an ERROR event instead of HTTP 410");
  program.log_option();
}

Result<ApiServerOptions> to_options(Arguments arguments) {
  auto listen = parse_listen_address(arguments.listen);
  if (!listen) return fail(Errc::config, "--listen " + listen.error().message);
  ApiServerOptions options = std::move(arguments.server);
  options.address = std::move(listen->host);
  options.port = listen->port;
  options.bookmark_interval = std::chrono::milliseconds(arguments.bookmark_ms);
  auto tokens = lab::read_tokens(arguments.tokens);
  if (!tokens) return std::unexpected(std::move(tokens.error()));
  options.tokens = *std::move(tokens);
  if (arguments.truth_log.empty()) return options;
  auto truth = JsonLines::open(arguments.truth_log, "api");
  if (!truth) return std::unexpected(Error{Errc::config, truth.error().message});
  options.truth_log = *std::move(truth);
  return options;
}

Result<void> serve(Arguments arguments) {
  auto options = to_options(std::move(arguments));
  if (!options) return std::unexpected(std::move(options.error()));
  boost::asio::io_context io(1);
  const std::string address = options->address;
  auto server = ApiServer::start(io.get_executor(), *std::move(options));
  if (!server) return std::unexpected(std::move(server.error()));
  log::info("serving address=https://{}:{}", address, (*server)->port());

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int signal) {
    log::info("stopping signal={} revision={}", signal, (*server)->revision());
    (*server)->stop();
  });
  io.run();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  Program program(
      "lab-kubernetes", ECOKUBE_VERSION,
      "The lab's double of a Kubernetes API server: any kind, list, watch, optimistic concurrency, "
      "patch, status, scale, binding and Leases, in memory, over TLS with bearer tokens.");
  declare(program, arguments);
  return program.run(argc, argv, [&] { return serve(std::move(arguments)); });
}
