#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/json_lines.h"
#include "examples/video-pipeline/job/job.h"

namespace ecokube::video {

/// How a job ended. All but `abandoned` may be committed.
enum class JobEnd {
  stored,         ///< our result was taken
  existed,        ///< there was a result: done before, or by another meanwhile
  without_video,  ///< its upload was refused after the record was written
  refused,        ///< the service does not take the result: more attempts would not help
  abandoned,      ///< stopped before it had a result: somebody must do it again
};
[[nodiscard]] std::string_view to_string(JobEnd end);

struct JobRunnerSettings {
  std::string worker_id;
  std::chrono::milliseconds job_time{5000};
};

/// Does one job at a time on a thread of its own: asks whether the result exists, fetches the
/// video, works, stores the result. Waits with backoff while the service is away.
class JobRunner {
 public:
  virtual ~JobRunner() = default;
  /// Only when no other job runs.
  virtual void start(Job job) = 0;
  /// The end of the job that was started, once.
  [[nodiscard]] virtual std::optional<JobEnd> take_end() = 0;
  /// The running job ends soon, as abandoned if its result is not stored yet.
  virtual void abandon() = 0;
};

/// `on_end` is called on the runner's thread when there is an end to take; `events` must be safe to
/// write to from there and outlive the runner.
[[nodiscard]] std::unique_ptr<JobRunner> make_job_runner(JobRunnerSettings settings,
                                                         JsonLines& events,
                                                         std::function<void()> on_end);

}  // namespace ecokube::video
