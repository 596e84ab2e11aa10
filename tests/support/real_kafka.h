#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "common/child_process.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// One run of lab-kafka on a loopback address, killed and gone with its data when it goes out of
/// scope. Throws when it does not come up. ECOKUBE_REAL_KAFKA names the folder with Kafka's jars.
class RealKafka {
 public:
  explicit RealKafka(std::string address);

  [[nodiscard]] const std::string& bootstrap() const { return bootstrap_; }
  /// SIGKILL to lab-kafka; returns once the broker has died with it.
  void kill();
  /// Starts it on the data it has, at the same address.
  void start();
  /// A signal to lab-kafka; returns its exit status.
  int end(int signal);
  /// A signal to the broker that it runs.
  void signal_broker(int signal) const;
  [[nodiscard]] int exit_status();
  [[nodiscard]] bool broker_lives() const;
  /// What lab-kafka has said.
  [[nodiscard]] std::string log() const { return read_text(dir_ / "lab-kafka.log"); }

 private:
  [[nodiscard]] int broker_pid() const;

  TempDir dir_;
  std::string address_;
  std::string bootstrap_;
  boost::asio::io_context io_{1};
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace ecokube::test
