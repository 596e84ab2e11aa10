#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube {

/// Ownership of librdkafka's C handles. A client is destroyed without closing its consumer: what
/// joined a group leaves it by itself before, with a time limit of its own.
struct KafkaDeleter {
  void operator()(rd_kafka_t* client) const {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using KafkaClient = std::unique_ptr<rd_kafka_t, KafkaDeleter>;
using KafkaTopic = std::unique_ptr<rd_kafka_topic_t, KafkaDeleter>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, KafkaDeleter>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaDeleter>;
using KafkaPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaDeleter>;

/// Settings of one client. The first wrong one is remembered and reported by build().
class KafkaSettings {
 public:
  /// Reconnects within a second and logs through common/log.h (level debug).
  KafkaSettings();
  ~KafkaSettings();
  KafkaSettings(const KafkaSettings&) = delete;
  KafkaSettings& operator=(const KafkaSettings&) = delete;

  KafkaSettings& set(const char* key, const std::string& value);
  /// For callbacks and the opaque pointer.
  [[nodiscard]] rd_kafka_conf_t* raw() { return conf_; }
  /// Errc::config when a setting is wrong. Call once.
  [[nodiscard]] Result<KafkaClient> build(rd_kafka_type_t type);

 private:
  rd_kafka_conf_t* conf_;
  std::string problem_;
};

/// librdkafka's words for a code.
[[nodiscard]] std::string_view kafka_words(rd_kafka_resp_err_t code);

}  // namespace ecokube
