// The benchmark `reaction` at a small size: every figure is there and was counted as often as asked
// for. Nothing is said about speed.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "tests/bench/bench_run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

namespace json = boost::json;

constexpr int kSamples = 10;

double number(const json::object& figures, const char* name, const char* part) {
  return figures.at(name).at(part).to_number<double>();
}

void expect_spread(const json::object& figures, const char* name) {
  SCOPED_TRACE(name);
  ASSERT_TRUE(figures.contains(name));
  EXPECT_EQ(figures.at(name).at("samples").to_number<int>(), kSamples);
  EXPECT_LE(number(figures, name, "p50"), number(figures, name, "p99"));
}

TEST(ReactionBench, MeasuresWhatItSaysAsOftenAsAsked) {
  const TempDir dir;
  const auto ended =
      run_bench(dir, ECOKUBE_BENCH_REACTION, {"--nodes", "50", "--pods", "500", "--samples", "10"},
                std::chrono::minutes(8));
  ASSERT_EQ(ended.status, 0) << ended.output;
  const auto figures = json::parse(read_text(dir / "figures.json")).as_object();

  EXPECT_EQ(figures.at("nodes").to_number<int>(), 50);
  EXPECT_EQ(figures.at("pods").to_number<int>(), 500);
  for (const char* name :
       {"pending_to_packet_ms", "watch_event_to_packet_ms", "last_pod_event_to_decision_ms",
        "last_pod_event_to_mark_ms", "last_pod_to_shutdown_ms", "poll_loop_ms", "api_read_ms"}) {
    expect_spread(figures, name);
  }
  // No event comes before the request that it tells of, and the settle time of S1 is never cut.
  EXPECT_GT(number(figures, "pending_to_packet_ms", "p50"), 0);
  EXPECT_GT(number(figures, "poll_loop_ms", "p50"), 0);
  constexpr double kSettle_ms = 2000;
  EXPECT_GE(number(figures, "last_pod_to_shutdown_ms", "p50"), kSettle_ms);
  EXPECT_EQ(figures.at("false_wakes").to_number<int>(), 0);
  EXPECT_GT(figures.at("coordinator_rss_kb").to_number<int>(), 0);

  const auto& machine = figures.at("machine").as_object();
  EXPECT_GT(machine.at("cores").to_number<int>(), 0);
  EXPECT_GT(machine.at("memory_kb").to_number<std::int64_t>(), 0);
  EXPECT_FALSE(machine.at("kernel").as_string().empty());
  EXPECT_FALSE(machine.at("cpu_model").as_string().empty());
  EXPECT_NE(ended.output.find((dir / "figures.json").string()), std::string::npos) << ended.output;
}

}  // namespace
}  // namespace ecokube::test
