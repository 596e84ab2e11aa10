#include "common/ipv4_subnet.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

TEST(Ipv4Subnet, ReadsAndWritesTheSameText) {
  for (const auto* text : {"10.0.3.7/24", "0.0.0.0/0", "255.255.255.255/32", "192.168.1.130/25"}) {
    const auto subnet = Ipv4Subnet::parse(text);
    ASSERT_TRUE(subnet) << text;
    EXPECT_EQ(subnet->text(), text);
  }
}

TEST(Ipv4Subnet, RefusesWhatIsNone) {
  for (const auto* text :
       {"", "/", "10.0.3.7", "10.0.3/24", "10.0.3.7/33", "10.0.3.7/-1", "10.0.3.256/24",
        "10.0.3.07/24", "10.0.3.7.1/24", "+1.0.0.0/8", "10..3.7/24", "10.0.3.7/24 ", "10.0.3.7/",
        ".10.0.3/24", "a.b.c.d/8", "10.0.3.-7/24", "10.0.3.7/024", "99999999999.0.0.1/8"}) {
    EXPECT_FALSE(Ipv4Subnet::parse(text)) << text;
  }
}

TEST(Ipv4Subnet, KnowsItsBroadcastAddressAndItsNeighbours) {
  const auto subnet = *Ipv4Subnet::parse("192.168.1.130/25");
  EXPECT_EQ(ipv4_text(subnet.broadcast()), "192.168.1.255");
  EXPECT_EQ(ipv4_text(Ipv4Subnet::parse("10.1.2.3/0")->broadcast()), "255.255.255.255");
  EXPECT_EQ(ipv4_text(Ipv4Subnet::parse("10.1.2.3/32")->broadcast()), "10.1.2.3");
  EXPECT_TRUE(subnet.is_broadcast(subnet.broadcast()));
  EXPECT_FALSE(subnet.is_broadcast(subnet.address));
  for (const auto* none : {"10.1.2.3/0", "10.1.2.3/31", "10.1.2.3/32"}) {
    const auto without = *Ipv4Subnet::parse(none);
    EXPECT_FALSE(without.is_broadcast(without.broadcast())) << none;
  }
  EXPECT_TRUE(subnet.same_segment(*Ipv4Subnet::parse("192.168.1.200/25")));
  EXPECT_FALSE(subnet.same_segment(*Ipv4Subnet::parse("192.168.1.20/25")));
  EXPECT_FALSE(subnet.same_segment(*Ipv4Subnet::parse("192.168.1.200/24")));
}

TEST(Ipv4Subnet, CountsAMasksBits) {
  EXPECT_EQ(Ipv4Subnet::prefix_of_mask(0xffffff00U), 24);
  EXPECT_EQ(Ipv4Subnet::prefix_of_mask(0), 0);
  EXPECT_EQ(Ipv4Subnet::prefix_of_mask(0xffffffffU), 32);
  EXPECT_EQ(Ipv4Subnet::prefix_of_mask(0xff00ff00U), std::nullopt);
}

}  // namespace
}  // namespace ecokube
