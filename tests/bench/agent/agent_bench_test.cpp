// The benchmark `agent` at a small size: the agent's figures are there, and so is what became of
// each peer. Nothing is said about how large a figure is.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "tests/bench/bench_run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

namespace json = boost::json;

BenchEnd run_agent_bench(const TempDir& dir, const std::vector<std::string>& peers) {
  std::vector<std::string> arguments{"--settle", "1", "--seconds", "10", "--pods", "5"};
  arguments.insert(arguments.end(), peers.begin(), peers.end());
  return run_bench(dir, ECOKUBE_BENCH_AGENT, arguments, std::chrono::minutes(2));
}

TEST(AgentBench, MeasuresTheAgentAndSaysWhyAPeerIsMissing) {
  const TempDir dir;
  const auto ended = run_agent_bench(
      dir, {"--scaphandre", "/bin/false", "--missing", "kepler=there is no go to build it"});
  ASSERT_EQ(ended.status, 0) << ended.output;
  const auto figures = json::parse(read_text(dir / "figures.json")).as_object();

  for (const char* program : {"ours", "bare_waker"}) {
    const auto& cost = figures.at(program).as_object();
    for (const char* name : {"private_kb", "pss_kb", "rss_kb", "cpu_pct", "wakeups_per_s"}) {
      EXPECT_GT(cost.at(name).to_number<double>(), 0) << program << " " << name;
    }
  }
  EXPECT_GE(figures.at("heartbeats").to_number<int>(), 1);
  EXPECT_GT(figures.at("processes").to_number<int>(), 1);

  EXPECT_TRUE(figures.at("peers").as_object().empty());
  EXPECT_EQ(figures.at("scrapes").to_number<int>(), 0);
  const auto& missing = figures.at("missing").as_object();
  EXPECT_EQ(missing.at("kepler").as_string(), "there is no go to build it");
  EXPECT_NE(missing.at("scaphandre").as_string().find("scaphandre ended"), std::string::npos);
  EXPECT_NE(ended.output.find("not measured: kepler: there is no go"), std::string::npos)
      << ended.output;
}

TEST(AgentBench, RefusesAMissingPeerWithoutAReason) {
  const TempDir dir;
  constexpr int kWrongUse = 2;
  const auto ended = run_agent_bench(dir, {"--missing", "kepler"});
  EXPECT_EQ(ended.status, kWrongUse) << ended.output;
}

}  // namespace
}  // namespace ecokube::test
