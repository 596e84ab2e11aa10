// Goal: where the machine's BMC is, is asked where there is one, rarely, and known as it was said;
// that it could not be asked is known, too.
#include "node-agent/wake/own_bmc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/support/helper_double.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

using namespace std::chrono_literals;
using test::HelperDouble;
using testing::HasSubstr;

constexpr const char* kOnLan = "bmc=there channel=1 address=10.0.0.12 source=dhcp";

struct OwnBmcTest : testing::Test {
  test::TempDir dir;
  boost::asio::io_context io{1};
  OwnBmcOptions options;

  OwnBmcTest() {
    dir.write("sys/class/ipmi/ipmi0/dev", "240:0\n");
    options.sysfs = dir / "sys";
    options.socket = dir / "bmc.sock";
    options.limit = 10s;
  }
  BmcAnswer looked() {
    OwnBmc bmc(io.get_executor(), options);
    EXPECT_EQ(bmc.seen(), std::nullopt);
    test::run(io, bmc.look());
    return bmc.seen().value();
  }
};

TEST_F(OwnBmcTest, IsKnownAsTheHelperSays) {
  HelperDouble helper(io, options.socket, [](const std::string&) { return kOnLan; });
  const auto bmc = looked();
  EXPECT_EQ(bmc, (BmcAnswer{true, 1, "10.0.0.12", "", "dhcp", 0, "", ""}));
  EXPECT_EQ(helper.asked(), std::vector<std::string>{"status"});
  v1::Bmc message;
  write_bmc({true, 1, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 12, "ab", "no"}, message);
  EXPECT_TRUE(message.present());
  EXPECT_EQ(message.address(), "10.0.0.12");
  EXPECT_EQ(message.mac(), "00:25:90:aa:bb:cc");
  EXPECT_EQ(message.address_source(), "dhcp");
  EXPECT_EQ(message.vlan(), 12U);
  EXPECT_EQ(message.guid(), "ab");
  EXPECT_EQ(message.problem(), "no");
}

TEST_F(OwnBmcTest, NobodyIsAskedWhereThereIsNoDevice) {
  HelperDouble helper(io, options.socket, [](const std::string&) { return kOnLan; });
  std::filesystem::remove_all(dir / "sys/class/ipmi");
  EXPECT_EQ(looked(), BmcAnswer{});
  EXPECT_TRUE(helper.asked().empty());
  options.socket.clear();
  OwnBmc bmc(io.get_executor(), options);
  test::run(io, bmc.run());
  EXPECT_EQ(bmc.seen(), std::nullopt) << "what is not asked is not known";
}

TEST_F(OwnBmcTest, ThatItCannotBeAskedIsSaid) {
  EXPECT_THAT(looked().problem, HasSubstr("enable --now ecokube-bmc-info.socket")) << "not there";
  HelperDouble helper(io, options.socket, [](const std::string&) { return std::nullopt; });
  options.limit = 300ms;
  EXPECT_THAT(looked().problem, HasSubstr("no answer within 300 ms"));
  options.limit = 10s;
  helper.answers([](const std::string&) { return "bmc=there address=nowhere"; });
  const auto bmc = looked();
  EXPECT_TRUE(bmc.present);
  EXPECT_EQ(bmc.address, "");
  EXPECT_THAT(bmc.problem, HasSubstr("none of ecokube-bmc-info's"));
}

TEST_F(OwnBmcTest, IsAskedAgainSoonAfterAProblemAndThenRarely) {
  HelperDouble helper(io, options.socket,
                      [](const std::string&) { return "bmc=there problem=no"; });
  options.retry = 1ms;
  options.interval = 1h;
  OwnBmc bmc(io.get_executor(), options);
  boost::asio::co_spawn(io, bmc.run(), boost::asio::detached);
  ASSERT_TRUE(test::run_until(io, [&] { return helper.asked().size() >= 3; }));
  EXPECT_EQ(bmc.seen()->problem, "no");
  helper.answers([](const std::string&) { return kOnLan; });
  ASSERT_TRUE(test::run_until(io, [&] { return bmc.seen()->problem.empty(); }));
  EXPECT_EQ(bmc.seen()->address, "10.0.0.12");
  const auto asked = helper.asked().size();
  io.restart();
  io.run_for(100ms);
  EXPECT_EQ(helper.asked().size(), asked) << "it is an hour to the next";
}

}  // namespace
}  // namespace ecokube::agent
