// The benchmark `agent` at a small size: the agent's figures are there, and so is what became of
// each peer. Nothing is said about how large a figure is.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::chrono::minutes kLimit{2};

std::optional<int> run_bench(const TempDir& dir, const std::vector<std::string>& peers) {
  const std::filesystem::path program = ECOKUBE_BENCH_AGENT;
  ChildOptions child;
  child.argv = {program.string(),
                "--settle",
                "1",
                "--seconds",
                "10",
                "--pods",
                "5",
                "--bin",
                program.parent_path().string(),
                "--dir",
                dir / "run",
                "--out",
                dir / "figures.json"};
  child.argv.insert(child.argv.end(), peers.begin(), peers.end());
  child.output_file = dir / "output";
  child.die_with_parent = true;
  asio::io_context io(1);
  auto started = start_child(io.get_executor(), child);
  if (!started) return std::nullopt;
  return run(io, (*started)->wait(kLimit), kLimit);
}

TEST(AgentBench, MeasuresTheAgentAndSaysWhyAPeerIsMissing) {
  const TempDir dir;
  const auto status = run_bench(
      dir, {"--scaphandre", "/bin/false", "--missing", "kepler=there is no go to build it"});
  ASSERT_EQ(status, 0) << read_text(dir / "output");
  const auto figures = json::parse(read_text(dir / "figures.json")).as_object();

  const auto& ours = figures.at("ours").as_object();
  for (const char* name : {"private_kb", "pss_kb", "rss_kb", "cpu_pct", "wakeups_per_s"}) {
    EXPECT_GT(ours.at(name).to_number<double>(), 0) << name;
  }
  EXPECT_GE(figures.at("heartbeats").to_number<int>(), 1);
  EXPECT_GT(figures.at("processes").to_number<int>(), 1);

  EXPECT_TRUE(figures.at("peers").as_object().empty());
  EXPECT_EQ(figures.at("scrapes").to_number<int>(), 0);
  const auto& missing = figures.at("missing").as_object();
  EXPECT_EQ(missing.at("kepler").as_string(), "there is no go to build it");
  EXPECT_NE(missing.at("scaphandre").as_string().find("scaphandre ended"), std::string::npos);
  const auto output = read_text(dir / "output");
  EXPECT_NE(output.find("not measured: kepler: there is no go"), std::string::npos) << output;
}

TEST(AgentBench, RefusesAMissingPeerWithoutAReason) {
  const TempDir dir;
  constexpr int kWrongUse = 2;
  EXPECT_EQ(run_bench(dir, {"--missing", "kepler"}), kWrongUse) << read_text(dir / "output");
}

}  // namespace
}  // namespace ecokube::test
