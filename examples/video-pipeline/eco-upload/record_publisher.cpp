#include "examples/video-pipeline/eco-upload/record_publisher.h"

#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "common/asio_tuple.h"
#include "common/kafka_client.h"
#include "common/log.h"

namespace ecokube::video {
namespace asio = boost::asio;
namespace {

constexpr int kPollMs = 100;
constexpr int kFlushMs = 1000;
constexpr int kWarmUpMs = 1000;
constexpr auto kBeyondAckLimit = std::chrono::seconds(5);

/// One record on its way. The delivery report answers it on the executor.
struct Pending {
  explicit Pending(const asio::any_io_executor& executor) : answered(executor) {}
  asio::steady_timer answered;
  std::optional<Result<Acknowledged>> answer;
};
using PendingPtr = std::shared_ptr<Pending>;

Error delivery_failed(const PublisherSettings& settings, rd_kafka_resp_err_t code) {
  const std::string where = "Kafka at " + settings.bootstrap + ", topic " + settings.topic + ": ";
  if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
    return Error{Errc::unreachable, where + "no acknowledgement in time"};
  }
  return Error{Errc::unreachable, where + std::string(kafka_words(code))};
}

// Called by librdkafka with the partitions the topic has now, so that new ones are used at once.
std::int32_t next_partition(const rd_kafka_topic_t* topic, const void* /*key*/,
                            std::size_t /*size*/, std::int32_t count, void* topic_opaque,
                            void* /*message_opaque*/) {
  auto& next = *static_cast<std::atomic<std::uint32_t>*>(topic_opaque);
  const auto turn = [&] {
    return static_cast<std::int32_t>(next++ % static_cast<std::uint32_t>(count));
  };
  std::int32_t partition = turn();
  for (std::int32_t tried = 1; tried < count; ++tried) {
    if (rd_kafka_topic_partition_available(topic, partition) != 0) return partition;
    partition = turn();
  }
  return partition;
}

class KafkaPublisher : public RecordPublisher {
 public:
  KafkaPublisher(asio::any_io_executor executor, PublisherSettings settings)
      : executor_(std::move(executor)), settings_(std::move(settings)) {}

  ~KafkaPublisher() override {
    stop_ = true;
    if (poller_.joinable()) poller_.join();
    if (client_ != nullptr) give_up_what_waits();
  }
  KafkaPublisher(const KafkaPublisher&) = delete;
  KafkaPublisher& operator=(const KafkaPublisher&) = delete;

  [[nodiscard]] Result<void> start() {
    auto client = make_client();
    if (!client) return std::unexpected(client.error());
    client_ = std::move(*client);
    poller_ = std::thread([this] { poll(); });
    return {};
  }

  [[nodiscard]] asio::awaitable<Result<Acknowledged>> publish(std::string key,
                                                              std::string record) override {
    auto pending = std::make_shared<Pending>(executor_);
    pending->answered.expires_after(settings_.ack_limit + kBeyondAckLimit);
    if (auto sent = send(key, record, pending); !sent) co_return std::unexpected(sent.error());
    co_await pending->answered.async_wait(kTuple);
    if (pending->answer) co_return std::move(*pending->answer);
    co_return fail(Errc::timeout, "no delivery report for a record of topic " + settings_.topic);
  }

 private:
  [[nodiscard]] Result<KafkaClient> make_client() {
    KafkaSettings kafka;
    rd_kafka_topic_conf_t* topic = rd_kafka_topic_conf_new();
    rd_kafka_topic_conf_set_partitioner_cb(topic, next_partition);
    rd_kafka_topic_conf_set_opaque(topic, &next_);
    rd_kafka_conf_set_default_topic_conf(kafka.raw(), topic);
    rd_kafka_conf_set_opaque(kafka.raw(), this);
    rd_kafka_conf_set_dr_msg_cb(kafka.raw(), delivered);
    kafka.set("bootstrap.servers", settings_.bootstrap)
        .set("client.id", "eco-upload")
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("message.timeout.ms", std::to_string(settings_.ack_limit.count()))
        .set("linger.ms", "0")
        .set("socket.nagle.disable", "true")
        .set("queue.buffering.max.messages", "10000")
        .set("topic.metadata.refresh.interval.ms", "2000");
    return kafka.build(RD_KAFKA_PRODUCER);
  }

  [[nodiscard]] Result<void> send(const std::string& key, std::string& record,
                                  const PendingPtr& pending) {
    const std::scoped_lock lock(client_mutex_);
    if (client_ == nullptr) return fail(Errc::unreachable, "the Kafka client is made anew");
    auto opaque = std::make_unique<PendingPtr>(pending);
    const auto code = rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(settings_.topic.c_str()),
                                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                        RD_KAFKA_V_KEY(key.data(), key.size()),
                                        RD_KAFKA_V_VALUE(record.data(), record.size()),
                                        RD_KAFKA_V_OPAQUE(opaque.get()), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return fail(Errc::busy, "too many records wait for Kafka at " + settings_.bootstrap);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::unexpected(delivery_failed(settings_, code));
    }
    (void)opaque.release();  // the delivery report takes it over
    return {};
  }

  static void delivered(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* self) {
    const std::unique_ptr<PendingPtr> opaque(static_cast<PendingPtr*>(message->_private));
    auto& publisher = *static_cast<KafkaPublisher*>(self);
    Result<Acknowledged> answer =
        Acknowledged{.partition = message->partition, .offset = message->offset};
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      answer = std::unexpected(delivery_failed(publisher.settings_, message->err));
    }
    asio::post(publisher.executor_, [pending = *opaque, answer = std::move(answer)]() mutable {
      pending->answer = std::move(answer);
      pending->answered.cancel();
    });
  }

  // Connects and learns the partitions now, so that the first upload need not wait for it.
  void warm_up() {
    const KafkaTopic topic(rd_kafka_topic_new(client_.get(), settings_.topic.c_str(), nullptr));
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code = rd_kafka_metadata(client_.get(), 0, topic.get(), &metadata, kWarmUpMs);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
    } else {
      log::warn("Kafka does not answer yet, uploads get 503 until it does bootstrap={} why=\"{}\"",
                settings_.bootstrap, kafka_words(code));
    }
  }

  void poll() noexcept {
    warm_up();
    while (!stop_) {
      rd_kafka_poll(client_.get(), kPollMs);
      std::array<char, 256> why{};
      if (rd_kafka_fatal_error(client_.get(), why.data(), why.size()) ==
          RD_KAFKA_RESP_ERR_NO_ERROR) {
        continue;
      }
      // An idempotent producer that lost its place is of no more use; a new one starts over.
      log::error("Kafka producer failed, made anew topic={} why=\"{}\"", settings_.topic,
                 why.data());
      const std::scoped_lock lock(client_mutex_);
      give_up_what_waits();
      if (auto client = make_client()) client_ = std::move(*client);
    }
  }

  void give_up_what_waits() {
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client_.get(), kFlushMs);
  }

  asio::any_io_executor executor_;
  const PublisherSettings settings_;
  std::atomic<std::uint32_t> next_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex client_mutex_;  // the poller alone replaces the client
  KafkaClient client_;
  std::thread poller_;
};

}  // namespace

Result<std::unique_ptr<RecordPublisher>> make_record_publisher(asio::any_io_executor executor,
                                                               PublisherSettings settings) {
  auto publisher = std::make_unique<KafkaPublisher>(std::move(executor), std::move(settings));
  if (auto started = publisher->start(); !started) return std::unexpected(started.error());
  return publisher;
}

}  // namespace ecokube::video
