// Goal: a relay takes no order that is not whole, and sends nothing for it. Packets stay on the
// loopback.
#include "node-agent/discovery.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "common/magic_packet.h"
#include "tests/support/packet_ear.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {
namespace {

class DiscoveryRelay : public testing::Test {
 protected:
  DiscoveryRelay() {
    config_.roots = {dir_ / "sys", dir_ / "proc", dir_ / "sys/fs/cgroup", dir_ / "machine-id"};
    dir_.write("sys/class/net/eno1/address", "02:00:00:00:00:01\n");
    dir_.write("sys/class/net/eno1/device/power/wakeup", "enabled\n");
    config_.wake_segments = {*Ipv4Subnet::parse("127.0.9.1/24")};
    config_.wake_address = "127.0.9.1:" + std::to_string(ear_.port);
    order_.add_macs(mac_.raw());
    order_.set_broadcast(config_.wake_segments[0].broadcast());
    order_.set_port(ear_.port);
  }
  v1::RelayReply relay() { return Discovery(io_.get_executor(), config_).relay(order_); }

  test::TempDir dir_;
  boost::asio::io_context io_{1};
  Config config_;
  test::PacketEar ear_{Ipv4Subnet::parse("127.0.9.1/24")->broadcast()};
  MacAddress mac_{{2, 0, 0, 0, 0, 0x2a}};
  v1::Relay order_;
};

TEST_F(DiscoveryRelay, TakesAPasswordOfFourOrSixBytesOrNone) {
  config_.relay = true;
  for (std::size_t size = 0; size < 64; ++size) {
    order_.set_secure_on(std::string(size, 's'));
    const bool right = size == 0 || size == 4 || size == 6;
    const auto reply = relay();
    EXPECT_EQ(reply.sent(), right) << size;
    EXPECT_EQ(ear_.hear().size(), right ? kMagicPacketBytes + size : 0) << size;
    EXPECT_EQ(reply.message().find("sss"), std::string::npos) << "it is repeated to nobody";
  }
}

TEST_F(DiscoveryRelay, TakesWholeMacsAndNotManyOfThem) {
  config_.relay = true;
  order_.add_macs("short");
  EXPECT_FALSE(relay().sent());
  order_.clear_macs();
  for (int i = 0; i < 65; ++i) order_.add_macs(mac_.raw());
  EXPECT_FALSE(relay().sent());
  EXPECT_EQ(ear_.hear(), "");
}

TEST_F(DiscoveryRelay, SendsNothingWhereItsOwnerSaysSo) {
  config_.relay = false;
  EXPECT_EQ(relay().message(), "[wake] relay is off here");
  EXPECT_EQ(ear_.hear(), "");
}

}  // namespace
}  // namespace ecokube::agent
