#include "lab/real/kafka/kafka_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "tests/support/temp_dir.h"

namespace ecokube::lab {
namespace {

using testing::HasSubstr;

class KafkaBrokerTest : public testing::Test {
 protected:
  KafkaBrokerTest() {
    options_.jars = dir_.path();
    options_.folder = dir_ / "kafka";
  }

  boost::asio::io_context io_{1};
  test::TempDir dir_;
  KafkaBrokerOptions options_;
};

TEST_F(KafkaBrokerTest, ListensOnLoopbackOnly) {
  for (const char* address : {"0.0.0.0", "10.0.0.1", "localhost", ""}) {
    options_.address = address;
    const auto refused = make_kafka_broker(io_.get_executor(), options_);
    ASSERT_FALSE(refused) << address;
    EXPECT_EQ(refused.error().code, Errc::config);
    EXPECT_THAT(refused.error().message, HasSubstr("expected a loopback IPv4 address"));
  }
}

TEST_F(KafkaBrokerTest, SaysWhoFetchesTheJars) {
  options_.jars = dir_ / "nothing";
  const auto refused = make_kafka_broker(io_.get_executor(), options_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::config);
  EXPECT_THAT(refused.error().message, HasSubstr("./dev setup --real fetches them"));
}

}  // namespace
}  // namespace ecokube::lab
