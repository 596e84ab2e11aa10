#include "tests/support/real_kafka.h"

#include <csignal>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/run.h"

namespace ecokube::test {

namespace fs = std::filesystem;

RealKafka::RealKafka(std::string address) : address_(std::move(address)) { start(); }

void RealKafka::start() {
  const auto address_file = dir_ / "address";
  fs::remove(address_file);
  ChildOptions child;
  child.argv = {ECOKUBE_LAB_KAFKA, "--dir",          dir_.path().string(), "--address",
                address_,          "--address-file", address_file.string()};
  child.output_file = dir_ / "lab-kafka.log";
  child.die_with_parent = true;
  auto started = start_child(io_.get_executor(), child);
  if (!started) throw std::runtime_error(started.error().message);
  process_ = *std::move(started);
  const bool up = run_until(io_, [&] { return fs::exists(address_file) || !process_->running(); });
  if (!up || !process_->running()) throw std::runtime_error(read_text(child.output_file));
  std::istringstream(read_text(address_file)) >> bootstrap_;
}

void RealKafka::kill() {
  const int broker = std::stoi(read_text(dir_ / "kafka.pid"));
  process_->signal_group(SIGKILL);
  // Of a zombie that nobody has reaped yet this is gone too.
  const fs::path program = "/proc/" + std::to_string(broker) + "/exe";
  const bool gone = run_until(io_, [&] { return !fs::exists(program); });
  if (!gone) throw std::runtime_error("Kafka outlives lab-kafka");
}

}  // namespace ecokube::test
