#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "common/host_port.h"
#include "common/http_server.h"
#include "common/json_lines.h"
#include "common/log.h"
#include "common/program.h"
#include "common/whole_file.h"
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
};

void declare(Program& program, Options& to) {
  program.option("--listen", to.listen, "IP address and port (0: any free one)");
  program.option("--public-url", to.public_url,
                 "Where workers reach this service (default: http://<listen>)");
  program.option("--data-dir", to.data_dir, "Folder of videos and results");
  program.option("--bootstrap", to.bootstrap, "Kafka's bootstrap servers, host:port,...")
      .environment("ECO_BOOTSTRAP")
      .required();
  program.option("--topic", to.topic, "Topic of the jobs").environment("ECO_TOPIC");
  program.option("--size-limit-bytes", to.size_limit_bytes, "Largest video").within(1, 1e12);
  program
      .option("--ack-limit-ms", to.ack_limit_ms,
              "How long an upload waits for Kafka before it is answered 503")
      .within(100, 300'000);
  program.option("--address-file", to.address_file, "Where to write http://host:port when ready");
  program.option("--event-log", to.event_log, "Append events as JSON lines to this file")
      .environment("ECO_EVENT_LOG");
  program.log_option();
}

Result<void> serve(Options options) {
  const auto where = parse_listen_address(options.listen);
  if (!where) return fail(Errc::config, "--listen " + where.error().message);
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
  auto port = server->listen_tcp(where->host, where->port);
  if (!port) return std::unexpected(port.error());
  const std::string own_url = "http://" + HostPort{where->host, *port}.text();
  if (settings.public_url.empty()) settings.public_url = own_url;
  if (!options.address_file.empty()) {
    auto told = write_whole_file(options.address_file, own_url + '\n');
    if (!told) return told;
  }
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
  Program program("eco-upload", ECOKUBE_VERSION,
                  "Takes videos over HTTP and turns each into a job in a Kafka topic.");
  declare(program, options);
  return program.run(argc, argv, [&] { return serve(std::move(options)); });
}
