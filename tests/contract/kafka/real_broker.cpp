#include <chrono>
#include <stdexcept>

#include "common/kafka_client.h"
#include "lab/real/kafka/kafka_topic.h"
#include "tests/contract/kafka/test_broker.h"
#include "tests/support/real_kafka.h"

namespace ecokube::test {
namespace {

constexpr const char* kAddress = "127.0.41.1";
constexpr std::chrono::seconds kTopicLimit{10};

/// All tests of this process share it: it takes seconds to start.
RealKafka& kafka() {
  static RealKafka running(kAddress);
  return running;
}

class RealBroker final : public TestBroker {
 public:
  std::string bootstrap() const override { return kafka().bootstrap(); }
  void create_topic(const std::string& name, int partitions) override {
    KafkaSettings settings;
    auto client = settings.set("bootstrap.servers", bootstrap()).build(RD_KAFKA_PRODUCER);
    if (!client) throw std::runtime_error(client.error().message);
    auto made = lab::create_kafka_topic(client->get(), name, partitions, kTopicLimit);
    if (!made) throw std::runtime_error(made.error().message);
  }
  void go_away() override { kafka().kill(); }
  void come_back() override { kafka().start(); }
};

}  // namespace

std::unique_ptr<TestBroker> make_test_broker() { return std::make_unique<RealBroker>(); }

}  // namespace ecokube::test
