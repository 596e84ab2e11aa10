#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <csignal>
#include <string>
#include <utility>

#include "common/json_lines.h"
#include "common/log.h"
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
  std::string log_level = "info";
};

std::string own_id() {
  constexpr std::size_t kNameMax = 256;
  std::array<char, kNameMax> name{};
  ::gethostname(name.data(), name.size() - 1);
  return std::string(name.data()) + "-" + std::to_string(::getpid());
}

void describe(CLI::App& app, Options& options) {
  auto& worker = options.worker;
  worker = {.bootstrap = "",
            .topic = "video-processing",
            .group = "eco-worker-group",
            .worker_id = own_id()};
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("--bootstrap", worker.bootstrap, "Kafka's bootstrap servers, host:port,...")
      ->envname("ECO_BOOTSTRAP")
      ->required();
  app.add_option("--topic", worker.topic, "Topic of the jobs")
      ->envname("ECO_TOPIC")
      ->capture_default_str();
  app.add_option("--group", worker.group, "Consumer group")
      ->envname("ECO_GROUP")
      ->capture_default_str();
  app.add_option("--worker-id", worker.worker_id, "Name in logs and results (default: host-pid)")
      ->envname("ECO_WORKER_ID");
  app.add_option("--job-seconds", options.job_seconds, "How long a job is worked on")
      ->envname("ECO_JOB_SECONDS")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_option("--grace-seconds", options.grace_seconds,
                 "How long a job may go on after SIGTERM before it is handed back")
      ->envname("ECO_GRACE_SECONDS")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_option("--session-timeout-ms", options.session_timeout_ms,
                 "Silence after which the group takes a worker for dead")
      ->envname("ECO_SESSION_TIMEOUT_MS")
      ->check(CLI::Range(1000, 300000))
      ->capture_default_str();
  app.add_option("--metadata-refresh-ms", options.metadata_refresh_ms,
                 "How soon new partitions are noticed")
      ->envname("ECO_METADATA_REFRESH_MS")
      ->check(CLI::Range(100, 300000))
      ->capture_default_str();
  app.add_option("--event-log", options.event_log, "Append events as JSON lines to this file")
      ->envname("ECO_EVENT_LOG");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->envname("ECO_LOG_LEVEL")
      ->capture_default_str();
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
  return video::run_worker(options.worker, events, stop_asked);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Works on the jobs of a Kafka topic, one at a time. Each option can be set by its\n"
      "environment variable.");
  describe(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (auto started = log::start("eco-worker", options.log_level); !started) {
    log::error("{}", started.error().message);
    return 2;
  }
  std::signal(SIGTERM, [](int) { stop_asked = true; });
  std::signal(SIGINT, [](int) { stop_asked = true; });
  auto worked = work(options);
  if (worked) {
    log::info("worker ended");
    return 0;
  }
  log::error("{}", worked.error().message);
  return worked.error().code == Errc::config ? 2 : 1;
}
