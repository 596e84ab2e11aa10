#include <pthread.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "common/log.h"
#include "common/program.h"
#include "common/whole_file.h"
#include "lab/broker/mock_broker.h"

namespace {

using namespace ecokube;

struct Options {
  std::string topic = "video-processing";
  int partitions = 10;
  std::filesystem::path address_file;
};

Result<void> serve(const Options& options, const sigset_t& stop_signals) {
  auto broker = lab::start_mock_broker();
  if (!broker) return std::unexpected(broker.error());
  if (auto made = (*broker)->create_topic(options.topic, options.partitions); !made) return made;
  if (!options.address_file.empty()) {
    auto told = write_whole_file(options.address_file, (*broker)->bootstrap() + '\n');
    if (!told) return told;
  }
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
  Program program(
      "lab-broker", ECOKUBE_VERSION,
      "An embedded Kafka broker for demo and tests: in memory, random port on 127.0.0.1.");
  program.option("--topic", options.topic, "Topic to create");
  program.option("--partitions", options.partitions, "Its partitions").within(1, 1000);
  program.option("--address-file", options.address_file,
                 "Where to write the bootstrap address when ready");
  program.log_option();
  return program.run(argc, argv, [&] { return serve(options, stop_signals); });
}
