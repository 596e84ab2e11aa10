#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/e2e/pipeline/pipeline.h"

namespace ecokube {
namespace {

// Goal: a broker that is killed in the middle of uploads and started again on its data has lost no
// record that was acknowledged and no commit; uploads, worker and lag go on by themselves.
TEST(Pipeline, ABrokerKilledUnderUploadsLosesNothing) {
  constexpr std::size_t kSome = 5;
  test::Pipeline pipeline;
  pipeline.start_worker("a", {"--job-seconds", "0.2"});
  auto uploads = pipeline.start_uploads();
  const auto accepted = [&](std::size_t more) {
    return [&uploads, until = uploads->accepted.size() + more] {
      return uploads->accepted.size() >= until;
    };
  };
  ASSERT_TRUE(pipeline.wait_until(accepted(kSome)));
  ASSERT_TRUE(pipeline.wait_until([&] { return !pipeline.events("job_done").empty(); }));

  pipeline.kill_broker();
  ASSERT_TRUE(pipeline.wait_until([&] { return uploads->refused > 0; }));
  pipeline.restart_broker();
  ASSERT_TRUE(pipeline.wait_until(accepted(kSome)));
  EXPECT_TRUE(pipeline.wait_until([&] { return pipeline.lag() > 0; }))
      << "uploads come faster than the worker works";

  uploads->stop = true;
  ASSERT_TRUE(pipeline.wait_until([&] { return uploads->ended; }));
  EXPECT_TRUE(pipeline.wait_until([&] { return pipeline.lag() == 0; }));
  for (const auto& job : uploads->accepted) EXPECT_TRUE(pipeline.has_result(job)) << job;
}

}  // namespace
}  // namespace ecokube
