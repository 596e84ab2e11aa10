#include "coordinator/power/own_segments.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

OwnAddress own(const char* interface, const char* subnet, bool loopback = false) {
  return {interface, *Ipv4Subnet::parse(subnet), loopback};
}

Egress egress(const char* to) {
  const std::vector<OwnAddress> addresses = {
      own("lo", "127.0.0.1/8", true), own("eth0", "10.0.3.7/24"), own("eth0", "10.0.3.8/24"),
      own("br0", "10.0.3.9/24"),      own("eth1", "10.0.0.1/16"), own("tun0", "10.8.0.1/32")};
  return egress_to(addresses, *parse_ipv4(to));
}

TEST(OwnSegments, LoopbackIsAmongThem) {
  EXPECT_TRUE(own_segments().contains(core::Segment{0x7f000000, 8}));
}

TEST(Egress, ABroadcastLeavesByEachInterfaceOfItsSegment) {
  EXPECT_EQ(egress("10.0.3.255"), (Egress{{"eth0", "br0"}, {"eth0", "br0", "eth1"}}))
      << "a frame also where it is one address of a larger segment";
  EXPECT_EQ(egress("10.0.255.255"), (Egress{{"eth1"}, {"eth1"}}));
  EXPECT_EQ(egress("255.255.255.255"), (Egress{{"eth0", "br0", "eth1"}, {"eth0", "br0", "eth1"}}));
}

TEST(Egress, AnotherSegmentIsLeftToTheRoutes) {
  EXPECT_EQ(egress("192.168.1.255"), Egress());
  EXPECT_EQ(egress("10.8.0.255"), Egress()) << "an address alone is no segment";
}

TEST(Egress, ASleepersOwnAddressGetsAFrameOnItsSegment) {
  EXPECT_EQ(egress("10.0.200.7"), (Egress{{}, {"eth1"}}));
}

TEST(Egress, NoFrameLeavesByTheLoopback) {
  EXPECT_EQ(egress("127.255.255.255"), (Egress{{"lo"}, {}}));
  EXPECT_EQ(egress("127.0.0.1"), Egress());
}

}  // namespace
}  // namespace ecokube
