#include "coordinator/kafka/lag_probe.h"

#include <chrono>
#include <memory>
#include <span>

namespace ecokube {
namespace {

constexpr int kMetadataLimitMs = 2000;
constexpr int kWatermarksLimitMs = 3000;
// A fresh broker takes a second for its first answer: it makes the offsets topic then. Asked in
// slices, so that stopping never waits for the whole time.
constexpr int kCommittedSliceMs = 1500;
constexpr auto kCommittedLimit = std::chrono::seconds(8);

[[nodiscard]] bool may_come_by_waiting(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__WAIT_COORD ||
         code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
         code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
         code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
}

[[nodiscard]] std::span<rd_kafka_topic_partition_t> elements(const KafkaPartitions& list) {
  return {list->elems, static_cast<std::size_t>(list->cnt)};
}

[[nodiscard]] rd_kafka_resp_err_t first_error(rd_kafka_resp_err_t code,
                                              const KafkaPartitions& list) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
  for (const auto& element : elements(list)) {
    if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR) return element.err;
  }
  return code;
}

}  // namespace

std::int64_t partition_lag(std::int64_t committed, std::int64_t low, std::int64_t high) {
  if (high < low) return 0;
  if (committed < low || committed > high) return high - low;
  return high - committed;
}

Result<LagProbe> LagProbe::open(const std::string& bootstrap, const std::string& topic,
                                const std::string& group) {
  KafkaSettings settings;
  settings.set("bootstrap.servers", bootstrap)
      .set("group.id", group)
      .set("enable.auto.commit", "false")
      .set("allow.auto.create.topics", "false")
      .set("client.id", "ecokube-coordinator");
  auto client = settings.build(RD_KAFKA_CONSUMER);
  if (!client) return std::unexpected(client.error());
  LagProbe probe(bootstrap, topic, group);
  probe.client_ = std::move(*client);
  probe.handle_.reset(rd_kafka_topic_new(probe.client_.get(), topic.c_str(), nullptr));
  if (!probe.handle_) return fail(Errc::config, "Kafka topic '" + topic + "' is no valid name");
  return probe;
}

Result<GroupLag> LagProbe::read(const std::atomic<bool>& stop) {
  rd_kafka_poll(client_.get(), 0);  // serves what librdkafka reports beside; no callback is ours
  auto partitions = partition_count();
  if (!partitions) return std::unexpected(partitions.error());
  // Committed before high: what is committed in between only makes the sum too large, never too
  // small, so that jobs in flight are never overlooked.
  auto done = committed(*partitions, stop);
  if (!done) return std::unexpected(done.error());
  auto low = watermarks(*partitions, RD_KAFKA_OFFSET_BEGINNING);
  if (!low) return std::unexpected(low.error());
  auto high = watermarks(*partitions, RD_KAFKA_OFFSET_END);
  if (!high) return std::unexpected(high.error());

  GroupLag sum{.lag = 0, .partitions = *partitions};
  for (std::size_t i = 0; i < static_cast<std::size_t>(*partitions); ++i) {
    sum.lag += partition_lag(elements(*done)[i].offset, elements(*low)[i].offset,
                             elements(*high)[i].offset);
  }
  return sum;
}

Result<int> LagProbe::partition_count() {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 0, handle_.get(), &metadata, kMetadataLimitMs);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return broker_failed("asking for its partitions", code);
  const std::unique_ptr<const rd_kafka_metadata_t, void (*)(const rd_kafka_metadata_t*)> owned(
      metadata, rd_kafka_metadata_destroy);
  if (metadata->topic_cnt == 1) {
    const auto& topic = metadata->topics[0];
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && topic.partition_cnt > 0) {
      return topic.partition_cnt;
    }
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR &&
        topic.err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      return broker_failed("asking for its partitions", topic.err);
    }
  }
  return fail(Errc::not_found, "topic " + topic_ + " does not exist on Kafka at " + bootstrap_ +
                                   ": create it, or correct the scaler's topic");
}

Result<KafkaPartitions> LagProbe::committed(int partitions, const std::atomic<bool>& stop) {
  const auto until = std::chrono::steady_clock::now() + kCommittedLimit;
  while (true) {
    auto list = all_partitions(partitions, RD_KAFKA_OFFSET_INVALID);
    const auto code =
        first_error(rd_kafka_committed(client_.get(), list.get(), kCommittedSliceMs), list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return list;
    if (!may_come_by_waiting(code) || stop || std::chrono::steady_clock::now() >= until) {
      return broker_failed("asking for committed offsets", code);
    }
  }
}

Result<KafkaPartitions> LagProbe::watermarks(int partitions, std::int64_t which) {
  // One request per broker for all its partitions, not one per partition.
  auto list = all_partitions(partitions, which);
  const auto code =
      first_error(rd_kafka_offsets_for_times(client_.get(), list.get(), kWatermarksLimitMs), list);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return broker_failed("asking for its offsets", code);
  return list;
}

KafkaPartitions LagProbe::all_partitions(int partitions, std::int64_t offset) const {
  KafkaPartitions list(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), i)->offset = offset;
  }
  return list;
}

std::unexpected<Error> LagProbe::broker_failed(const char* doing, rd_kafka_resp_err_t code) const {
  const bool away = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
                    code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  // Without the question asked: which one fails first varies, and the same cause is said once.
  if (away) {
    return fail(Errc::unreachable, "Kafka at " + bootstrap_ + " does not answer (topic " + topic_ +
                                       "): is the broker up and the address right?");
  }
  return fail(Errc::refused, "Kafka at " + bootstrap_ + ", topic " + topic_ + ", group " + group_ +
                                 ", " + doing + ": " + std::string(kafka_words(code)));
}

}  // namespace ecokube
