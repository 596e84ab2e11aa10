#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/log.h"
#include "lab/broker/mock_broker.h"

namespace {

using namespace ecokube;

struct Options {
  std::string topic = "video-processing";
  int partitions = 10;
  std::filesystem::path address_file;
  std::string log_level = "info";
};

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
  if (!out || error) return fail(Errc::io, "writing the broker's address to " + file.string());
  return {};
}

Result<void> serve(const Options& options, const sigset_t& stop_signals) {
  auto broker = lab::start_mock_broker();
  if (!broker) return std::unexpected(broker.error());
  if (auto made = (*broker)->create_topic(options.topic, options.partitions); !made) return made;
  if (auto told = publish_address(options.address_file, (*broker)->bootstrap()); !told) return told;
  log::info("broker ready address={} topic={} partitions={}", (*broker)->bootstrap(), options.topic,
            options.partitions);
  int signal = 0;
  sigwait(&stop_signals, &signal);
  log::info("broker stops signal={}", signal);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  // Blocked before librdkafka starts threads, so that only sigwait() sees them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  Options options;
  CLI::App app("An embedded Kafka broker for demo and tests: in memory, random port on 127.0.0.1.");
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("--topic", options.topic, "Topic to create")->capture_default_str();
  app.add_option("--partitions", options.partitions, "Its partitions")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--address-file", options.address_file,
                 "Where to write the bootstrap address when ready");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (auto started = log::start("lab-broker", options.log_level); !started) {
    log::error("{}", started.error().message);
    return 2;
  }
  if (auto served = serve(options, stop_signals); !served) {
    log::error("{}", served.error().message);
    return 1;
  }
  return 0;
}
