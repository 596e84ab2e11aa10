#pragma once

#include <memory>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// librdkafka's mock cluster: a real TCP listener of the Kafka protocol on a random port of
/// 127.0.0.1, in this process. Nothing survives it.
class MockBroker {
 public:
  virtual ~MockBroker() = default;
  /// "127.0.0.1:port"
  [[nodiscard]] virtual std::string bootstrap() const = 0;
  [[nodiscard]] virtual Result<void> create_topic(const std::string& name, int partitions) = 0;
  /// Makes metadata of `name` answer "unknown topic" (a mock makes topics by itself otherwise).
  virtual void hide_topic(const std::string& name) = 0;
  /// Away: connections are cut and new ones refused, records are kept.
  virtual void set_away(bool away) = 0;
};

[[nodiscard]] Result<std::unique_ptr<MockBroker>> start_mock_broker();

}  // namespace ecokube::lab
