// Goal: a program is waited for and read only so far, and leaves nothing behind.
#include "common/bounded_run.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>

#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kEnough = 4096;

TEST(BoundedRun, SaysWhatWasPrintedAndHowItEnded) {
  const auto ran = run_bounded({"sh", "-c", "echo out; echo err >&2; exit 3"}, 30s, kEnough);
  ASSERT_TRUE(ran) << ran.error().message;
  EXPECT_EQ(ran->output, "out\nerr\n");
  EXPECT_EQ(ran->status, 3);
  EXPECT_EQ(run_bounded({"sh", "-c", "kill -9 $$"}, 30s, kEnough)->status, 128 + 9);
  EXPECT_EQ(run_bounded({"cat"}, 30s, kEnough)->output, "") << "there is no input";
  EXPECT_EQ(run_bounded({"no-such-program-anywhere"}, 30s, kEnough).error().code, Errc::not_found);
}

TEST(BoundedRun, EndsWhatTakesTooLongOrPrintsTooMuch) {
  const test::TempDir dir;
  const auto script = "sleep 600 & echo $! >" + (dir / "pid").string() + "; wait";
  const auto hung = run_bounded({"sh", "-c", script}, 300ms, kEnough);
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().code, Errc::timeout);
  const auto child = std::stoi(test::read_text(dir / "pid"));
  // Killed with its group; its new parent may not have reaped it yet.
  const auto until = std::chrono::steady_clock::now() + 30s;
  const auto lives = [&] {
    const auto stat = test::read_text("/proc/" + std::to_string(child) + "/stat");
    return !stat.empty() && stat.find(") Z ") == std::string::npos;
  };
  while (lives() && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_FALSE(lives());
  const auto endless = run_bounded({"sh", "-c", "yes"}, 30s, kEnough);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, Errc::too_large);
}

TEST(BoundedRun, IsNotHeldUpByOneThatClosesItsOutputAndStays) {
  const auto begun = std::chrono::steady_clock::now();
  const auto ran = run_bounded({"sh", "-c", "exec sleep 600 >&- 2>&-"}, 300ms, kEnough);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 128 + SIGKILL);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 60s);
}

}  // namespace
}  // namespace ecokube
