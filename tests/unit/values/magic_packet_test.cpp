#include "common/magic_packet.h"

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

}  // namespace
}  // namespace ecokube
