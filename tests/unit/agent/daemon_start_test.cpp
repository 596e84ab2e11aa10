// Goal: ecokube-agent without a command becomes the daemon, wherever the two lie, and says what is
// wrong before it serves. Method: the programs themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "common/child_process.h"
#include "tests/support/must.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Ended {
  std::optional<int> code;
  std::string said;
};

class DaemonStart : public testing::Test {
 protected:
  Ended run_agent(const fs::path& folder) {
    boost::asio::io_context io;
    ChildOptions options;
    options.argv = {(folder / "ecokube-agent").string(), "--config", (dir / "none.toml").string()};
    options.output_bytes_max = 16UL * 1024;
    options.die_with_parent = true;
    auto child = must(start_child(io.get_executor(), options));
    const auto code = run(io, wait_or_kill(*child, std::chrono::seconds(20)));
    return {code, child->output()};
  }
  static void put(const char* program, const fs::path& folder) {
    fs::create_directories(folder);
    fs::create_symlink(program, folder / fs::path(program).filename());
  }
  /// The agent itself is copied: it looks for the daemon where it lies, not where a link does.
  static void install(const fs::path& folder) {
    fs::create_directories(folder);
    fs::copy_file(ECOKUBE_AGENT, folder / "ecokube-agent");
  }
  TempDir dir;
};

TEST_F(DaemonStart, FindsTheDaemonBesideIt) {
  install(dir / "bin");
  put(ECOKUBE_AGENTD, dir / "bin");
  const auto ended = run_agent(dir / "bin");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.said, HasSubstr("ecokube-agent: cannot read"));
  EXPECT_THAT(ended.said, HasSubstr("none.toml"));
}

TEST_F(DaemonStart, FindsTheDaemonWhereThePackagePutsIt) {
  install(dir / "usr/bin");
  put(ECOKUBE_AGENTD, dir / "usr/lib/ecokube-agent");
  const auto ended = run_agent(dir / "usr/bin");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.said, HasSubstr("none.toml"));
}

TEST_F(DaemonStart, WithoutItSaysWhereItWasLookedFor) {
  install(dir / "usr/bin");
  const auto ended = run_agent(dir / "usr/bin");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.said, HasSubstr((dir / "usr/bin").string()));
  EXPECT_THAT(ended.said, HasSubstr((dir / "usr/lib/ecokube-agent/ecokube-agentd").string()));
}

TEST_F(DaemonStart, OneThatCannotRunIsNamed) {
  install(dir / "bin");
  dir.write("bin/ecokube-agentd", "not a program");
  const auto ended = run_agent(dir / "bin");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.said, HasSubstr("cannot run " + (dir / "bin/ecokube-agentd").string()));
}

}  // namespace
}  // namespace ecokube::test
