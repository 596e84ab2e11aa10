#include "coordinator/power/wake_on_lan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/magic_packet.h"
#include "tests/support/run.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;

class WakeOnLanTest : public ::testing::Test {
 protected:
  /// What arrives next, or nothing within a second.
  std::vector<std::uint8_t> receive(udp::socket& socket) {
    std::vector<std::uint8_t> got;
    std::array<std::uint8_t, 512> buffer{};
    std::size_t bytes = 0;
    bool ended = false;
    socket.async_receive(asio::buffer(buffer), [&](boost::system::error_code, std::size_t n) {
      bytes = n;
      ended = true;
    });
    test::run_until(io_, [&] { return ended; });
    got.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(bytes));
    return got;
  }

  Result<void> wake(const core::WakeNode& target) {
    return test::run(io_, power_->wake(target, power_->secure_on_of(target)));
  }

  static udp::endpoint loopback() { return {asio::ip::make_address("127.0.0.1"), 0}; }

  asio::io_context io_{1};
  std::unique_ptr<PowerControl> power_ = make_wake_on_lan(io_.get_executor());
};

TEST_F(WakeOnLanTest, SendsOnePacketForEachMac) {
  udp::socket machine(io_, loopback());
  const core::WakeNode target{"127.0.0.1:" + std::to_string(machine.local_endpoint().port()),
                              {"52:54:00:00:00:01", "52:54:00:00:00:02"}};
  const auto sent = wake(target);
  ASSERT_TRUE(sent.has_value()) << sent.error().message;
  for (const auto& mac : target.macs) {
    const auto expected = magic_packet(*MacAddress::parse(mac));
    EXPECT_TRUE(std::ranges::equal(receive(machine), expected)) << mac;
  }
}

TEST_F(WakeOnLanTest, ResolvesNames) {
  udp::socket machine(io_, loopback());
  const core::WakeNode target{"localhost:" + std::to_string(machine.local_endpoint().port()),
                              {"52:54:00:00:00:01"}};
  const auto sent = wake(target);
  EXPECT_TRUE(sent.has_value()) << sent.error().message;
}

TEST_F(WakeOnLanTest, MaySendToABroadcastAddress) {
  udp::socket machine(io_, udp::endpoint(asio::ip::make_address("127.255.255.255"), 0));
  const core::WakeNode target{"127.255.255.255:" + std::to_string(machine.local_endpoint().port()),
                              {"52:54:00:00:00:01"}};
  const auto sent = wake(target);
  ASSERT_TRUE(sent.has_value()) << sent.error().message;
  EXPECT_EQ(receive(machine).size(), kMagicPacketBytes);
}

TEST_F(WakeOnLanTest, SaysWhatIsWrongAndStillSendsTheRest) {
  udp::socket machine(io_, loopback());
  const core::WakeNode target{"127.0.0.1:" + std::to_string(machine.local_endpoint().port()),
                              {"not a mac", "52:54:00:00:00:02"}};
  const auto sent = wake(target);
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code, Errc::invalid);
  EXPECT_NE(sent.error().message.find("not a mac"), std::string::npos);
  EXPECT_EQ(receive(machine).size(), kMagicPacketBytes);
}

TEST_F(WakeOnLanTest, NeedsAMacAndAnAddress) {
  const auto no_mac = wake(core::WakeNode{"127.0.0.1:9", {}});
  ASSERT_FALSE(no_mac.has_value());
  EXPECT_EQ(no_mac.error().code, Errc::invalid);
  const auto no_host = wake(core::WakeNode{"", {"52:54:00:00:00:01"}});
  ASSERT_FALSE(no_host.has_value());
  EXPECT_EQ(no_host.error().code, Errc::invalid);
}

}  // namespace
}  // namespace ecokube
