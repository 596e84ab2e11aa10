#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "common/error.h"

namespace ecokube::video {

struct Acknowledged {
  std::int32_t partition = -1;
  std::int64_t offset = -1;
};

struct PublisherSettings {
  std::string bootstrap;
  std::string topic;
  std::chrono::milliseconds ack_limit{5000};
};

/// Puts records into a topic: idempotent, acknowledged by all in-sync replicas, and in turn over as
/// many partitions as the topic has at that moment.
class RecordPublisher {
 public:
  virtual ~RecordPublisher() = default;
  /// Returns when the broker acknowledged or the limit is over. unreachable: the broker is away;
  /// busy: too many records wait for it.
  [[nodiscard]] virtual boost::asio::awaitable<Result<Acknowledged>> publish(
      std::string key, std::string record) = 0;
};

[[nodiscard]] Result<std::unique_ptr<RecordPublisher>> make_record_publisher(
    boost::asio::any_io_executor executor, PublisherSettings settings);

}  // namespace ecokube::video
