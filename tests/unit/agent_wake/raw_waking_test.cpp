// Goal: frames are asked for one after the other, what can't be sent is said and keeps nothing else
// from being sent, and no log holds a password. Method: a double of ecokube-raw-wake at its socket.
#include "common/raw_waking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/helper_double.h"
#include "tests/support/kept_log.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const MacAddress kOne({2, 0, 0, 0, 0, 1}), kTwo({2, 0, 0, 0, 0, 2});
constexpr const char* kSecret = "0a:1b:2c:3d:4e:5f";

class RawWakingTest : public testing::Test {
 protected:
  bool asked(std::size_t times) {
    return test::run_until(io_, [&] { return helper_->asked().size() >= times; });
  }
  /// What is on its way is over: nothing is left to be done.
  void settle() {
    io_.restart();
    while (io_.run_one_for(std::chrono::milliseconds(20)) > 0) {
    }
  }

  test::KeptLog log_;
  test::TempDir dir_;
  boost::asio::io_context io_{1};
  std::optional<test::HelperDouble> helper_;
  RawWaking raw_{io_.get_executor(), dir_ / "raw.sock"};
};

TEST_F(RawWakingTest, AsksForEachMacOnEachInterface) {
  helper_.emplace(io_, dir_ / "raw.sock", [](const std::string&) { return "sent=yes"; });
  raw_.send({{"eth0", "br0"}, {kOne, kTwo}, SecureOn::parse(kSecret)});
  raw_.send({{"eth1"}, {kOne}, std::nullopt});
  ASSERT_TRUE(asked(5));
  settle();
  EXPECT_THAT(helper_->asked(), ElementsAre("wake eth0 02:00:00:00:00:01 0a:1b:2c:3d:4e:5f",
                                            "wake eth0 02:00:00:00:00:02 0a:1b:2c:3d:4e:5f",
                                            "wake br0 02:00:00:00:00:01 0a:1b:2c:3d:4e:5f",
                                            "wake br0 02:00:00:00:00:02 0a:1b:2c:3d:4e:5f",
                                            "wake eth1 02:00:00:00:00:01"));
  EXPECT_EQ(raw_.problem({"eth0", "br0", "eth1"}), "");
  EXPECT_EQ(log_.count("magic packet sent kind=raw interface=eth0 mac=02:00:00:00:00:01"), 1U);
  EXPECT_EQ(log_.count("0a:1b"), 0U) << log_.text();
}

TEST_F(RawWakingTest, SaysOnceWhatAnInterfaceRefuses) {
  helper_.emplace(io_, dir_ / "raw.sock", [](const std::string& question) {
    return question.starts_with("wake eth0") ? "problem=eth0 is down" : "sent=yes";
  });
  for (std::size_t round = 1; round <= 3; ++round) {
    raw_.send({{"eth0", "eth1"}, {kOne}, std::nullopt});
    ASSERT_TRUE(asked(2 * round));
    settle();
    EXPECT_EQ(raw_.problem({"eth1", "eth0"}), "eth0 is down");
    EXPECT_EQ(raw_.problem({"eth1"}), "") << "that one is well";
  }
  EXPECT_EQ(log_.count("why=\"eth0 is down\""), 1U) << log_.text();
  EXPECT_EQ(log_.count("kind=raw interface=eth1"), 3U);
  helper_->answers([](const std::string&) { return "sent=yes"; });
  raw_.send({{"eth0"}, {kOne}, std::nullopt});
  ASSERT_TRUE(asked(7));
  settle();
  EXPECT_EQ(raw_.problem({"eth0"}), "");
}

TEST_F(RawWakingTest, WhereNoHelperIsThatIsSaidOnceAndEndsByItself) {
  for (int round = 0; round < 3; ++round) {
    raw_.send({{"eth0"}, {kOne, kTwo}, SecureOn::parse(kSecret)});
    settle();
  }
  EXPECT_THAT(raw_.problem({"eth0"}), HasSubstr("systemctl enable --now ecokube-raw-wake.socket"));
  EXPECT_EQ(log_.count("magic packets go by UDP alone"), 1U) << log_.text();
  EXPECT_EQ(log_.count("0a:1b"), 0U);
  helper_.emplace(io_, dir_ / "raw.sock", [](const std::string&) { return "sent=yes"; });
  raw_.send({{"eth0"}, {kOne}, std::nullopt});
  ASSERT_TRUE(asked(1));
  settle();
  EXPECT_EQ(raw_.problem({"eth0"}), "") << "it was installed since";
}

TEST_F(RawWakingTest, WithoutASocketNothingIsSentAndNothingSaid) {
  RawWaking none(io_.get_executor(), {});
  none.send({{"eth0"}, {kOne}, std::nullopt});
  settle();
  EXPECT_EQ(none.problem({"eth0"}), "");
  EXPECT_EQ(log_.text(), "");
}

TEST_F(RawWakingTest, AFloodIsBounded) {
  helper_.emplace(io_, dir_ / "raw.sock", [](const std::string&) { return "sent=yes"; });
  raw_.send({{"eth0"}, std::vector(100'000, kOne), std::nullopt});
  ASSERT_TRUE(asked(256));
  settle();
  EXPECT_EQ(helper_->asked().size(), 256U);
}

}  // namespace
}  // namespace ecokube
