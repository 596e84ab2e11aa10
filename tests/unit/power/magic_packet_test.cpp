#include "coordinator/power/magic_packet.h"

#include <gtest/gtest.h>

namespace ecokube {
namespace {

const MacAddress kMac({0x52, 0x54, 0x00, 0x0a, 0x0b, 0xfe});

TEST(MagicPacket, IsSixTimesFfThenSixteenTimesTheMac) {
  const auto packet = magic_packet(kMac);
  ASSERT_EQ(packet.size(), 102U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(packet[i], 0xFF) << i;
  for (std::size_t i = 6; i < packet.size(); ++i) {
    EXPECT_EQ(packet[i], kMac.bytes()[(i - 6) % 6]) << i;
  }
}

TEST(WakeAddress, TakesHostAndPort) {
  EXPECT_EQ(parse_wake_address("127.0.10.11:40009"), (WakeAddress{"127.0.10.11", 40009}));
  EXPECT_EQ(parse_wake_address("rack7.example"), (WakeAddress{"rack7.example", 9}));
  EXPECT_EQ(parse_wake_address("[fe80::1]:7"), (WakeAddress{"fe80::1", 7}));
  EXPECT_EQ(parse_wake_address("fe80::1"), (WakeAddress{"fe80::1", 9}));
}

TEST(WakeAddress, RefusesWhatItCannotMean) {
  for (const auto* text :
       {"", ":9", "host:", "host:0", "host:65536", "host:9x", "[::1", "[::1]9", "[::1]:"}) {
    const auto address = parse_wake_address(text);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_EQ(address.error().code, Errc::invalid);
    EXPECT_NE(address.error().message.find("host:port"), std::string::npos);
  }
}

}  // namespace
}  // namespace ecokube
