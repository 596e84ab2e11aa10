#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string>
#include <utility>

#include "common/json_lines.h"
#include "common/log.h"
#include "common/program.h"
#include "examples/video-pipeline/eco-worker/worker.h"

namespace {

using namespace ecokube;

std::atomic<bool> stop_asked = false;
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

struct Options {
  video::WorkerSettings worker;
  double job_seconds = 5;
  double grace_seconds = 25;
  int session_timeout_ms = 45000;
  int metadata_refresh_ms = 5000;
  std::string event_log;
};

std::string own_id() {
  constexpr std::size_t kNameMax = 256;
  std::array<char, kNameMax> name{};
  ::gethostname(name.data(), name.size() - 1);
  return std::string(name.data()) + "-" + std::to_string(::getpid());
}

void declare(Program& program, Options& to) {
  constexpr double kDay_s = 86'400;
  auto& worker = to.worker;
  worker = {.bootstrap = "",
            .topic = "video-processing",
            .group = "eco-worker-group",
            .worker_id = own_id()};
  program.option("--bootstrap", worker.bootstrap, "Kafka's bootstrap servers, host:port,...")
      .environment("ECO_BOOTSTRAP")
      .required();
  program.option("--topic", worker.topic, "Topic of the jobs").environment("ECO_TOPIC");
  program.option("--group", worker.group, "Consumer group").environment("ECO_GROUP");
  program.option("--worker-id", worker.worker_id, "Name in logs and results")
      .environment("ECO_WORKER_ID");
  program.option("--job-seconds", to.job_seconds, "How long a job is worked on")
      .environment("ECO_JOB_SECONDS")
      .within(0, kDay_s);
  program
      .option("--grace-seconds", to.grace_seconds,
              "How long a job may go on after SIGTERM before it is handed back")
      .environment("ECO_GRACE_SECONDS")
      .within(0, kDay_s);
  program
      .option("--session-timeout-ms", to.session_timeout_ms,
              "Silence after which the group takes a worker for dead")
      .environment("ECO_SESSION_TIMEOUT_MS")
      .within(1000, 300'000);
  program
      .option("--metadata-refresh-ms", to.metadata_refresh_ms,
              "How soon new partitions are noticed")
      .environment("ECO_METADATA_REFRESH_MS")
      .within(100, 300'000);
  program.option("--event-log", to.event_log, "Append events as JSON lines to this file")
      .environment("ECO_EVENT_LOG");
  program.log_option().environment("ECO_LOG_LEVEL");
}

std::chrono::milliseconds to_ms(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000.0));
}

Result<void> work(Options& options) {
  options.worker.job_time = to_ms(options.job_seconds);
  options.worker.grace = to_ms(options.grace_seconds);
  options.worker.session_timeout = std::chrono::milliseconds(options.session_timeout_ms);
  options.worker.metadata_refresh = std::chrono::milliseconds(options.metadata_refresh_ms);
  JsonLines events;
  if (!options.event_log.empty()) {
    auto opened = JsonLines::open(options.event_log, "worker/" + options.worker.worker_id);
    if (!opened) return std::unexpected(opened.error());
    events = std::move(*opened);
  }
  log::info("worker starts worker_id={} bootstrap={} topic={} group={}", options.worker.worker_id,
            options.worker.bootstrap, options.worker.topic, options.worker.group);
  auto worked = video::run_worker(options.worker, events, stop_asked);
  if (worked) log::info("worker ended");
  return worked;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  Program program("eco-worker", ECOKUBE_VERSION,
                  "Works on the jobs of a Kafka topic, one at a time. Each option can be set by "
                  "its\nenvironment variable.");
  declare(program, options);
  return program.run(argc, argv, [&] {
    std::signal(SIGTERM, [](int) { stop_asked = true; });
    std::signal(SIGINT, [](int) { stop_asked = true; });
    return work(options);
  });
}
