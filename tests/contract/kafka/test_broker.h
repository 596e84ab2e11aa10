#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lab/broker/mock_broker.h"

namespace ecokube::test {

/// A Kafka broker to test against: the real one at ECOKUBE_TEST_KAFKA=host:port, else a mock
/// cluster in this process. Topics get new names, so a real broker may be used again and again.
class TestBroker {
 public:
  TestBroker();

  [[nodiscard]] const std::string& bootstrap() const { return bootstrap_; }
  /// Makes a topic with a name of its own and returns that name.
  std::string create_topic(int partitions);
  /// A name no topic has.
  [[nodiscard]] static std::string new_name();
  /// nullptr on a real broker: what needs to switch it off is skipped there.
  [[nodiscard]] lab::MockBroker* mock() { return mock_.get(); }

  /// `count` records, spread evenly over `partitions`; returns when all are acknowledged.
  void produce(const std::string& topic, int count, int partitions);
  /// Reads `count` records of one partition without joining `group`, and commits those before
  /// `commit_before` (0: none).
  void consume(const std::string& topic, const std::string& group, int partition, int count,
               std::int64_t commit_before);

 private:
  std::unique_ptr<lab::MockBroker> mock_;
  std::string bootstrap_;
};

}  // namespace ecokube::test
