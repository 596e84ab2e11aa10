#include "lab/real/kafka/kafka_topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>

#include "common/kafka_client.h"

namespace ecokube::lab {
namespace {

using std::chrono::milliseconds;

struct AdminDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, AdminDeleter>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, AdminDeleter>;
using Event = std::unique_ptr<rd_kafka_event_t, AdminDeleter>;

rd_kafka_resp_err_t request_topic(rd_kafka_t* client, const std::string& name, int partitions,
                                  milliseconds limit) {
  const AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(limit.count()), nullptr,
                                            0);
  const NewTopic topic(rd_kafka_NewTopic_new(name.c_str(), partitions, 1, nullptr, 0));
  const KafkaQueue answers(rd_kafka_queue_new(client));
  rd_kafka_NewTopic_t* only = topic.get();
  rd_kafka_CreateTopics(client, &only, 1, options.get(), answers.get());
  constexpr int kUntilItsTimeout = -1;
  const Event event(rd_kafka_queue_poll(answers.get(), kUntilItsTimeout));
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return code;
  }
  std::size_t count = 0;
  const auto* const* topics =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  return count == 1 ? rd_kafka_topic_result_error(topics[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
}

/// A broker may be named the leader before it knows that it is one.
bool answers_as_leader(rd_kafka_t* client, const std::string& name, int partition,
                       milliseconds limit) {
  std::int64_t low = 0, high = 0;
  return rd_kafka_query_watermark_offsets(client, name.c_str(), partition, &low, &high,
                                          static_cast<int>(limit.count())) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
}

/// How many partitions of the topic there are, and whether each has a leader.
struct TopicSeen {
  int partitions = 0;
  bool led = false;
};

TopicSeen look_at(rd_kafka_t* client, const std::string& name, milliseconds limit) {
  const KafkaTopic topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
  const rd_kafka_metadata_t* answer = nullptr;
  constexpr int kThisTopic = 0;
  if (rd_kafka_metadata(client, kThisTopic, topic.get(), &answer,
                        static_cast<int>(limit.count())) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {};
  }
  TopicSeen seen;
  if (answer->topic_cnt == 1 && answer->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const std::span partitions(answer->topics[0].partitions,
                               static_cast<std::size_t>(answer->topics[0].partition_cnt));
    seen.partitions = answer->topics[0].partition_cnt;
    seen.led = std::ranges::all_of(partitions, [](const auto& p) { return p.leader >= 0; });
  }
  rd_kafka_metadata_destroy(answer);
  for (int partition = 0; seen.led && partition < seen.partitions; ++partition) {
    seen.led = answers_as_leader(client, name, partition, limit);
  }
  return seen;
}

}  // namespace

Result<void> create_kafka_topic(rd_kafka_t* client, const std::string& name, int partitions,
                                milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  const auto code = request_topic(client, name, partitions, limit);
  const auto failed = [&](Errc kind, std::string_view why) {
    return fail(kind, fmt::format("creating topic {}: {}", name, why));
  };
  if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT) {
    return failed(Errc::timeout, kafka_words(code));
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    return failed(Errc::refused, kafka_words(code));
  }
  // The controller has answered; the broker learns of the topic a moment later.
  do {
    const auto seen = look_at(client, name, limit / 2);
    if (seen.partitions != 0 && seen.partitions != partitions) {
      return failed(Errc::conflict, fmt::format("it is there with {} partitions, not {}",
                                                seen.partitions, partitions));
    }
    if (seen.led && seen.partitions == partitions) return {};
  } while (std::chrono::steady_clock::now() < until);
  return failed(Errc::timeout, "its partitions have no leaders yet");
}

}  // namespace ecokube::lab
