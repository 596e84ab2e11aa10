#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>

#include "tests/e2e/pipeline/pipeline.h"

namespace ecokube {
namespace {

std::string text(const boost::json::object& event, std::string_view key) {
  return std::string(event.at(key).as_string());
}

/// How often a result of each job was stored.
std::map<std::string, int> stored(const test::Pipeline& pipeline) {
  std::map<std::string, int> jobs;
  for (const auto& event : pipeline.events("result_stored")) ++jobs[text(event, "job_id")];
  return jobs;
}

// Goal: each of thirty uploads gets one result, by two workers that share them, and the queue is
// empty for the scaler too.
TEST(Pipeline, ThirtyUploadsThirtyResults) {
  constexpr int kJobs = 30;
  test::Pipeline pipeline;
  pipeline.start_worker("a", {"--job-seconds", "0.1"});
  pipeline.start_worker("b", {"--job-seconds", "0.1"});
  for (int i = 0; i < kJobs; ++i) pipeline.upload_job("clip " + std::to_string(i));
  ASSERT_TRUE(pipeline.wait_until([&] { return pipeline.result_count() == kJobs; }));
  EXPECT_TRUE(pipeline.wait_until([&] { return pipeline.lag() == 0; }));

  const auto jobs = stored(pipeline);
  EXPECT_EQ(jobs.size(), static_cast<std::size_t>(kJobs));
  for (const auto& [job, times] : jobs) EXPECT_EQ(times, 1) << job;
  EXPECT_EQ(pipeline.events("record_acknowledged").size(), static_cast<std::size_t>(kJobs));
  std::map<std::string, int> by_worker;
  for (const auto& event : pipeline.events("result_stored")) ++by_worker[text(event, "worker")];
  EXPECT_EQ(by_worker.size(), 2U) << "both worked";
}

// Goal: a worker killed in the middle of a job costs time, never the job.
TEST(Pipeline, AKilledWorkersJobIsDoneByAnother) {
  test::Pipeline pipeline;
  auto& victim = pipeline.start_worker("victim", {"--job-seconds", "60"});
  const auto job = pipeline.upload_job("clip");
  ASSERT_TRUE(pipeline.wait_until([&] { return pipeline.events("job_started").size() == 1; }));
  victim.signal_group(SIGKILL);
  EXPECT_EQ(pipeline.exit_status(victim), 128 + SIGKILL);
  EXPECT_EQ(pipeline.lag(), 1) << "a job in flight is not committed";

  pipeline.start_worker("other", {"--job-seconds", "0.1"});
  ASSERT_TRUE(pipeline.wait_until([&] { return pipeline.has_result(job); }));
  // The event is written after the result can be seen.
  ASSERT_TRUE(pipeline.wait_until([&] { return !pipeline.events("result_stored").empty(); }));
  EXPECT_EQ(stored(pipeline), (std::map<std::string, int>{{job, 1}}));
  EXPECT_EQ(text(pipeline.events("result_stored").at(0), "worker"), "other");
  EXPECT_TRUE(pipeline.wait_until([&] { return pipeline.lag() == 0; }));
}

// Goal: SIGTERM in the middle of a job: one that ends within the grace time is finished and
// committed; one that does not is handed back, and the next worker does it.
TEST(Pipeline, TerminatedWorkersFinishOrHandBack) {
  test::Pipeline pipeline;
  auto& hasty = pipeline.start_worker("hasty", {"--job-seconds", "60", "--grace-seconds", "0.2"});
  const auto job = pipeline.upload_job("clip");
  ASSERT_TRUE(pipeline.wait_until([&] { return pipeline.events("job_started").size() == 1; }));
  hasty.signal_group(SIGTERM);
  EXPECT_EQ(pipeline.exit_status(hasty), 0);
  ASSERT_EQ(pipeline.events("job_handed_back").size(), 1U);
  EXPECT_FALSE(pipeline.has_result(job));
  EXPECT_EQ(pipeline.lag(), 1);

  auto& patient = pipeline.start_worker("patient", {"--job-seconds", "1", "--grace-seconds", "20"});
  ASSERT_TRUE(pipeline.wait_until([&] { return pipeline.events("job_started").size() == 2; }));
  patient.signal_group(SIGTERM);
  EXPECT_EQ(pipeline.exit_status(patient), 0);
  EXPECT_TRUE(pipeline.has_result(job));
  EXPECT_EQ(pipeline.lag(), 0) << "committed before it left";
}

// Goal: with the broker gone an upload is refused and leaves no file; a worker without a job still
// ends when asked.
TEST(Pipeline, WithoutABrokerNothingIsAcceptedAndNothingHangs) {
  test::Pipeline pipeline;
  auto& worker = pipeline.start_worker("a", {"--job-seconds", "0.1"});
  pipeline.upload_job("clip");
  ASSERT_TRUE(pipeline.wait_until([&] { return pipeline.result_count() == 1; }));
  pipeline.kill_broker();
  const auto refused = pipeline.upload("another");
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_FALSE(refused.header("Retry-After").empty());
  const auto videos = std::filesystem::directory_iterator(pipeline.dir() / "data/videos");
  EXPECT_EQ(std::distance(videos, {}), 1);
  worker.signal_group(SIGTERM);
  EXPECT_EQ(pipeline.exit_status(worker), 0);
}

}  // namespace
}  // namespace ecokube
