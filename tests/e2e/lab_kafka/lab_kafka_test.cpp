#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/real_kafka.h"

namespace ecokube {
namespace {

using testing::HasSubstr;

// Goal: asked to end, it lets the broker shut down by itself, and goes on with the data later.
TEST(LabKafka, ShutsTheBrokerDown) {
  test::RealKafka kafka("127.0.42.1");
  EXPECT_EQ(kafka.end(SIGTERM), 0);
  EXPECT_FALSE(kafka.broker_lives());
  EXPECT_THAT(kafka.log(), HasSubstr("Kafka ended status=143"));
  kafka.start();
}

// Goal: a broker that does not shut down is killed; nothing waits for it without an end.
TEST(LabKafka, KillsABrokerThatDoesNotShutDown) {
  test::RealKafka kafka("127.0.42.2");
  kafka.signal_broker(SIGSTOP);
  EXPECT_EQ(kafka.end(SIGTERM), 0);
  EXPECT_FALSE(kafka.broker_lives());
  EXPECT_THAT(kafka.log(), HasSubstr("Kafka ended status=137"));
}

// Goal: a broker that dies is told.
TEST(LabKafka, FailsWhenTheBrokerDies) {
  test::RealKafka kafka("127.0.42.3");
  kafka.signal_broker(SIGKILL);
  EXPECT_EQ(kafka.exit_status(), 1);
  EXPECT_THAT(kafka.log(), HasSubstr("Kafka ended with status 137; its words are in "));
}

// Goal: killed, it leaves no broker behind.
TEST(LabKafka, KilledItTakesTheBrokerAlong) {
  test::RealKafka kafka("127.0.42.4");
  EXPECT_TRUE(kafka.broker_lives());
  kafka.kill();
  EXPECT_FALSE(kafka.broker_lives());
}

}  // namespace
}  // namespace ecokube
