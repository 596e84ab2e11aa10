// Goal: the agent's side of a connection takes each message only when it may come, and beats on
// time. Method: the state machine alone, with a clock of the test's own.
#include "node-agent/link/session.h"

#include <gtest/gtest.h>

#include <random>

#include "node-agent/link/client.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::chrono::nanoseconds kStart = std::chrono::hours(3);

std::string welcome(std::uint32_t interval_ms = 5000, const std::string& id = "main") {
  v1::ToAgent message;
  message.mutable_welcome()->set_coordinator_id(id);
  message.mutable_welcome()->set_heartbeat_interval_ms(interval_ms);
  return message.SerializeAsString();
}
std::string shutdown() {
  v1::ToAgent message;
  message.mutable_shutdown()->set_command_id("a");
  return message.SerializeAsString();
}
std::string goodbye_ack() {
  v1::ToAgent message;
  message.mutable_goodbye_ack();
  return message.SerializeAsString();
}

TEST(LinkSession, OpensWithTheWelcomeAndBeatsAtOnce) {
  LinkSession session(kStart);
  EXPECT_FALSE(session.is_open());
  EXPECT_FALSE(session.heartbeat_due(kStart + seconds(60)));
  ASSERT_TRUE(session.receive(welcome(), kStart + seconds(1)));
  EXPECT_TRUE(session.is_open());
  EXPECT_EQ(session.coordinator_id(), "main");
  EXPECT_TRUE(session.heartbeat_due(kStart + seconds(1)));
}

TEST(LinkSession, BeatsWithinATenthOfTheInterval) {
  std::mt19937_64 random(3);
  LinkSession session(kStart);
  ASSERT_TRUE(session.receive(welcome(5000), kStart));
  auto now = kStart;
  auto least = milliseconds::max(), most = milliseconds::min();
  for (int i = 0; i < 1000; ++i) {
    session.heartbeat_sent(now, random());
    EXPECT_FALSE(session.heartbeat_due(now));
    const auto wait = std::chrono::duration_cast<milliseconds>(session.look_at() - now);
    least = std::min(least, wait);
    most = std::max(most, wait);
    now = session.look_at();
    EXPECT_TRUE(session.heartbeat_due(now));
  }
  EXPECT_GE(least, milliseconds(4500));
  EXPECT_LE(most, milliseconds(5500));
  EXPECT_GT(most - least, milliseconds(500)) << "agents must not beat in step";
}

TEST(LinkSession, BeatsAtOnceWhenALeaderSaysWhoItIs) {
  v1::ToAgent leading;
  leading.mutable_leading()->set_fence(5);
  LinkSession session(kStart);
  ASSERT_TRUE(session.receive(welcome(), kStart));
  session.heartbeat_sent(kStart, 0);
  ASSERT_FALSE(session.heartbeat_due(kStart + seconds(1)));
  ASSERT_TRUE(session.receive(leading.SerializeAsString(), kStart + seconds(1)));
  EXPECT_TRUE(session.heartbeat_due(kStart + seconds(1)));
}

TEST(LinkSession, AHeartbeatGoesWithTheLookThatIsNearestToItsTime) {
  LinkSession session(kStart, seconds(1));
  EXPECT_EQ(session.look_at(), kStart + seconds(10)) << "a Welcome has its time";
  ASSERT_TRUE(session.receive(welcome(5000), kStart));
  session.heartbeat_sent(kStart, 500);
  EXPECT_EQ(session.look_at(), std::chrono::nanoseconds::max());
  EXPECT_FALSE(session.heartbeat_due(kStart + milliseconds(4499)));
  EXPECT_TRUE(session.heartbeat_due(kStart + milliseconds(4500)));
}

TEST(LinkSession, AHeartbeatDoesNotWaitForCompanyThatComesSeldom) {
  LinkSession session(kStart, milliseconds(1001));
  ASSERT_TRUE(session.receive(welcome(5000), kStart));
  session.heartbeat_sent(kStart, 500);
  EXPECT_EQ(session.look_at(), kStart + seconds(5));
  EXPECT_FALSE(session.heartbeat_due(kStart + milliseconds(4999)));
}

// Else a cluster is heard less often than it is told to.
TEST(LinkSession, CompanyDoesNotStretchTheMeanInterval) {
  std::mt19937_64 random(7);
  LinkSession session(kStart, seconds(1));
  ASSERT_TRUE(session.receive(welcome(5000), kStart));
  constexpr int kLooks = 5000;
  int sent = 0;
  for (int i = 0; i < kLooks; ++i) {
    const auto now = kStart + seconds(i);
    if (!session.heartbeat_due(now)) continue;
    session.heartbeat_sent(now, random());
    ++sent;
  }
  EXPECT_NEAR(sent, kLooks / 5, 20);
}

TEST(LinkSession, GivesUpOnAPeerWithoutAWelcome) {
  LinkSession session(kStart);
  EXPECT_FALSE(session.welcome_overdue(kStart + seconds(9)));
  EXPECT_TRUE(session.welcome_overdue(kStart + seconds(10)));
  ASSERT_TRUE(session.receive(welcome(), kStart + seconds(9)));
  EXPECT_FALSE(session.welcome_overdue(kStart + seconds(60)));
}

TEST(LinkSession, RefusesWhatMayNotComeNow) {
  const auto refused = [](LinkSession& session, const std::string& body) {
    const auto message = session.receive(body, kStart);
    return !message && message.error().code == Errc::protocol;
  };
  LinkSession fresh(kStart);
  EXPECT_TRUE(refused(fresh, shutdown())) << "a command before the Welcome";
  EXPECT_TRUE(refused(fresh, goodbye_ack()));
  EXPECT_TRUE(refused(fresh, "\xff\xff\xff"));
  EXPECT_TRUE(refused(fresh, welcome(0)));
  EXPECT_TRUE(refused(fresh, welcome(4'000'000'000)));
  EXPECT_TRUE(refused(fresh, welcome(5000, "no name\n")));
  EXPECT_FALSE(fresh.is_open());
  ASSERT_TRUE(fresh.receive(welcome(), kStart));
  EXPECT_TRUE(refused(fresh, welcome())) << "a second Welcome";
  EXPECT_TRUE(refused(fresh, goodbye_ack())) << "of a goodbye never said";
  EXPECT_TRUE(fresh.receive(shutdown(), kStart));
}

TEST(LinkSession, LeavesOnce) {
  LinkSession session(kStart);
  ASSERT_TRUE(session.receive(welcome(), kStart));
  session.goodbye_sent();
  EXPECT_FALSE(session.is_open());
  EXPECT_FALSE(session.heartbeat_due(kStart + seconds(60)));
  EXPECT_FALSE(session.goodbye_acknowledged());
  ASSERT_TRUE(session.receive(goodbye_ack(), kStart));
  EXPECT_TRUE(session.goodbye_acknowledged());
}

}  // namespace
}  // namespace ecokube::agent
