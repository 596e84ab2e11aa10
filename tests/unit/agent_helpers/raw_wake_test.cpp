// Goal: ecokube-raw-wake lets nothing but a magic packet out, of an Ethernet interface that is up,
// for nobody but root and the agent, and repeats no password. Method: the real program, and a
// packet socket at the other end of a veth in a network namespace of the test's own.
#include "node-agent/helpers/raw_wake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/magic_packet.h"
#include "node-agent/helpers/one_question.h"
#include "tests/support/frame_ear.h"
#include "tests/support/own_network.h"
#include "tests/unit/agent_helpers/helper_process.h"

namespace ecokube::agent {
namespace {

using test::HelperProcess;
using testing::HasSubstr;
using testing::Not;

const MacAddress kMac({2, 0, 0, 0, 0, 0x2a});
constexpr const char* kMacText = "02:00:00:00:00:2a";
constexpr const char* kSecret = "0a:1b:2c:3d:4e:5f";

std::string raw_wake_said_to(const std::string& line) {
  HelperProcess helper(ECOKUBE_RAW_WAKE);
  helper.write(line + "\n");
  auto answer = helper.read();
  EXPECT_EQ(helper.end(), 0) << line;
  return answer;
}

/// All bytes of it but those of the sender's address, which the kernel chose.
void expect_magic_frame(const std::string& frame, const std::optional<SecureOn>& secure_on) {
  const auto packet = magic_packet(kMac, secure_on);
  const std::string payload(packet.begin(), packet.end());
  ASSERT_EQ(frame.size(), 14 + payload.size());
  EXPECT_EQ(frame.substr(0, 6), std::string(6, '\xff'));
  EXPECT_EQ(frame.substr(12, 2), "\x08\x42");
  EXPECT_EQ(frame.substr(14), payload);
}

TEST(RawWakeQuestion, IsReadAsItIsWritten) {
  for (const auto* password : {"", kSecret, "1.2.3.4"}) {
    const RawWakeQuestion question{"enp3s0.10", kMac, SecureOn::parse(password)};
    const auto line = to_line(question);
    const auto read = parse_raw_wake_question(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(*read, question) << line;
    EXPECT_LT(line.size(), kQuestionMax);
  }
  const RawWakeQuestion longest{std::string(15, 'x'), kMac, SecureOn::parse(kSecret)};
  EXPECT_LT(to_line(longest).size(), kQuestionMax);
}

TEST(RawWakeQuestion, AnythingElseIsRefusedWithoutRepeatingIt) {
  for (const std::string line :
       {"", "wake", "wake v0", "wake v0 ", "wake v0 secret", "wake  v0 02:00:00:00:00:2a",
        "arm v0 02:00:00:00:00:2a", "wake ../v0 02:00:00:00:00:2a", "wake -v0 02:00:00:00:00:2a",
        "wake a-name-that-is-too-long 02:00:00:00:00:2a", "wake v0 02:00:00:00:00:2a ",
        "wake v0 02:00:00:00:00:2a secret", "wake v0 02:00:00:00:00:2a  1.2.3.4",
        "wake v0 02:00:00:00:00:2a 1.2.3.4 1.2.3.4", "wake v0 02:00:00:00:00:2a 0a:1b:2c:3d:4e",
        "WAKE v0 02:00:00:00:00:2a"}) {
    const auto read = parse_raw_wake_question(line);
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().code, Errc::invalid);
    EXPECT_THAT(read.error().message, Not(HasSubstr("secret")));
  }
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string line = "wake v0 02:00:00:00:00:2a 1.2.3.4";
    line[random() % line.size()] = static_cast<char>(random());
    const auto read = parse_raw_wake_question(line);
    EXPECT_TRUE(!read || to_line(*read).size() == line.size()) << line;
  }
}

TEST(RawWakeAnswer, IsReadAsItIsWritten) {
  const auto read = [](std::string line) {
    line.pop_back();
    return parse_raw_wake_answer(line);
  };
  EXPECT_TRUE(read(raw_wake_answer({})));
  const auto why = read(raw_wake_answer(fail(Errc::unreachable, "v0 is down")));
  ASSERT_FALSE(why);
  EXPECT_EQ(why.error().message, "v0 is down");
  for (const auto* wrong : {"", "sent", "sent=no", "problem=", "sent=yes problem=x", "sent=yes "}) {
    ASSERT_FALSE(parse_raw_wake_answer(wrong)) << wrong;
    EXPECT_EQ(parse_raw_wake_answer(wrong).error().code, Errc::protocol) << wrong;
  }
}

TEST(RawWake, SendsOneFrameToAllOfTheSegment) {
  test::with_cables({{"v0"}}, [] {
    test::FrameEar far("v0far");
    ASSERT_TRUE(far.hears);
    EXPECT_EQ(raw_wake_said_to("wake v0 02:00:00:00:00:2a"), "sent=yes\n");
    expect_magic_frame(far.hear(), std::nullopt);
    EXPECT_EQ(far.hear(), "") << "one and no more";
    for (const auto* password : {kSecret, "1.2.3.4"}) {
      const auto line = to_line(RawWakeQuestion{"v0", kMac, SecureOn::parse(password)});
      EXPECT_EQ(raw_wake_said_to(line), "sent=yes\n");
      expect_magic_frame(far.hear(), SecureOn::parse(password));
    }
    EXPECT_EQ(far.hear(), "");
  });
}

TEST(RawWake, SaysWhyNothingWasSent) {
  test::with_cables({{"v0"}}, [] {
    test::FrameEar far("v0far");
    const std::string mac = kMacText;
    EXPECT_EQ(raw_wake_said_to("wake lo " + mac), "problem=lo is no Ethernet interface\n");
    EXPECT_EQ(raw_wake_said_to("wake v9 " + mac), "problem=there is no interface v9\n");
    const auto wrong = raw_wake_said_to("wake v0 " + mac + " " + kSecret + ":00");
    EXPECT_EQ(wrong, "problem=a SecureOn password is six bytes or four\n");
    EXPECT_EQ(far.hear(), "");
    ASSERT_EQ(std::system("ip link set v0 down"), 0);
    EXPECT_EQ(raw_wake_said_to("wake v0 " + mac), "problem=v0 is down\n");
  });
}

TEST(RawWake, SendsNothingForAnotherUser) {
  test::with_cables({{"v0"}}, [] {
    test::FrameEar far("v0far");
    constexpr uid_t kNobody = 65534;
    HelperProcess helper(ECOKUBE_RAW_WAKE, kNobody);
    helper.write("wake v0 02:00:00:00:00:2a\n");
    EXPECT_EQ(helper.read(), "problem=user 65534 may not ask; only root and ecokube-agent may\n");
    EXPECT_EQ(helper.end(), 1);
    EXPECT_EQ(far.hear(), "");
  });
}

}  // namespace
}  // namespace ecokube::agent
