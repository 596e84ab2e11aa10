// Goal: what a BMC does and says reaches us as it is, its failures by their names, and it is never
// hurried, whatever it is asked by. Method: a real ipmi_sim and the real ipmitool, a
// Redfish service made from its specification, and a program as a user may write it; the machine
// behind each is a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <vector>

#include "coordinator/power/bmcs.h"
#include "tests/contract/bmc/test_bmc.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

Result<void> allowed() { return {}; }

class BmcTest : public testing::TestWithParam<test::Way> {
 protected:
  std::shared_ptr<BmcLane::Shared> shared() {
    return std::make_shared<BmcLane::Shared>(io.get_executor(), manners, 1);
  }
  BmcLane lane() { return lane(bmc->access()); }
  BmcLane lane(const BmcAccess& access) {
    return {io.get_executor(), make_controller(io.get_executor(), access), shared()};
  }
  Result<void> order(BmcLane& lane, BmcVerb verb) {
    return test::run(io, lane.order(verb, std::nullopt, allowed));
  }
  Error failure(const BmcAccess& access) {
    auto asked = lane(access);
    const auto answer = test::run(io, asked.read_power());
    EXPECT_FALSE(answer);
    return answer ? Error{} : answer.error();
  }

  boost::asio::io_context io{1};
  std::unique_ptr<test::TestBmc> bmc = test::make_test_bmc(io, GetParam());
  BmcManners manners{.call_limit = milliseconds(5000), .order_spacing = milliseconds(0)};
};

const auto kWays = testing::Values(test::Way::ipmi, test::Way::redfish, test::Way::exec);
const auto kWayName = [](const auto& way) { return std::string(to_string(way.param)); };
INSTANTIATE_TEST_SUITE_P(By, BmcTest, kWays, kWayName);

TEST_P(BmcTest, EveryVerbDoesWhatItSays) {
  auto asked = lane();
  EXPECT_EQ(test::run(io, asked.read_power()), false);
  EXPECT_TRUE(order(asked, BmcVerb::on));
  EXPECT_EQ(test::run(io, asked.read_power()), true);
  EXPECT_TRUE(order(asked, BmcVerb::off));
  EXPECT_FALSE(bmc->on());
  EXPECT_TRUE(order(asked, BmcVerb::on));
  std::string orders = "set power 1\nset power 0\nset power 1\n";
  EXPECT_EQ(bmc->orders(), orders);
  const auto soft = order(asked, BmcVerb::soft);
  if (GetParam() == test::Way::exec) {
    EXPECT_EQ(soft.error().code, Errc::unsupported);
  } else {
    EXPECT_TRUE(soft);
    EXPECT_FALSE(bmc->on());
    orders += "set shutdown 1\n";
  }
  EXPECT_EQ(bmc->orders(), orders);
  EXPECT_EQ(test::run(io, asked.read_guid()), test::TestBmc::kGuid);
}

TEST_P(BmcTest, AlreadySoIsASuccessAndSendsNothing) {
  auto asked = lane();
  EXPECT_TRUE(order(asked, BmcVerb::off));
  bmc->set_on(true);
  EXPECT_TRUE(order(asked, BmcVerb::on));
  EXPECT_EQ(bmc->orders(), "");
}

TEST_P(BmcTest, AnOrderIsNotSentToAnotherMachineOrWhenItMayNotBeAnyMore) {
  bmc->set_on(true);
  auto asked = lane();
  const auto other = test::run(io, asked.order(BmcVerb::off, std::string(32, '0'), allowed));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::conflict);
  const auto late = test::run(io, asked.order(BmcVerb::off, test::TestBmc::kGuid, [] {
    return Result<void>(fail(Errc::conflict, "too late"));
  }));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().message, "too late");
  EXPECT_EQ(bmc->orders(), "");
  EXPECT_TRUE(test::run(io, asked.order(BmcVerb::off, test::TestBmc::kGuid, allowed)));
  EXPECT_EQ(bmc->orders(), "set power 0\n");
}

TEST_P(BmcTest, EachFailureHasItsName) {
  EXPECT_EQ(failure(bmc->wrong_access()).code, Errc::unauthorized);
  bmc->kill();
  EXPECT_EQ(failure(bmc->access()).code, Errc::unreachable);
}

TEST_P(BmcTest, OneThatHangsIsGivenUp) {
  manners.call_limit = milliseconds(300);
  bmc->hang();
  EXPECT_EQ(failure(bmc->access()).code, Errc::timeout);
  bmc->go_on();
}

TEST_P(BmcTest, ItIsLeftAloneAfterFailuresAndAtOnceAfterAWrongPassword) {
  manners.backoff_base = std::chrono::hours(1);
  manners.backoff_max = std::chrono::hours(1);
  auto wrong = lane(bmc->wrong_access());
  EXPECT_FALSE(wrong.left_alone_until());
  EXPECT_FALSE(test::run(io, wrong.read_power()));
  EXPECT_TRUE(wrong.left_alone_until());
  const auto reads = bmc->reads();
  const auto again = test::run(io, wrong.order(BmcVerb::on, std::nullopt, allowed));
  EXPECT_EQ(again.error().code, Errc::unauthorized);
  EXPECT_THAT(again.error().message, HasSubstr("left alone"));
  EXPECT_EQ(bmc->reads(), reads);

  manners.call_limit = milliseconds(50);
  auto slow = lane();
  bmc->hang();
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(slow.left_alone_until());
    EXPECT_EQ(test::run(io, slow.read_power()).error().code, Errc::timeout);
  }
  EXPECT_TRUE(slow.left_alone_until());
  bmc->go_on();
}

