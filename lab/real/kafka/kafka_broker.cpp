#include "lab/real/kafka/kafka_broker.h"

#include <fmt/format.h>

#include <boost/asio/ip/address_v4.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "common/child_process.h"
#include "common/host_port.h"
#include "common/kafka_client.h"
#include "common/log.h"
#include "common/whole_file.h"
#include "lab/real/kafka/kafka_topic.h"

namespace ecokube::lab {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kStartLimit{60};
constexpr std::chrono::seconds kStopLimit{6};
constexpr std::chrono::milliseconds kAskLimit{500};
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr const char* kClusterId = "ecokube-lab-broker-00A";  // 22 characters, as Kafka makes them

/// One node that is broker and controller, with no replication. What differs from the defaults
/// besides: no wait for more members of a group, workers may have a short session, and after a kill
/// the controller takes the broker back when 3 s have passed, not 9 s.
constexpr const char* kProperties = R"(process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{0}:{2}
listeners=PLAINTEXT://{0}:{1},CONTROLLER://{0}:{2}
advertised.listeners=PLAINTEXT://{0}:{1}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={3}
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
auto.create.topics.enable=false
log.cleaner.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
)";

class LocalKafka final : public KafkaBroker {
 public:
  LocalKafka(const asio::any_io_executor& executor, KafkaBrokerOptions options)
      : executor_(executor), options_(std::move(options)), folder_(fs::absolute(options_.folder)) {}

  std::string bootstrap() const override {
    return HostPort{options_.address, options_.port}.text();
  }
  asio::awaitable<Result<void>> run(std::function<Result<void>()> on_ready) override;
  void stop() override { stopped_ = true; }

 private:
  [[nodiscard]] fs::path data() const { return folder_ / "data"; }
  [[nodiscard]] fs::path log() const { return folder_ / "kafka.log"; }
  [[nodiscard]] fs::path properties() const { return folder_ / "server.properties"; }
  [[nodiscard]] Result<void> write_files() const;
  [[nodiscard]] Result<std::unique_ptr<ChildProcess>> run_java(
      const std::vector<std::string>& words) const;
  /// Prepares the data folder, once.
  asio::awaitable<Result<void>> format();
  asio::awaitable<Result<void>> wait_for_topic();
  [[nodiscard]] std::unexpected<Error> ended(std::string_view what, int status) const {
    return fail(Errc::io, fmt::format("{} ended with status {}; its words are in {}", what, status,
                                      log().string()));
  }

  asio::any_io_executor executor_;
  KafkaBrokerOptions options_;
  fs::path folder_;
  std::unique_ptr<ChildProcess> broker_;
  bool stopped_ = false;
};

Result<void> LocalKafka::write_files() const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return fail(Errc::io, "creating " + folder_.string() + ": " + error.message());
  return write_whole_file(properties(), fmt::format(kProperties, options_.address, options_.port,
                                                    options_.port + 1, data().string()));
}

Result<std::unique_ptr<ChildProcess>> LocalKafka::run_java(
    const std::vector<std::string>& words) const {
  ChildOptions child;
  child.argv = {"java",
                "-Xms64m",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Dorg.slf4j.simpleLogger.showDateTime=true",
                "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
                "-cp",
                (fs::absolute(options_.jars) / "*").string()};
  child.argv.insert(child.argv.end(), words.begin(), words.end());
  child.output_file = log();
  child.die_with_parent = true;
  return start_child(executor_, child);
}

asio::awaitable<Result<void>> LocalKafka::format() {
  std::error_code ignored;
  if (fs::exists(data() / "meta.properties", ignored)) co_return Result<void>();
  auto tool = run_java({"kafka.tools.StorageTool", "format", "--cluster-id", kClusterId, "--config",
                        properties().string()});
  if (!tool) co_return std::unexpected(std::move(tool.error()));
  const auto status = co_await (*tool)->wait(kStartLimit);
  if (!status)
    co_return fail(Errc::timeout, "formatting " + data().string() + ": not done in time");
  if (*status != 0) co_return ended("formatting " + data().string(), *status);
  co_return Result<void>();
}

asio::awaitable<Result<void>> LocalKafka::wait_for_topic() {
  KafkaSettings settings;
  auto client = settings.set("bootstrap.servers", bootstrap()).build(RD_KAFKA_PRODUCER);
  if (!client) co_return std::unexpected(std::move(client.error()));
  const auto until = std::chrono::steady_clock::now() + kStartLimit;
  while (!stopped_) {
    auto made = create_kafka_topic(client->get(), options_.topic, options_.partitions, kAskLimit);
    if (made || made.error().code != Errc::timeout) co_return made;
    if (const auto status = co_await broker_->wait(kLookEvery)) co_return ended("Kafka", *status);
    if (std::chrono::steady_clock::now() > until) {
      co_return fail(
          Errc::timeout,
          fmt::format("Kafka at {}: not ready after {} s: {}; its words are in {}", bootstrap(),
                      kStartLimit.count(), made.error().message, log().string()));
    }
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> LocalKafka::run(std::function<Result<void>()> on_ready) {
  if (auto done = write_files(); !done) co_return done;
  if (auto done = co_await format(); !done) co_return done;
  auto broker = run_java({"kafka.Kafka", properties().string()});
  if (!broker) co_return std::unexpected(std::move(broker.error()));
  broker_ = *std::move(broker);
  log::info("started pid={} log={}", broker_->pid(), log().string());
  auto written = write_whole_file(folder_ / "kafka.pid", std::to_string(broker_->pid()) + "\n");
  if (!written) co_return written;
  if (auto done = co_await wait_for_topic(); !done) co_return done;
  if (!stopped_) {
    if (auto done = on_ready(); !done) co_return done;
  }
  while (!stopped_) {
    if (const auto status = co_await broker_->wait(kLookEvery)) co_return ended("Kafka", *status);
  }
  const int status = co_await terminate(*broker_, kStopLimit);
  log::info("Kafka ended status={}", status);
  co_return Result<void>();
}

}  // namespace

Result<std::unique_ptr<KafkaBroker>> make_kafka_broker(const asio::any_io_executor& executor,
                                                       KafkaBrokerOptions options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address_v4(options.address, error);
  if (error || !address.is_loopback()) {
    return fail(Errc::config,
                "--address " + options.address + ": expected a loopback IPv4 address");
  }
  if (!fs::is_directory(options.jars)) {
    return fail(Errc::config, options.jars.string() +
                                  ": Kafka's jars are not there; ./dev setup --real fetches them");
  }
  return std::make_unique<LocalKafka>(executor, std::move(options));
}

}  // namespace ecokube::lab
