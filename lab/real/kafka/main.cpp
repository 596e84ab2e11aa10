#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <functional>

#include "common/log.h"
#include "common/program.h"
#include "common/whole_file.h"
#include "lab/real/kafka/kafka_broker.h"

namespace {

using namespace ecokube;
namespace asio = boost::asio;

struct Arguments {
  lab::KafkaBrokerOptions broker;
  int port = 9092;
  std::filesystem::path address_file;
};

void declare(Program& program, Arguments& to) {
  auto& options = to.broker;
  program.option("--jars", options.jars, "the folder that ./dev setup --real has filled")
      .environment("ECOKUBE_REAL_KAFKA")
      .required();
  program.option("--dir", options.folder, "its folder; data of an earlier run is gone on with")
      .required();
  program.option("--address", options.address, "loopback address of the broker");
  program.option("--port", to.port, "the broker's; its controller takes the next one")
      .within(1024, 65534);
  program.option("--topic", options.topic, "Topic to create");
  program.option("--partitions", options.partitions, "Its partitions").within(1, 1000);
  program.option("--address-file", to.address_file,
                 "Where to write the bootstrap address when ready");
  program.log_option();
}

Result<void> announce(const std::string& address, const std::filesystem::path& file) {
  log::info("broker ready address={}", address);
  if (file.empty()) return {};
  return write_whole_file(file, address + '\n');
}

Result<void> run(Arguments arguments) {
  arguments.broker.port = static_cast<std::uint16_t>(arguments.port);
  std::error_code ignored;
  std::filesystem::remove(arguments.address_file, ignored);  // of an earlier run
  asio::io_context io(1);
  auto broker = lab::make_kafka_broker(io.get_executor(), std::move(arguments.broker));
  if (!broker) return std::unexpected(std::move(broker.error()));
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int signal) {
    if (error) return;
    log::info("broker stops signal={}", signal);
    (*broker)->stop();
  });
  std::function<Result<void>()> on_ready = [&] {
    return announce((*broker)->bootstrap(), arguments.address_file);
  };
  Result<void> ended;
  asio::co_spawn(io, (*broker)->run(std::move(on_ready)),
                 [&](std::exception_ptr unforeseen, Result<void> result) {
                   if (unforeseen) std::rethrow_exception(unforeseen);
                   ended = std::move(result);
                   signals.cancel();
                 });
  io.run();
  return ended;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  Program program("lab-kafka", ECOKUBE_VERSION,
                  "A real Kafka broker with its controller (KRaft) on a loopback address, with one "
                  "topic. Runs until SIGTERM.");
  declare(program, arguments);
  return program.run(argc, argv, [&] { return run(std::move(arguments)); });
}
