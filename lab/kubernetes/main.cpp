#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <iostream>

#include "common/log.h"
#include "lab/kubernetes/api_server.h"

namespace {

using ecokube::lab::ApiServer;
using ecokube::lab::ApiServerOptions;

struct Arguments {
  std::string listen = "127.0.0.1:6443";
  std::filesystem::path tokens;
  std::filesystem::path truth_log;
  std::string log_level = "info";
  std::int64_t bookmark_ms = 2000;
  ApiServerOptions server;
};

void declare(CLI::App& app, Arguments& to) {
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("--listen", to.listen, "IPv4 address and port; port 0 picks one")
      ->capture_default_str();
  app.add_option("--certificate", to.server.certificate, "PEM file")->required();
  app.add_option("--key", to.server.key, "PEM file, mode 0600")->required();
  app.add_option("--tokens", to.tokens, "lines 'token user'; user admin may use /lab")->required();
  app.add_option("--truth-log", to.truth_log, "where commits are written as JSON lines");
  app.add_option("--events-max", to.server.events_max, "changes kept for watches to resume from")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--bookmark-interval-ms", to.bookmark_ms, "between two bookmarks of a watch")
      ->capture_default_str()
      ->check(CLI::Range(10, 3'600'000));
  app.add_flag("--gone-as-event", to.server.gone_as_event,
               "tell a watch that is too old by an ERROR event instead of HTTP 410");
  app.add_option("--log-level", to.log_level, "debug, info, warning or error")
      ->capture_default_str();
}

ecokube::Result<ApiServerOptions> to_options(Arguments arguments) {
  using namespace ecokube;
  const auto colon = arguments.listen.rfind(':');
  const std::string port = colon == std::string::npos ? "" : arguments.listen.substr(colon + 1);
  int number = -1;
  if (!CLI::detail::lexical_cast(port, number) || number < 0 || number > 65535) {
    return fail(Errc::config, "--listen " + arguments.listen + ": expected address:port");
  }
  ApiServerOptions options = std::move(arguments.server);
  options.address = arguments.listen.substr(0, colon);
  options.port = static_cast<std::uint16_t>(number);
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

int complain(const ecokube::Error& error) {
  std::cerr << "lab-kubernetes: " << error.message << '\n';
  return error.code == ecokube::Errc::config ? 2 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ecokube;
  Arguments arguments;
  CLI::App app(
      "The lab's double of a Kubernetes API server: any kind, list, watch, optimistic concurrency, "
      "patch, status, scale, binding and Leases, in memory, over TLS with bearer tokens.");
  declare(app, arguments);
  CLI11_PARSE(app, argc, argv);

  if (auto ok = log::start("lab-kubernetes", arguments.log_level); !ok) return complain(ok.error());
  auto options = to_options(std::move(arguments));
  if (!options) return complain(options.error());
  boost::asio::io_context io(1);
  const std::string address = options->address;
  auto server = ApiServer::start(io.get_executor(), *std::move(options));
  if (!server) return complain(server.error());
  log::info("serving address=https://{}:{}", address, (*server)->port());

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int signal) {
    log::info("stopping signal={} revision={}", signal, (*server)->revision());
    (*server)->stop();
  });
  io.run();
  return 0;
}
