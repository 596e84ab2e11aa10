#include "examples/video-pipeline/eco-worker/group_member.h"

#include <algorithm>
#include <utility>

#include "common/kafka_client.h"
#include "common/log.h"

namespace ecokube::video {
namespace {

constexpr std::chrono::milliseconds kHeartbeatMax{3000};
constexpr int kLeavePollMs = 50;

class KafkaMember : public GroupMember {
 public:
  KafkaMember(const MemberSettings& settings, Callbacks callbacks)
      : topic_(settings.topic), bootstrap_(settings.bootstrap), callbacks_(std::move(callbacks)) {}

  [[nodiscard]] Result<void> start(const MemberSettings& settings) {
    const auto heartbeat = std::min(kHeartbeatMax, settings.session_timeout / 4);
    KafkaSettings kafka;
    kafka.set("bootstrap.servers", settings.bootstrap)
        .set("client.id", settings.client_id)
        .set("group.id", settings.group)
        .set("session.timeout.ms", std::to_string(settings.session_timeout.count()))
        .set("heartbeat.interval.ms", std::to_string(heartbeat.count()))
        .set("partition.assignment.strategy", "range")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("socket.timeout.ms", "10000")
        .set("fetch.wait.max.ms", "100")
        .set("queued.min.messages", "10")  // one job at a time: fetching far ahead is waste
        .set("topic.metadata.refresh.interval.ms",
             std::to_string(settings.metadata_refresh.count()));
    rd_kafka_conf_set_opaque(kafka.raw(), this);
    rd_kafka_conf_set_rebalance_cb(kafka.raw(), rebalanced);
    rd_kafka_conf_set_offset_commit_cb(kafka.raw(), committed);
    rd_kafka_conf_set_error_cb(kafka.raw(), failed);
    auto client = kafka.build(RD_KAFKA_CONSUMER);
    if (!client) return std::unexpected(client.error());
    client_ = std::move(*client);
    rd_kafka_poll_set_consumer(client_.get());
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
    const KafkaPartitions topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    const auto code = rd_kafka_subscribe(client_.get(), topics.get());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return fail(Errc::config,
                "subscribing to topic " + topic_ + ": " + std::string(kafka_words(code)));
  }

  [[nodiscard]] std::optional<Record> poll(std::chrono::milliseconds limit) override {
    const KafkaMessage message(
        rd_kafka_consumer_poll(client_.get(), static_cast<int>(limit.count())));
    if (!message) return std::nullopt;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      trouble(message->err);
      return std::nullopt;
    }
    trouble_ = RD_KAFKA_RESP_ERR_NO_ERROR;
    return Record{.partition = message->partition,
                  .offset = message->offset,
                  .value = std::string(static_cast<const char*>(message->payload), message->len)};
  }

  void wake_up() override { rd_kafka_queue_yield(queue_.get()); }

  void hold(bool on) override {
    on_hold_ = on;
    rd_kafka_topic_partition_list_t* assigned = nullptr;
    if (rd_kafka_assignment(client_.get(), &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const KafkaPartitions owned(assigned);
    if (on) {
      rd_kafka_pause_partitions(client_.get(), assigned);
    } else {
      rd_kafka_resume_partitions(client_.get(), assigned);
    }
  }

  void commit(std::int32_t partition, std::int64_t next_offset) override {
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = next_offset;
    constexpr int kAsync = 1;  // answered by committed(), so that polling goes on
    const auto code = rd_kafka_commit(client_.get(), list.get(), kAsync);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) answer_commit(code);
  }

  void leave(std::chrono::milliseconds limit) override {
    const auto until = std::chrono::steady_clock::now() + limit;
    const KafkaQueue queue(rd_kafka_queue_new(client_.get()));
    if (auto* error = rd_kafka_consumer_close_queue(client_.get(), queue.get())) {
      log::warn("leaving the group: {}", rd_kafka_error_string(error));
      rd_kafka_error_destroy(error);
      return;
    }
    while (rd_kafka_consumer_closed(client_.get()) == 0) {
      if (std::chrono::steady_clock::now() >= until) {
        log::warn("group not left in time: others get its partitions by session time-out");
        return;
      }
      rd_kafka_event_t* event = rd_kafka_queue_poll(queue.get(), kLeavePollMs);
      if (event == nullptr) continue;
      if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
        rd_kafka_assign(client_.get(), nullptr);
      }
      rd_kafka_event_destroy(event);
    }
  }

 private:
  static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t* partitions, void* self) {
    auto& member = *static_cast<KafkaMember*>(self);
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      rd_kafka_assign(client, partitions);
      if (member.on_hold_) rd_kafka_pause_partitions(client, partitions);
      log::info("partitions assigned topic={} count={}", member.topic_, partitions->cnt);
      return;
    }
    log::info("partitions taken away topic={} count={}", member.topic_, partitions->cnt);
    member.callbacks_.lost();
    rd_kafka_assign(client, nullptr);
  }

  static void committed(rd_kafka_t* /*client*/, rd_kafka_resp_err_t code,
                        rd_kafka_topic_partition_list_t* offsets, void* self) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && offsets != nullptr && offsets->cnt > 0) {
      code = offsets->elems[0].err;
    }
    static_cast<KafkaMember*>(self)->answer_commit(code);
  }

  static void failed(rd_kafka_t* /*client*/, int code, const char* /*why*/, void* self) {
    static_cast<KafkaMember*>(self)->trouble(static_cast<rd_kafka_resp_err_t>(code));
  }

  void answer_commit(rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      callbacks_.committed({});
    } else {
      callbacks_.committed(fail(Errc::refused, std::string(kafka_words(code))));
    }
  }

  // librdkafka goes on by itself; each cause is said once, not with every attempt.
  void trouble(rd_kafka_resp_err_t code) {
    // One cause with two names that take turns.
    if (code == RD_KAFKA_RESP_ERR__TRANSPORT) code = RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    if (trouble_ == code) return;
    trouble_ = code;
    log::warn("Kafka in trouble, trying on bootstrap={} topic={} why=\"{}\"", bootstrap_, topic_,
              kafka_words(code));
  }

  std::string topic_;
  std::string bootstrap_;
  Callbacks callbacks_;
  bool on_hold_ = false;
  rd_kafka_resp_err_t trouble_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  KafkaClient client_;
  KafkaQueue queue_;  // after client_: it goes first
};

}  // namespace

Result<std::unique_ptr<GroupMember>> join_group(const MemberSettings& settings,
                                                GroupMember::Callbacks callbacks) {
  auto member = std::make_unique<KafkaMember>(settings, std::move(callbacks));
  if (auto started = member->start(settings); !started) return std::unexpected(started.error());
  return member;
}

}  // namespace ecokube::video
