// Goal: a revoked certificate never connects again, and a new one of the same name does.
#include "coordinator/enrolment/node_register.h"

#include <gmock/gmock.h>

#include "tests/unit/enrolment/requests.h"

namespace ecokube::enrolment {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using test::kNow;
using testing::HasSubstr;

CertificateRecord certificate(std::string serial, TimePoint issued_at = kNow) {
  return {std::move(serial), issued_at, issued_at + hours(24 * 90), false};
}
ShownCertificate shown(std::string serial, TimePoint not_before = kNow) {
  return {"worker1", std::move(serial), not_before, not_before + hours(24 * 90)};
}

TEST(NodeRegister, RevokesEveryCertificateThatThereIs) {
  NodeRegister nodes;
  nodes.put(nodes.with("worker1", certificate("aa")));
  nodes.put(nodes.with("worker1", certificate("bb")));
  EXPECT_TRUE(nodes.may_connect(shown("aa")));
  nodes.put(nodes.revoked("worker1", {kNow + hours(1), "ann", "stolen"}));
  for (const auto* serial : {"aa", "bb"}) {
    const auto refused = nodes.may_connect(shown(serial));
    ASSERT_FALSE(refused) << serial;
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    EXPECT_THAT(refused.error().message, HasSubstr("revoked by ann (stolen)"));
    EXPECT_THAT(refused.error().message, HasSubstr("ecoctl token create --node worker1"));
  }
  EXPECT_FALSE(nodes.may_connect(shown("made by hand", kNow))) << "by its date";
  EXPECT_TRUE(nodes.may_connect(shown("made by hand", kNow + hours(2))));
}

/// Goal: a new certificate is back-dated a little and yet no older one.
TEST(NodeRegister, LetsTheOneInThatWasIssuedAfterwards) {
  NodeRegister nodes;
  nodes.put(nodes.with("worker1", certificate("aa")));
  nodes.put(nodes.revoked("worker1", {kNow + hours(1), "ann", ""}));
  EXPECT_FALSE(nodes.is_taken("worker1", kNow + hours(1)));
  nodes.put(nodes.with("worker1", certificate("cc", kNow + hours(1))));
  EXPECT_TRUE(nodes.may_connect(shown("cc", kNow + hours(1) - minutes(5))));
  EXPECT_FALSE(nodes.may_connect(shown("aa")));
  EXPECT_TRUE(nodes.is_taken("worker1", kNow + hours(1)));
}

TEST(NodeRegister, ANameIsFreeWhenItsCertificatesAreOver) {
  NodeRegister nodes;
  EXPECT_FALSE(nodes.is_taken("worker1", kNow));
  nodes.put(nodes.with("worker1", certificate("aa")));
  EXPECT_TRUE(nodes.is_taken("worker1", kNow));
  EXPECT_FALSE(nodes.is_taken("worker1", kNow + hours(24 * 90)));
}

/// Goal: what was dropped from the list for room is still revoked, by its date.
TEST(NodeRegister, IsBoundedAndForgetsNoRevocation) {
  NodeRegister nodes;
  for (int i = 0; i < 50; ++i) {
    nodes.put(nodes.with("worker1", certificate("s" + std::to_string(i))));
  }
  EXPECT_EQ(nodes.find("worker1")->certificates.size(), NodeRegister::kCertificatesMax);
  nodes.put(nodes.revoked("worker1", {kNow + hours(1), "ann", ""}));
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(nodes.may_connect(shown("s" + std::to_string(i)))) << i;
  }
}

}  // namespace
}  // namespace ecokube::enrolment
