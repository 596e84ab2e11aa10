#include "common/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;

class ChildProcessTest : public testing::Test {
 protected:
  std::unique_ptr<ChildProcess> shell(const std::string& script) {
    ChildOptions options;
    options.argv = {"sh", "-c", script};
    options.environment = {{"ECO_GREETING", "hello"}};
    options.working_directory = dir.path();
    options.output_file = dir / "out";
    auto child = start_child(io.get_executor(), options);
    EXPECT_TRUE(child) << child.error().message;
    return std::move(*child);
  }

  boost::asio::io_context io{1};
  test::TempDir dir;
};

TEST_F(ChildProcessTest, GivesStatusOutputAndEnvironment) {
  auto child = shell("echo $ECO_GREETING; pwd; exit 7");
  EXPECT_EQ(test::run(io, child->wait(std::nullopt)), 7);
  EXPECT_EQ(test::read_text(dir / "out"), "hello\n" + dir.path().string() + "\n");
  EXPECT_FALSE(child->running());
}

TEST_F(ChildProcessTest, KeepsItsOutputUpToABoundAndGivesItNoInput) {
  ChildOptions options;
  options.argv = {"sh", "-c", "cat; echo out; echo err >&2; yes | head -c 100000"};
  options.no_input = true;
  options.output_bytes_max = 4096;
  auto child = start_child(io.get_executor(), options);
  ASSERT_TRUE(child) << child.error().message;
  ASSERT_TRUE(test::run(io, (*child)->wait(test::kRunLimit)));
  const auto output = (*child)->output();
  EXPECT_EQ(output.substr(0, 12), "out\nerr\ny\ny\n");
  EXPECT_EQ(output.size(), 4096U);
}

// Asio gives a descriptor the state of one that was just closed, with the events still to be told.
TEST_F(ChildProcessTest, WaitTakesNoOthersEventForItsEnd) {
  using Socket = boost::asio::local::stream_protocol::socket;
  Socket first(io), first_peer(io), closed(io), closed_peer(io);
  boost::asio::local::connect_pair(first, first_peer);
  boost::asio::local::connect_pair(closed, closed_peer);
  const auto start_after_the_first = [&]() -> boost::asio::awaitable<std::optional<int>> {
    co_await first.async_wait(Socket::wait_read, boost::asio::use_awaitable);
    closed.close();
    auto child = shell("sleep 0.3; exit 7");
    co_return co_await child->wait(test::kRunLimit);
  };
  boost::asio::write(first_peer, boost::asio::buffer("x", 1));
  boost::asio::write(closed_peer, boost::asio::buffer("x", 1));
  EXPECT_EQ(test::run(io, start_after_the_first()), 7);
}

TEST_F(ChildProcessTest, WaitEndsAtItsLimit) {
  auto child = shell("exec sleep 1000");
  EXPECT_EQ(test::run(io, child->wait(milliseconds(5))), std::nullopt);
  EXPECT_TRUE(child->running());
}

TEST_F(ChildProcessTest, TerminateKillsTheWholeGroupThatIgnoresTerm) {
  auto child = shell("trap '' TERM; echo ready; sleep 1000");
  ASSERT_TRUE(test::run_until(io, [&] { return !test::read_text(dir / "out").empty(); }));
  EXPECT_EQ(test::run(io, terminate(*child, milliseconds(20))), 128 + SIGKILL);
}

TEST_F(ChildProcessTest, DestroyingEndsIt) {
  pid_t pid = 0;
  {
    auto child = shell("exec sleep 1000");
    pid = child->pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(ChildProcessTest, MissingProgramIsAnErrorWithItsName) {
  ChildOptions options;
  options.argv = {"/nowhere/no-such-program"};
  const auto child = start_child(io.get_executor(), options);
  ASSERT_FALSE(child);
  EXPECT_NE(child.error().message.find("/nowhere/no-such-program"), std::string::npos);
}

}  // namespace
}  // namespace ecokube
