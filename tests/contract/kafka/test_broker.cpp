#include "tests/contract/kafka/test_broker.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

#include "common/kafka_client.h"

namespace ecokube::test {
namespace {

constexpr int kLimitMs = 10'000;

void check(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("test broker: " + what);
}

void check(rd_kafka_resp_err_t code, const std::string& what) {
  check(code == RD_KAFKA_RESP_ERR_NO_ERROR, what + ": " + std::string(kafka_words(code)));
}

KafkaClient client_of(KafkaSettings& settings, rd_kafka_type_t type) {
  auto client = settings.build(type);
  check(client.has_value(), client ? "" : client.error().message);
  return std::move(*client);
}

}  // namespace

std::string TestBroker::new_name() {
  static std::atomic<int> next = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return "ecokube-test-" + std::to_string(now) + "-" + std::to_string(::getpid()) + "-" +
         std::to_string(next++);
}

std::string TestBroker::create_topic(int partitions) {
  auto name = new_name();
  create_topic(name, partitions);
  return name;
}

void TestBroker::produce(const std::string& topic, int count, int partitions) {
  KafkaSettings settings;
  settings.set("bootstrap.servers", bootstrap()).set("acks", "all").set("linger.ms", "0");
  int delivered = 0;
  rd_kafka_conf_set_opaque(settings.raw(), &delivered);
  rd_kafka_conf_set_dr_msg_cb(settings.raw(),
                              [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                                  ++*static_cast<int*>(opaque);
                              });
  const auto client = client_of(settings, RD_KAFKA_PRODUCER);
  for (int i = 0; i < count; ++i) {
    std::string value = "record " + std::to_string(i);
    check(rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                            RD_KAFKA_V_PARTITION(i % partitions),
                            RD_KAFKA_V_VALUE(value.data(), value.size()),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
          "producing");
  }
  check(rd_kafka_flush(client.get(), kLimitMs), "waiting for acknowledgements");
  check(delivered == count, "not all records were acknowledged");
}

void TestBroker::consume(const std::string& topic, const std::string& group, int partition,
                         int count, std::int64_t commit_before) {
  KafkaSettings settings;
  settings.set("bootstrap.servers", bootstrap())
      .set("group.id", group)
      .set("enable.auto.commit", "false")
      .set("auto.offset.reset", "earliest");
  const auto client = client_of(settings, RD_KAFKA_CONSUMER);
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  auto* element = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  element->offset = RD_KAFKA_OFFSET_BEGINNING;
  check(rd_kafka_assign(client.get(), list.get()), "assigning");
  for (int i = 0; i < count; ++i) {
    const KafkaMessage message(rd_kafka_consumer_poll(client.get(), kLimitMs));
    check(message != nullptr, "no record came");
    check(message->err, "reading a record");
  }
  if (commit_before == 0) return;
  element->offset = commit_before;
  check(rd_kafka_commit(client.get(), list.get(), 0), "committing");
}

}  // namespace ecokube::test