TEST_P(BmcTest, OrdersAreSpacedAndReadsAreNot) {
  manners.order_spacing = milliseconds(2000);
  auto asked = lane();
  EXPECT_TRUE(order(asked, BmcVerb::on));
  const auto first = std::chrono::steady_clock::now();
  bool second = false;
  auto off = asked.order(BmcVerb::off, std::nullopt, allowed);
  boost::asio::co_spawn(io, std::move(off),
                        [&](std::exception_ptr, Result<void> done) { second = done.has_value(); });
  EXPECT_EQ(test::run(io, asked.read_power()), true) << "read between the two";
  EXPECT_FALSE(second);
  EXPECT_TRUE(test::run_until(io, [&] { return second; }));
  EXPECT_GE(std::chrono::steady_clock::now() - first, milliseconds(2000));
}

/// The facts that the reader of all BMCs posts.
class BmcFactsTest : public BmcTest {
 protected:
  std::unique_ptr<BmcControl> watch(milliseconds poll) {
    BmcOptions options;
    options.bmcs.emplace("w1", bmc->access());
    options.manners = manners;
    options.poll = poll;
    options.poll_close = milliseconds(20);
    options.power_interval = milliseconds(0);
    auto control = make_bmcs(io.get_executor(), std::move(options));
    control->start([this](core::Fact fact) {
      if (const auto* seen = std::get_if<core::BmcSeen>(&fact)) readings.push_back(*seen);
      if (const auto* failed = std::get_if<core::BmcFailed>(&fact)) failures.push_back(*failed);
    });
    return control;
  }
  bool becomes(const std::function<bool()>& so) { return test::run_until(io, so); }

  std::vector<core::BmcSeen> readings;
  std::vector<core::BmcFailed> failures;
};
INSTANTIATE_TEST_SUITE_P(By, BmcFactsTest, kWays, kWayName);

TEST_P(BmcFactsTest, TheirPowerAndGuidAreRead) {
  const auto control = watch(milliseconds(50));
  ASSERT_TRUE(becomes([&] { return readings.size() >= 2; }));
  EXPECT_EQ(readings.back().node, "w1");
  EXPECT_EQ(readings.back().guid, test::TestBmc::kGuid);
  EXPECT_FALSE(readings.back().on);
  EXPECT_TRUE(test::run(io, control->power_on("w1")));
  EXPECT_TRUE(becomes([&] { return readings.back().on; }));
  EXPECT_EQ(test::run(io, control->power_on("w2")).error().code, Errc::config);
  test::run(io, control->stop());
}

TEST_P(BmcFactsTest, OneThatIsLookedAtCloselyIsReadOften) {
  const auto control = watch(std::chrono::hours(1));
  ASSERT_TRUE(becomes([&] { return readings.size() == 1; }));
  control->look_closely({"w1"});
  EXPECT_TRUE(becomes([&] { return readings.size() >= 4; }));
  test::run(io, control->stop());
}

TEST_P(BmcFactsTest, OnForAWhileAfterOffIsReadAsItIs) {
  bmc->set_on(true);
  bmc->stay_on_for(3);
  const auto control = watch(milliseconds(20));
  ASSERT_TRUE(becomes([&] { return !readings.empty(); }));
  bmc->set_on(false);
  ASSERT_TRUE(becomes([&] { return !readings.back().on; }));
  EXPECT_GE(readings.size(), 4U);
  test::run(io, control->stop());
}

TEST_P(BmcFactsTest, OneThatLiesOfSuccessIsFoundOutByReading) {
  bmc->lie();
  const auto control = watch(milliseconds(20));
  EXPECT_TRUE(test::run(io, control->power_on("w1")));
  EXPECT_EQ(bmc->orders(), "set power 1\n");
  readings.clear();
  ASSERT_TRUE(becomes([&] { return readings.size() >= 2; }));
  EXPECT_FALSE(readings.back().on);
  test::run(io, control->stop());
}

TEST_P(BmcFactsTest, AFailureIsAFactAndItsEndToo) {
  manners.backoff_base = manners.backoff_max = milliseconds(20);
  const auto control = watch(milliseconds(20));
  ASSERT_TRUE(becomes([&] { return !readings.empty(); }));
  bmc->kill();
  ASSERT_TRUE(becomes([&] { return !failures.empty(); }));
  EXPECT_EQ(failures.back().kind, Errc::unreachable);
  readings.clear();
  bmc->start();
  EXPECT_TRUE(becomes([&] { return !readings.empty(); }));
  test::run(io, control->stop());
}

}  // namespace
}  // namespace ecokube
