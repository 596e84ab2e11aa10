#include "lab/broker/mock_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <utility>

#include "common/kafka_client.h"

namespace ecokube::lab {
namespace {

constexpr int kAllBrokers = -1;

class LibrdkafkaMock : public MockBroker {
 public:
  LibrdkafkaMock(KafkaClient keeper, rd_kafka_mock_cluster_t* cluster)
      : keeper_(std::move(keeper)), cluster_(cluster) {}
  ~LibrdkafkaMock() override { rd_kafka_mock_cluster_destroy(cluster_); }
  LibrdkafkaMock(const LibrdkafkaMock&) = delete;
  LibrdkafkaMock& operator=(const LibrdkafkaMock&) = delete;

  [[nodiscard]] std::string bootstrap() const override {
    return rd_kafka_mock_cluster_bootstraps(cluster_);
  }

  [[nodiscard]] Result<void> create_topic(const std::string& name, int partitions) override {
    const auto code = rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return fail(Errc::conflict, "creating topic " + name + ": " + std::string(kafka_words(code)));
  }

  void hide_topic(const std::string& name) override {
    rd_kafka_mock_topic_set_error(cluster_, name.c_str(), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  }

  void set_away(bool away) override {
    if (away) {
      rd_kafka_mock_broker_set_down(cluster_, kAllBrokers);
    } else {
      rd_kafka_mock_broker_set_up(cluster_, kAllBrokers);
    }
  }

 private:
  KafkaClient keeper_;  // the mock cluster runs inside some client; this one does nothing else
  rd_kafka_mock_cluster_t* cluster_;
};

}  // namespace

Result<std::unique_ptr<MockBroker>> start_mock_broker() {
  KafkaSettings settings;
  auto keeper = settings.build(RD_KAFKA_PRODUCER);
  if (!keeper) return std::unexpected(keeper.error());
  rd_kafka_mock_cluster_t* cluster = rd_kafka_mock_cluster_new(keeper->get(), 1);
  if (cluster == nullptr) {
    return fail(Errc::io, "starting the embedded broker: no free port on 127.0.0.1?");
  }
  return std::make_unique<LibrdkafkaMock>(std::move(*keeper), cluster);
}

}  // namespace ecokube::lab
