#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "common/http_server.h"
#include "common/json_lines.h"
#include "common/log.h"
#include "examples/video-pipeline/eco-upload/record_publisher.h"
#include "examples/video-pipeline/eco-upload/upload_service.h"
#include "examples/video-pipeline/eco-upload/video_store.h"

namespace {

using namespace ecokube;

struct Options {
  std::string listen = "127.0.0.1:8080";
  std::string public_url;
  std::string data_dir = "eco-upload-data";
  std::string bootstrap;
  std::string topic = "video-processing";
  std::uint64_t size_limit_bytes = 1UL << 30;
  int ack_limit_ms = 5000;
  std::string address_file;
  std::string event_log;
  std::string log_level = "info";
};

void describe(CLI::App& app, Options& options) {
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("--listen", options.listen, "IP address and port (0: any free one)")
      ->capture_default_str();
  app.add_option("--public-url", options.public_url,
                 "Where workers reach this service (default: http://<listen>)");
  app.add_option("--data-dir", options.data_dir, "Folder of videos and results")
      ->capture_default_str();
  app.add_option("--bootstrap", options.bootstrap, "Kafka's bootstrap servers, host:port,...")
      ->envname("ECO_BOOTSTRAP")
      ->required();
  app.add_option("--topic", options.topic, "Topic of the jobs")
      ->envname("ECO_TOPIC")
      ->capture_default_str();
  app.add_option("--size-limit-bytes", options.size_limit_bytes, "Largest video")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--ack-limit-ms", options.ack_limit_ms,
                 "How long an upload waits for Kafka before it is answered 503")
      ->check(CLI::Range(100, 300000))
      ->capture_default_str();
  app.add_option("--address-file", options.address_file,
                 "Where to write http://host:port when ready");
  app.add_option("--event-log", options.event_log, "Append events as JSON lines to this file")
      ->envname("ECO_EVENT_LOG");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->capture_default_str();
}

Result<std::pair<std::string, std::uint16_t>> parse_listen(const std::string& listen) {
  const auto colon = listen.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos && colon > 0) {
    const char* const end = listen.data() + listen.size();
    const auto parsed = std::from_chars(listen.data() + colon + 1, end, port);
    if (parsed.ec == std::errc() && parsed.ptr == end) {
      return std::pair(listen.substr(0, colon), port);
    }
  }
  return fail(Errc::config, "--listen " + listen + ": give an IP address and a port");
}

// Whoever waits for the file must never read half an address.
Result<void> publish_address(const std::filesystem::path& file, const std::string& address) {
  if (file.empty()) return {};
  auto part = file;
  part += ".part";
  std::ofstream out(part);
  out << address << '\n';
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(part, file, error);
  if (!out || error)
    return fail(Errc::config, "--address-file " + file.string() + ": not writable");
  return {};
}

Result<void> serve(Options options) {
  auto where = parse_listen(options.listen);
  if (!where) return std::unexpected(where.error());
  auto store = video::VideoStore::open(options.data_dir);
  if (!store) return std::unexpected(store.error());
  JsonLines events;
  if (!options.event_log.empty()) {
    auto opened = JsonLines::open(options.event_log, "upload");
    if (!opened) return std::unexpected(opened.error());
    events = std::move(*opened);
  }

  boost::asio::io_context io(1);
  auto publisher = video::make_record_publisher(
      io.get_executor(), {.bootstrap = options.bootstrap,
                          .topic = options.topic,
                          .ack_limit = std::chrono::milliseconds(options.ack_limit_ms)});
  if (!publisher) return std::unexpected(publisher.error());
  video::UploadSettings settings{.public_url = options.public_url,
                                 .size_limit_bytes = options.size_limit_bytes};
  std::unique_ptr<video::UploadService> service;
  auto server = make_http_server(
      io.get_executor(), [&service](HttpExchange& exchange) { return service->handle(exchange); });
  auto port = server->listen_tcp(where->first, where->second);
  if (!port) return std::unexpected(port.error());
  const std::string own_url = "http://" + where->first + ":" + std::to_string(*port);
  if (settings.public_url.empty()) settings.public_url = own_url;
  if (auto told = publish_address(options.address_file, own_url); !told) return told;
  log::info("eco-upload listens url={} data_dir={} bootstrap={} topic={}", own_url,
            options.data_dir, options.bootstrap, options.topic);
  service = std::make_unique<video::UploadService>(std::move(settings), **store, **publisher,
                                                   std::move(events));

  boost::asio::signal_set stop(io, SIGTERM, SIGINT);
  stop.async_wait([&server](const boost::system::error_code& error, int signal) {
    if (error) return;
    log::info("eco-upload stops signal={}", signal);
    server->stop();
  });
  io.run();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Takes videos over HTTP and turns each into a job in a Kafka topic.");
  describe(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (auto started = log::start("eco-upload", options.log_level); !started) {
    log::error("{}", started.error().message);
    return 2;
  }
  auto served = serve(std::move(options));
  if (served) return 0;
  log::error("{}", served.error().message);
  return served.error().code == Errc::config ? 2 : 1;
}
