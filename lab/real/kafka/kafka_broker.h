#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

struct KafkaBrokerOptions {
  std::filesystem::path jars;    ///< the folder that ./dev setup --real has filled
  std::filesystem::path folder;  ///< everything is kept here; a later run goes on with its data
  std::string address = "127.0.41.1";  ///< a loopback IP
  std::uint16_t port = 9092;           ///< the broker's; its controller takes the next one
  std::string topic = "video-processing";
  int partitions = 10;
};

/// A real Kafka broker with its controller (KRaft) in one Java process, which dies with ours.
/// In the folder: server.properties, data/, kafka.log, and kafka.pid with the process id.
class KafkaBroker {
 public:
  virtual ~KafkaBroker() = default;  ///< kills it
  /// "127.0.41.1:9092"
  [[nodiscard]] virtual std::string bootstrap() const = 0;
  /// Starts it, calls `on_ready` once its topic can be written and read, and shuts it down after
  /// stop(). An error when it does not become ready, or ends by itself.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> run(
      std::function<Result<void>()> on_ready) = 0;
  virtual void stop() = 0;
};

/// Errc::config when the jars or the address cannot be.
[[nodiscard]] Result<std::unique_ptr<KafkaBroker>> make_kafka_broker(
    const boost::asio::any_io_executor& executor, KafkaBrokerOptions options);

}  // namespace ecokube::lab
