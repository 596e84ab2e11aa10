// Goal: nobody gets a certificate who should not, and the node gives its token to nobody but the
// coordinator that was meant.
#include <gmock/gmock.h>

#include "common/boot_clock.h"
#include "common/frame.h"
#include "tests/contract/enrolment/enrolment_lab.h"
#include "tests/contract/enrolment/impostor.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

class EnrollRefused : public EnrolmentLab {
 protected:
  void expect_nothing_written() { EXPECT_FALSE(fs::exists(dir / "node")); }
  void expect_refused(const std::string& with, const std::string& why,
                      const NodeName& node = "worker1") {
    const auto outcome =
        enroll({"--token", with, "--ca-hash", ca_hash, "--node-name", node}, "node");
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("the coordinator refuses: "));
    EXPECT_THAT(outcome.output, HasSubstr(why));
    expect_nothing_written();
  }
  /// The command, sent to somebody else.
  void expect_sends_nothing_to(Impostor& impostor, const std::string& hash,
                               const std::string& why) {
    const auto made = token();
    answers_at = impostor.address();
    const auto outcome = enroll({"--token", made.token, "--ca-hash", hash});
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(why));
    EXPECT_EQ(impostor.heard(), "");
    expect_nothing_written();
  }
  RawClient::Options newcomer() const {
    RawClient::Options options;
    options.ca = own.ca;
    options.protocol = "ecokube-enroll/1";
    return options;
  }
};

TEST_F(EnrollRefused, AnotherCoordinatorsCa) {
  const auto made = token();
  const auto wrong = "sha256:" + std::string(64, '0');
  const auto outcome = enroll({"--token", made.token, "--ca-hash", wrong});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("is not the coordinator that --ca-hash means"));
  EXPECT_THAT(outcome.output, HasSubstr(ca_hash)) << "what it is instead";
  EXPECT_TRUE(certificates.asked.empty());
  expect_nothing_written();
}

TEST_F(EnrollRefused, AManInTheMiddle) {
  const auto other = make_ca("other-ca");
  const TlsFiles theirs{{}, dir / "theirs.crt", dir / "theirs.key"};
  must(enrolment::make_coordinator_certificate(other, theirs, "main", RealClock().now(), false));
  const auto leaf = read_text(theirs.certificate);
  {
    Impostor plain(theirs.certificate, theirs.key);
    expect_sends_nothing_to(plain, ca_hash, "is not the coordinator that --ca-hash means");
  }
  // The CA's certificate is no secret: shown beside another's it proves nothing.
  const auto borrowed = dir.write("borrowed.crt", leaf + read_text(ca.certificate));
  Impostor with_our_ca(borrowed, theirs.key);
  expect_sends_nothing_to(with_our_ca, ca_hash, "is not the coordinator that --ca-hash means");
}

/// Goal: a node of the same CA cannot play the coordinator for others.
TEST_F(EnrollRefused, ANodeInTheCoordinatorsPlace) {
  ASSERT_EQ(enroll_as("worker7", "seven").exit_code, 0);
  const auto chain =
      dir.write("chain.crt", read_text(in("seven", "agent.crt")) + read_text(ca.certificate));
  Impostor node(chain, in("seven", "agent.key"));
  expect_sends_nothing_to(node, ca_hash, "is not the coordinator that --ca-hash means");
  // One that somebody made by hand, good for both ends of TLS.
  const auto& made = Certificates::get();
  const auto by_hand = dir.write(
      "by-hand.crt", read_text(made.worker1.certificate) + read_text(made.ca.certificate));
  const auto hash =
      public_key_hash(must(parse_certificates(read_text(made.ca.certificate))).front().get());
  Impostor other(by_hand, made.worker1.key);
  expect_sends_nothing_to(other, hash, "is a node's, not a coordinator's");
}

TEST_F(EnrollRefused, TokensThatAreNoGood) {
  const auto once = token();
  ASSERT_EQ(enroll({"--token", once.token, "--ca-hash", ca_hash, "--node-name", "worker7"}, "seven")
                .exit_code,
            0);
  expect_refused(once.token, "used already, by worker7");
  expect_refused(token("worker2").token, "another node than worker1");
  const auto late = token();
  clock_shift = 2h;
  expect_refused(late.token, "expired");
  clock_shift = 0h;
  expect_refused(token().token, "worker7 is enrolled already", "worker7");
}

TEST_F(EnrollRefused, GuessingIsHeldBack) {
  for (int i = 0; i < enrolment::AttemptLimit::kFailuresMax; ++i) {
    expect_refused("00000000.0000000000000000000000000000000" + std::to_string(i), "not known");
  }
  expect_refused(token().token, "too many enrolments failed lately");
}

/// Goal: what a peer without a certificate may say is one small Enroll and nothing else.
TEST_F(EnrollRefused, NewcomersWithBadManners) {
  v1::FromAgent hello;
  hello.mutable_hello()->set_boot_id("boot-1");
  v1::Enroll huge;
  huge.set_token(std::string(1000, 'a'));
  const std::string announced("\x00\x00\x80\x00", 4);  // 32 KiB
  const std::vector<std::string> sayings = {
      must(encode_frame(hello.SerializeAsString())), must(encode_frame(huge.SerializeAsString())),
      announced, std::string(4, '\0'), must(encode_frame(std::string("\xff\xff\xff")))};
  for (const auto& saying : sayings) {
    meanwhile([&] {
      RawClient peer(port, newcomer());
      ASSERT_TRUE(peer.connected());
      peer.write(saying);
      EXPECT_TRUE(peer.closed_by_server());
    });
  }
  EXPECT_TRUE(seen<core::AgentConnected>().empty());
  EXPECT_TRUE(store.kept.nodes.empty());
}

TEST_F(EnrollRefused, OneAnswerAndTheEnd) {
  const auto made = token();
  const auto key = must(make_key());
  v1::Enroll asked;
  asked.set_token(made.token);
  asked.set_node_name("worker1");
  asked.set_signing_request(must(make_signing_request(key.get())));
  meanwhile([&] {
    RawClient peer(port, newcomer());
    ASSERT_TRUE(peer.connected());
    const auto frame = must(encode_frame(asked.SerializeAsString()));
    peer.write(frame + frame);
    v1::Issued first;
    ASSERT_TRUE(first.ParseFromString(peer.receive_body().value_or("")));
    EXPECT_EQ(first.error(), "");
    EXPECT_FALSE(peer.receive_body());
  });
  EXPECT_EQ(certificates.asked.size(), 1U);
}

TEST_F(EnrollRefused, NoCertificateIsForNewcomersOnly) {
  meanwhile([&] {
    auto options = newcomer();
    options.protocol = "ecokube-agent/1";
    RawClient peer(port, options);
    EXPECT_TRUE(!peer.connected() || peer.closed_by_server());
  });
  open(nullptr);
  meanwhile([&] {
    RawClient peer(port, newcomer());
    EXPECT_FALSE(peer.connected()) << "without a CA nobody enrols";
  });
}

}  // namespace
}  // namespace ecokube::test
