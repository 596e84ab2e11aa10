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
  end(SIGKILL);
  const bool gone = run_until(io_, [&] { return !broker_lives(); });
  if (!gone) throw std::runtime_error("Kafka outlives lab-kafka");
}

int RealKafka::end(int signal) {
  process_->signal_group(signal);
  return exit_status();
}

int RealKafka::exit_status() { return run(io_, process_->wait(kRunLimit)).value_or(-1); }

int RealKafka::broker_pid() const { return std::stoi(read_text(dir_ / "kafka.pid")); }

void RealKafka::signal_broker(int signal) const { ::kill(broker_pid(), signal); }

bool RealKafka::broker_lives() const {
  // Not there for a zombie that nobody has reaped yet.
  return fs::exists("/proc/" + std::to_string(broker_pid()) + "/exe");
}

}  // namespace ecokube::test
