#include "coordinator/kafka/kafka_lag.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <variant>
#include <vector>

#include "coordinator/kafka/lag_probe.h"
#include "tests/contract/kafka/test_broker.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

using core::LagLost;
using core::LagSeen;
using std::chrono::milliseconds;

constexpr int kPartitions = 10;

/// A source on a loop, with what it posted.
struct Watched {
  explicit Watched(const std::string& bootstrap, const std::string& topic,
                   const std::string& group = "workers") {
    core::Scaler scaler;
    scaler.name = "video";
    scaler.bootstrap_servers = bootstrap;
    scaler.topic = topic;
    scaler.consumer_group = group;
    scaler.polling_interval = milliseconds(50);
    source = make_kafka_lag(io.get_executor(), scaler);
    source->start([this](core::Fact fact) {
      if (const auto* seen = std::get_if<LagSeen>(&fact)) last_seen = *seen, ++seen_count;
      if (const auto* lost = std::get_if<LagLost>(&fact)) lost_reasons.push_back(lost->why);
    });
  }

  bool sees(std::int64_t lag) {
    return test::run_until(io, [&] { return last_seen && last_seen->lag == lag; });
  }

  boost::asio::io_context io;
  // Else waiting for the worker's posts would spin.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::optional<LagSeen> last_seen;
  int seen_count = 0;
  std::vector<std::string> lost_reasons;
  std::unique_ptr<DemandSource> source;
};

// Goal: the arithmetic of one partition, at its corners.
TEST(PartitionLag, CountsWhatIsNotCommitted) {
  struct Case {
    std::int64_t committed, low, high, lag;
  };
  const std::vector<Case> cases{
      {-1001, 0, 0, 0},  // nothing there
      {-1001, 0, 7, 7},  // never committed
      {-1001, 3, 7, 4},  // never committed, old records gone
      {5, 0, 7, 2},      // some done
      {7, 0, 7, 0},      // all done
      {2, 4, 7, 3},      // committed records are gone by retention
      {90, 0, 7, 7},     // the topic was made anew: the group starts again
      {0, 9, 7, 0},      // watermarks that crossed between two questions
  };
  for (const auto& c : cases) {
    EXPECT_EQ(partition_lag(c.committed, c.low, c.high), c.lag)
        << c.committed << " " << c.low << " " << c.high;
  }
}

// Goal: 0 of an empty topic with its partitions, and N as soon as N records are there.
TEST(KafkaLag, CountsRecordsOfAGroupThatNeverCommitted) {
  const auto broker = test::make_test_broker();
  const auto topic = broker->create_topic(kPartitions);
  Watched watched(broker->bootstrap(), topic, test::TestBroker::new_name());
  ASSERT_TRUE(watched.sees(0));
  EXPECT_EQ(watched.last_seen->partitions, kPartitions);
  EXPECT_EQ(watched.last_seen->scaler, "video");

  broker->produce(topic, 25, kPartitions);
  EXPECT_TRUE(watched.sees(25));
  EXPECT_TRUE(watched.lost_reasons.empty());
}

// Goal: a record that was read but not committed is a job in flight and counts; a commit takes it
// off.
TEST(KafkaLag, RecordsInFlightCountUntilCommitted) {
  const auto broker = test::make_test_broker();
  const auto topic = broker->create_topic(2);
  const auto group = test::TestBroker::new_name();
  broker->produce(topic, 20, 2);
  Watched watched(broker->bootstrap(), topic, group);
  ASSERT_TRUE(watched.sees(20));

  broker->consume(topic, group, 0, 10, 0);
  const int before = watched.seen_count;
  ASSERT_TRUE(test::run_until(watched.io, [&] { return watched.seen_count >= before + 3; }));
  EXPECT_EQ(watched.last_seen->lag, 20);

  broker->consume(topic, group, 0, 10, 4);
  EXPECT_TRUE(watched.sees(16));
  broker->consume(topic, group, 1, 10, 10);
  EXPECT_TRUE(watched.sees(6));
}

// Goal: a missing topic is said once, with its name and what to do.
TEST(KafkaLag, AMissingTopicIsLostOnce) {
  const auto broker = test::make_test_broker();
  const auto topic = test::TestBroker::new_name();
  broker->refuse_topic(topic);
  Watched watched(broker->bootstrap(), topic);
  ASSERT_TRUE(test::run_until(watched.io, [&] { return !watched.lost_reasons.empty(); }));
  EXPECT_NE(watched.lost_reasons[0].find("topic " + topic + " does not exist"), std::string::npos)
      << watched.lost_reasons[0];
  const auto until = std::chrono::steady_clock::now() + milliseconds(700);
  test::run_until(watched.io, [&] { return std::chrono::steady_clock::now() >= until; });
  EXPECT_EQ(watched.lost_reasons.size(), 1U);
  EXPECT_EQ(watched.seen_count, 0);
}

// Goal: a broker that goes is LagLost once, and the source recovers by itself when it returns.
TEST(KafkaLag, ABrokerThatGoesAndReturns) {
  const auto broker = test::make_test_broker();
  const auto topic = broker->create_topic(kPartitions);
  broker->produce(topic, 3, kPartitions);
  Watched watched(broker->bootstrap(), topic);
  ASSERT_TRUE(watched.sees(3));

  broker->go_away();
  ASSERT_TRUE(test::run_until(watched.io, [&] { return !watched.lost_reasons.empty(); }));
  EXPECT_NE(watched.lost_reasons[0].find(broker->bootstrap()), std::string::npos)
      << watched.lost_reasons[0];

  broker->come_back();
  const int before = watched.seen_count;
  ASSERT_TRUE(test::run_until(watched.io, [&] { return watched.seen_count > before; }));
  EXPECT_EQ(watched.last_seen->lag, 3);
  EXPECT_EQ(watched.lost_reasons.size(), 1U);
}

// Goal: with a broker that was never there, stop() still returns soon and nothing is posted after.
TEST(KafkaLag, StopsInBoundedTimeWithoutABroker) {
  Watched watched("127.0.0.1:1", "video-processing");
  ASSERT_TRUE(test::run_until(watched.io, [&] { return !watched.lost_reasons.empty(); }));
  const auto started = std::chrono::steady_clock::now();
  watched.source->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
  const auto posted = watched.lost_reasons.size();
  watched.io.restart();
  watched.io.poll();
  EXPECT_EQ(watched.lost_reasons.size(), posted);
}

}  // namespace
}  // namespace ecokube
