// Goal: from a token to a connected node, with the real command and the real agent.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/contract/enrolment/enrolment_lab.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

class Enroll : public EnrolmentLab {
 protected:
  static unsigned mode_of(const fs::path& file) {
    struct stat status{};
    ::stat(file.c_str(), &status);
    return status.st_mode & 07777U;
  }
};

TEST_F(Enroll, TheWholeJourneyFromATokenToAConnectedNode) {
  const auto made = token("worker1");
  const auto done = enroll({"--token", made.token, "--ca-hash", ca_hash});
  ASSERT_EQ(done.exit_code, 0) << done.output;
  EXPECT_THAT(done.output, HasSubstr("worker1 is enrolled at " + coordinator_address()));
  EXPECT_THAT(done.output, HasSubstr("systemctl restart ecokube-agent"));
  EXPECT_EQ(mode_of(in("node", "agent.key")), 0600U);
  EXPECT_EQ(read_text(in("node", "ca.crt")), read_text(own.ca));
  EXPECT_FALSE(fs::exists(in("node", "agent.key.new")));
  ASSERT_EQ(certificates.asked.size(), 1U);
  EXPECT_THAT(certificates.asked[0].signing_request, Not(HasSubstr("PRIVATE")));

  const TempDir machine;
  const auto node = agent("worker1", machine);
  node->start();
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() >= 2; })) << node->log();
  EXPECT_EQ(connections_of("worker1"), 1U);
  EXPECT_EQ(node->terminate(), 0);
  const auto secret = made.token.substr(made.token.find('.') + 1);
  for (const auto& text : {take_log(), node->log(), done.output}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
}

TEST_F(Enroll, TheTokenNeedNotBeOnTheCommandLine) {
  const auto made = token();
  const auto file = dir.write("token", made.token + "\n");
  const auto done = enroll({"--token-file", file.string(), "--ca-hash", ca_hash});
  EXPECT_EQ(done.exit_code, 0) << done.output;
}

TEST_F(Enroll, ReplacesNothingUnlessForced) {
  ASSERT_EQ(enroll_as("worker1").exit_code, 0);
  const auto key = read_text(in("node", "agent.key"));
  const auto mine = token("worker1");
  const auto again = enroll({"--token", mine.token, "--ca-hash", ca_hash});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.output, HasSubstr("exists already"));
  EXPECT_THAT(again.output, HasSubstr("--force"));
  EXPECT_EQ(read_text(in("node", "agent.key")), key);
  EXPECT_EQ(certificates.asked.size(), 1U) << "the token is not wasted";
  const auto forced = enroll({"--token", mine.token, "--ca-hash", ca_hash, "--force"});
  EXPECT_EQ(forced.exit_code, 0) << forced.output;
  EXPECT_NE(read_text(in("node", "agent.key")), key);
}

TEST_F(Enroll, WrongUseIsOneClearSentence) {
  const auto wrong_hash = enroll({"--token", "a.b", "--ca-hash", "sha256:12"});
  EXPECT_EQ(wrong_hash.exit_code, 2);
  EXPECT_THAT(wrong_hash.output, HasSubstr("sha256: and 64 digits"));
  const auto no_token = enroll({"--ca-hash", ca_hash});
  EXPECT_EQ(no_token.exit_code, 2);
  EXPECT_THAT(no_token.output, HasSubstr("ECOKUBE_TOKEN"));
  const auto no_name = enroll({"--token", "a.b", "--ca-hash", ca_hash, "--node-name", "Worker_1"});
  EXPECT_EQ(no_name.exit_code, 2);
  EXPECT_THAT(no_name.output, HasSubstr("is no node's name"));
}

}  // namespace
}  // namespace ecokube::test
