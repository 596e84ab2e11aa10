#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace ecokube::test {

/// A Kafka broker that the contract is tried on.
class TestBroker {
 public:
  virtual ~TestBroker() = default;

  [[nodiscard]] virtual std::string bootstrap() const = 0;
  virtual void create_topic(const std::string& name, int partitions) = 0;
  /// The topic is not there, even for a broker that makes topics by itself.
  virtual void refuse_topic(const std::string& /*name*/) {}
  /// Connections are cut and new ones refused; what was acknowledged is kept.
  virtual void go_away() = 0;
  virtual void come_back() = 0;

  /// A name that no topic and no group has.
  [[nodiscard]] static std::string new_name();
  /// Makes a topic with a name of its own and returns that name.
  std::string create_topic(int partitions);
  /// `count` records, spread evenly over `partitions`; returns when all are acknowledged.
  void produce(const std::string& topic, int count, int partitions);
  /// Reads `count` records of one partition without joining `group`, and commits those before
  /// `commit_before` (0: none).
  void consume(const std::string& topic, const std::string& group, int partition, int count,
               std::int64_t commit_before);
};

/// What this program tries the contract on: embedded_broker.cpp or real_broker.cpp is linked into
/// it.
[[nodiscard]] std::unique_ptr<TestBroker> make_test_broker();

}  // namespace ecokube::test
