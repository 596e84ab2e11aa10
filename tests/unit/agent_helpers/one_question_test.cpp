// Goal: a helper answers one bounded question of root or the agent, and nobody else, and never
// waits for long. Method: the real program on a connection.
#include "node-agent/helpers/one_question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent_helpers/helper_process.h"

namespace ecokube::agent {
namespace {

using test::HelperProcess;
using testing::HasSubstr;
using testing::StartsWith;

std::string said_to(const std::string& text, int exit_code) {
  HelperProcess helper(ECOKUBE_NIC_ARM);
  helper.write(text);
  helper.hang_up();
  auto answer = helper.read();
  EXPECT_EQ(helper.end(), exit_code) << text;
  return answer;
}

TEST(OneQuestion, IsAnsweredInOneLine) {
  if (::getuid() != 0) GTEST_SKIP() << "only root and the agent may ask";
  EXPECT_EQ(said_to("status lo\n", 0),
            "problem=lo has no hardware behind it: nothing could wake the machine through it\n");
  EXPECT_EQ(said_to("arm no-such-nic\n", 0), "problem=there is no NIC no-such-nic\n");
  EXPECT_THAT(said_to("arm ../../etc\n", 0), HasSubstr("no name of a network interface"));
}

TEST(OneQuestion, ComesInPiecesTooAndHasBounds) {
  if (::getuid() != 0) GTEST_SKIP() << "only root and the agent may ask";
  HelperProcess helper(ECOKUBE_NIC_ARM);
  for (const auto* piece : {"sta", "tus", " lo", "\n"}) helper.write(piece);
  EXPECT_THAT(helper.read(), StartsWith("problem=lo has"));
  EXPECT_THAT(said_to("status lo", 1), HasSubstr("no end"));
  EXPECT_THAT(said_to("", 1), HasSubstr("no end"));
  EXPECT_THAT(said_to("status lo\nstatus lo\n", 1), HasSubstr("one question only"));
  EXPECT_THAT(said_to(std::string(5000, 'x'), 1), HasSubstr("too long"));
}

TEST(OneQuestion, ThatNeverComesIsNotWaitedFor) {
  if (::getuid() != 0) GTEST_SKIP() << "only root and the agent may ask";
  HelperProcess helper(ECOKUBE_NIC_ARM);
  EXPECT_EQ(helper.read(), "problem=no question came\n");
  EXPECT_EQ(helper.end(), 1);
}

TEST(OneQuestion, OfAnotherUserIsRefused) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  constexpr uid_t kNobody = 65534;
  HelperProcess helper(ECOKUBE_NIC_ARM, kNobody);
  helper.write("arm lo\n");
  EXPECT_EQ(helper.read(), "problem=user 65534 may not ask; only root and ecokube-agent may\n");
  EXPECT_EQ(helper.end(), 1);
}

}  // namespace
}  // namespace ecokube::agent
