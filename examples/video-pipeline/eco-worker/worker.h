#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "common/error.h"
#include "common/json_lines.h"

namespace ecokube::video {

struct WorkerSettings {
  std::string bootstrap;
  std::string topic;
  std::string group;
  std::string worker_id;
  std::chrono::milliseconds job_time{5000};
  std::chrono::milliseconds grace{25000};
  std::chrono::milliseconds session_timeout{45000};
  std::chrono::milliseconds metadata_refresh{5000};
};

/// Takes jobs from the topic, one at a time, and commits each after its result is stored. Polls
/// Kafka all the while, so that a long job costs no membership. Returns when `stop` was set and
/// the job was finished or, after the grace time, handed back; the group is left then.
[[nodiscard]] Result<void> run_worker(const WorkerSettings& settings, JsonLines& events,
                                      const std::atomic<bool>& stop);

}  // namespace ecokube::video
