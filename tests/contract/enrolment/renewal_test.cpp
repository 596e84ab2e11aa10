// Goal: certificates are renewed and revoked under a running agent, and CAs change under all of
// them without anyone staying outside.
#include <gmock/gmock.h>

#include "common/boot_clock.h"
#include "tests/contract/enrolment/enrolment_lab.h"
#include "tests/support/must.h"

namespace ecokube::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;
using testing::HasSubstr;

constexpr hours kDay{24};

class NodeIdentity : public EnrolmentLab {
 protected:
  /// Enrolled by a coordinator of that long ago.
  void enroll_in_the_past(const NodeName& node, Duration ago, const std::string& folder = "node") {
    clock_shift = -ago;
    const auto done = enroll_as(node, folder);
    ASSERT_EQ(done.exit_code, 0) << done.output;
    clock_shift = 0h;
  }
  bool wait_for_connections(const NodeName& node, std::size_t count) {
    return wait_for([&] { return connections_of(node) >= count; });
  }
  std::string serial_in(const std::string& folder) const {
    const auto all = must(parse_certificates(read_text(in(folder, "agent.crt"))));
    return serial_of(all.front().get());
  }
  /// The name of the CA that signed it.
  std::string issuer_hash_in(const std::string& folder,
                             const std::vector<enrolment::AuthorityFiles>& among) const {
    const auto leaf = must(parse_certificates(read_text(in(folder, "agent.crt"))));
    for (const auto& one : among) {
      const auto trusted = must(parse_certificates(read_text(one.certificate)));
      if (verify_certificate(leaf.front().get(), {}, trusted, TlsEnd::client, RealClock().now())) {
        return one.certificate.filename().string();
      }
    }
    return "none";
  }

  TempDir machine, other_machine;
};

TEST_F(NodeIdentity, IsRenewedAtTwoThirdsOfItsLifeAndUsedByTheNextConnection) {
  enroll_in_the_past("worker1", kDay * 61);
  const auto old_serial = serial_in("node");
  const auto old_key = read_text(in("node", "agent.key"));
  const auto node = agent("worker1", machine);
  node->start();
  ASSERT_TRUE(wait_for([&] {
    return node->log().find("certificate renewed") != std::string::npos;
  })) << node->log();
  EXPECT_EQ(connections_of("worker1"), 1U) << "over the running link";
  EXPECT_NE(read_text(in("node", "agent.key")), old_key);
  const auto new_serial = serial_in("node");
  EXPECT_NE(new_serial, old_serial);
  open(&ca);  // ends all connections
  ASSERT_TRUE(wait_for_connections("worker1", 2)) << node->log();
  EXPECT_EQ(certificates.shown_serials.front(), old_serial);
  EXPECT_EQ(certificates.shown_serials.back(), new_serial);
}

TEST_F(NodeIdentity, IsLeftAloneWhileItIsYoung) {
  enroll_in_the_past("worker1", kDay * 59);
  const auto node = agent("worker1", machine);
  node->start();
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() >= 3; })) << node->log();
  EXPECT_EQ(store.kept.nodes.at(0).certificates.size(), 1U);
}

/// Goal: a node that could not be let in again when it wakes is not put to sleep.
TEST_F(NodeIdentity, AFailedRenewalIsAVetoBeforeTheEnd) {
  enroll_in_the_past("worker1", kDay * 80);
  open(nullptr);
  const auto node = agent("worker1", machine);
  node->start();
  ASSERT_TRUE(wait_for([&] {
    const auto beats = seen<core::AgentHeartbeat>();
    return !beats.empty() && !beats.back().vetoes.empty();
  })) << node->log();
  const auto veto = seen<core::AgentHeartbeat>().back().vetoes.front();
  EXPECT_THAT(veto, HasSubstr("certificate ends at"));
  EXPECT_THAT(veto, HasSubstr("signs no certificates"));
  EXPECT_THAT(node->log(), HasSubstr("certificate not renewed"));
}

TEST_F(NodeIdentity, RevokedWhileConnectedItIsCutOffAndToldWhy) {
  enroll_in_the_past("worker1", 1h);
  const auto node = agent("worker1", machine);
  node->start();
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() >= 2; })) << node->log();
  ASSERT_TRUE(run(io, enrolment->revoke("worker1", "ann", "stolen")));
  EXPECT_EQ(seen<core::AgentDisconnected>().size(), 1U) << "at once";
  const auto beats = seen<core::AgentHeartbeat>().size();
  ASSERT_TRUE(wait_for([&] {
    return node->log().find("was revoked by ann (stolen)") != std::string::npos;
  })) << node->log();
  // It tries again, and is told again at the handshake.
  const auto tries = certificates.shown_serials.size();
  ASSERT_TRUE(wait_for([&] { return certificates.shown_serials.size() > tries; }));
  EXPECT_EQ(connections_of("worker1"), 1U);
  EXPECT_EQ(seen<core::AgentHeartbeat>().size(), beats);
  EXPECT_EQ(seen<core::AgentDisconnected>().size(), 1U);

  open(&ca);  // a restart forgets no revocation
  const auto later = certificates.shown_serials.size();
  ASSERT_TRUE(wait_for([&] { return certificates.shown_serials.size() > later; }));
  EXPECT_EQ(connections_of("worker1"), 1U);
  EXPECT_EQ(node->terminate(), 0);

  const auto made = token();
  const auto again = enroll({"--token", made.token, "--ca-hash", ca_hash, "--force"});
  ASSERT_EQ(again.exit_code, 0) << again.output;
  node->start();
  EXPECT_TRUE(wait_for_connections("worker1", 2)) << node->log();
}

/// Goal: the way that docs/security.md tells, step by step, with an old and a new node.
TEST_F(NodeIdentity, TheCaIsReplacedWhileOldAndNewNodesStayConnected) {
  enroll_in_the_past("worker1", 1h, "one");
  const auto old_node = agent("worker1", machine, "one");
  old_node->start();
  ASSERT_TRUE(wait_for_connections("worker1", 1)) << old_node->log();

  // 1. Both CAs are believed, the new one signs, and the coordinator still shows the old one's.
  const auto new_ca = make_ca("new-ca");
  believe({ca, new_ca});
  open(&new_ca);
  ASSERT_TRUE(wait_for_connections("worker1", 2)) << old_node->log();
  ASSERT_TRUE(wait_for([&] { return issuer_hash_in("one", {ca, new_ca}) == "new-ca.crt"; }))
      << old_node->log();
  ASSERT_EQ(enroll_as("worker2", "two").exit_code, 0);
  EXPECT_EQ(issuer_hash_in("two", {ca, new_ca}), "new-ca.crt");
  const auto new_node = agent("worker2", other_machine, "two");
  new_node->start();
  ASSERT_TRUE(wait_for_connections("worker2", 1)) << new_node->log();

  // 2. The coordinator shows the new one's.
  certify_coordinator(new_ca);
  open(&new_ca);
  ASSERT_TRUE(wait_for_connections("worker1", 3)) << old_node->log();
  ASSERT_TRUE(wait_for_connections("worker2", 2)) << new_node->log();

  // 3. The old one is believed no more.
  believe({new_ca});
  open(&new_ca);
  EXPECT_TRUE(wait_for_connections("worker1", 4)) << old_node->log();
  EXPECT_TRUE(wait_for_connections("worker2", 3)) << new_node->log();
}

}  // namespace
}  // namespace ecokube::test
