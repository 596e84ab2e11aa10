#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "common/error.h"
#include "common/kafka_client.h"

namespace ecokube {

struct GroupLag {
  std::int64_t lag = 0;
  std::int64_t partitions = 0;
  bool operator==(const GroupLag&) const = default;
};

/// What one partition adds. What was never committed counts from `low`; so does what the broker
/// no longer has (committed below low) and a position in a topic that was made anew (above high).
[[nodiscard]] std::int64_t partition_lag(std::int64_t committed, std::int64_t low,
                                         std::int64_t high);

/// Reads a consumer group's lag without joining the group. Blocks; for one thread.
class LagProbe {
 public:
  [[nodiscard]] static Result<LagProbe> open(const std::string& bootstrap, const std::string& topic,
                                             const std::string& group);

  /// Partitions, committed offsets and watermarks as they are now: new partitions are noticed.
  /// Each question has a time limit of its own; `stop` is looked at between them.
  [[nodiscard]] Result<GroupLag> read(const std::atomic<bool>& stop);

 private:
  LagProbe(std::string bootstrap, std::string topic, std::string group)
      : bootstrap_(std::move(bootstrap)), topic_(std::move(topic)), group_(std::move(group)) {}
  [[nodiscard]] Result<int> partition_count();
  [[nodiscard]] Result<KafkaPartitions> committed(int partitions, const std::atomic<bool>& stop);
  [[nodiscard]] Result<KafkaPartitions> watermarks(int partitions, std::int64_t which);
  [[nodiscard]] KafkaPartitions all_partitions(int partitions, std::int64_t offset) const;
  [[nodiscard]] std::unexpected<Error> broker_failed(const char* doing,
                                                     rd_kafka_resp_err_t code) const;

  std::string bootstrap_;
  std::string topic_;
  std::string group_;
  KafkaClient client_;
  KafkaTopic handle_;  // after client_: it goes first
};

}  // namespace ecokube
