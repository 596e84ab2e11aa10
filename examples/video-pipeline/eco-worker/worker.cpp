#include "examples/video-pipeline/eco-worker/worker.h"

#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "common/backoff.h"
#include "common/log.h"
#include "examples/video-pipeline/eco-worker/group_member.h"
#include "examples/video-pipeline/eco-worker/job_runner.h"
#include "examples/video-pipeline/job/job.h"

namespace ecokube::video {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds kPoll{100};
constexpr std::chrono::milliseconds kCommitRetryBase{200};
constexpr std::chrono::milliseconds kCommitRetryMax{2000};
constexpr std::chrono::milliseconds kLeaveLimit{5000};
// A partition that was paused delivers again only after up to a second, so a few records are kept
// ready here instead, and no more are taken in while there are enough.
constexpr std::size_t kReadyMax = 8;
constexpr std::size_t kReadyLow = 2;

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// What is being done: one record from taking it to its commit.
struct Task {
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::string job_id;
  bool lost = false;        ///< its partition was taken away since: whoever has it now commits
  bool committing = false;  ///< the job has ended
  bool asked = false;       ///< a commit is on its way
  unsigned commits_refused = 0;
  SteadyTime commit_at;
};

class Worker {
 public:
  Worker(const WorkerSettings& settings, JsonLines& events)
      : settings_(settings), events_(events) {}

  [[nodiscard]] Result<void> run(const std::atomic<bool>& stop) {
    auto member = join_group({.bootstrap = settings_.bootstrap,
                              .topic = settings_.topic,
                              .group = settings_.group,
                              .client_id = settings_.worker_id,
                              .session_timeout = settings_.session_timeout,
                              .metadata_refresh = settings_.metadata_refresh},
                             {.lost = [this] { on_lost(); },
                              .committed = [this](Result<void> answer) { on_committed(answer); }});
    if (!member) return std::unexpected(member.error());
    member_ = std::move(*member);
    runner_ = make_job_runner({.worker_id = settings_.worker_id, .job_time = settings_.job_time},
                              events_, [this] { member_->wake_up(); });
    std::optional<SteadyTime> stop_until;
    while (true) {
      if (stop && !stop_until) {
        stop_until = now() + settings_.grace;
        log::info("worker stops job_id={}", task_ ? task_->job_id : "none");
        hold(true);
      }
      if (stop_until && !task_) break;
      if (stop_until && now() >= *stop_until) {
        hand_back();
        break;
      }
      step(!stop_until);
    }
    runner_.reset();  // before the group is left: nothing of ours is done after that
    member_->leave(kLeaveLimit);
    return {};
  }

 private:
  void step(bool take_more) {
    if (auto record = member_->poll(kPoll)) waiting_.push_back(std::move(*record));
    if (waiting_.size() >= kReadyMax) hold(true);
    if (auto end = runner_->take_end()) on_end(*end);
    if (task_ && task_->committing && !task_->asked && now() >= task_->commit_at) {
      task_->asked = true;
      member_->commit(task_->partition, task_->offset + 1);
    }
    if (!task_ && take_more && !waiting_.empty()) take_next();
  }

  void take_next() {
    Record record = std::move(waiting_.front());
    waiting_.pop_front();
    if (waiting_.size() <= kReadyLow) hold(false);
    task_.emplace();
    task_->partition = record.partition;
    task_->offset = record.offset;
    auto job = parse_record(record.value);
    if (!job) {  // must not stop the partition for ever
      log::error("record skipped partition={} offset={} why=\"{}\"", record.partition,
                 record.offset, job.error().message);
      task_->committing = true;
      return;
    }
    task_->job_id = job->job_id;
    log::info("job taken job_id={} partition={} offset={}", job->job_id, record.partition,
              record.offset);
    runner_->start(std::move(*job));
  }

  void on_end(JobEnd end) {
    if (!task_) return;
    log::info("job ended job_id={} end={}", task_->job_id, to_string(end));
    if (task_->lost || end == JobEnd::abandoned) {
      // Not ours to commit any more. Redelivered, it is found done.
      finish();
      return;
    }
    task_->committing = true;
  }

  void on_committed(const Result<void>& answer) {
    if (!task_ || !task_->asked) return;  // of a task that was lost meanwhile
    task_->asked = false;
    member_->wake_up();  // the next job need not wait for the end of this poll
    if (answer) {
      finish();
      return;
    }
    ++task_->commits_refused;
    if (task_->commits_refused == 1) {
      log::warn("commit refused, tried again job_id={} partition={} why=\"{}\"", task_->job_id,
                task_->partition, answer.error().message);
    }
    task_->commit_at =
        now() + next_delay(task_->commits_refused, random_(), kCommitRetryBase, kCommitRetryMax);
  }

  void on_lost() {
    waiting_.clear();
    hold(false);
    if (!task_) return;
    task_->lost = true;
    if (task_->committing) finish();
  }

  void finish() { task_.reset(); }

  void hold(bool on) {
    if (on == on_hold_) return;
    on_hold_ = on;
    member_->hold(on);
  }

  void hand_back() {
    log::warn("job handed back, grace time is over job_id={}", task_->job_id);
    events_.write("job_handed_back", {{"job_id", task_->job_id}});
  }

  const WorkerSettings& settings_;
  JsonLines& events_;
  std::optional<Task> task_;
  std::deque<Record> waiting_;  // in the order of their offsets within each partition
  bool on_hold_ = false;
  std::minstd_rand random_{std::random_device{}()};
  std::unique_ptr<GroupMember> member_;
  std::unique_ptr<JobRunner> runner_;  // after member_: it goes first
};

}  // namespace

Result<void> run_worker(const WorkerSettings& settings, JsonLines& events,
                        const std::atomic<bool>& stop) {
  Worker worker(settings, events);
  return worker.run(stop);
}

}  // namespace ecokube::video
