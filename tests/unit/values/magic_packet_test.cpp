#include "common/magic_packet.h"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(MagicPacket, CarriesASecureOnPasswordBehindIt) {
  const auto bare = magic_packet(kMac);
  for (const auto* text : {"0a:1b:2c:3d:4e:5f", "1.2.3.4"}) {
    const auto secure_on = SecureOn::parse(text);
    ASSERT_TRUE(secure_on) << text;
    const auto packet = magic_packet(kMac, secure_on);
    ASSERT_EQ(packet.size(), 102 + secure_on->bytes().size());
    EXPECT_TRUE(std::equal(bare.begin(), bare.end(), packet.begin()));
    EXPECT_TRUE(std::equal(packet.begin() + 102, packet.end(), secure_on->bytes().begin()));
  }
  EXPECT_EQ(magic_packet(kMac, std::nullopt).size(), 102U);
}

TEST(SecureOn, IsSixBytesOrFour) {
  EXPECT_EQ(SecureOn::parse("0a:1b:2c:3d:4e:ff")->raw(), "\x0a\x1b\x2c\x3d\x4e\xff");
  EXPECT_EQ(SecureOn::parse("1.2.3.255")->raw(), "\x01\x02\x03\xff");
  EXPECT_EQ(SecureOn::from_bytes(std::string(4, '\0'))->bytes().size(), 4U);
  for (const auto* wrong : {"", "0a:1b:2c:3d", "1.2.3", "1.2.3.256", "1.2.3.4.5", "secret",
                            "0a:1b:2c:3d:4e:ff:00", "0a1b2c3d4eff", " 1.2.3.4"}) {
    EXPECT_FALSE(SecureOn::parse(wrong)) << wrong;
  }
  for (std::size_t size = 0; size < 16; ++size) {
    EXPECT_EQ(SecureOn::from_bytes(std::string(size, 'x')).has_value(), size == 4 || size == 6);
  }
  for (const auto* text : {"0a:1b:2c:3d:4e:ff", "10.0.0.255"}) {
    EXPECT_EQ(SecureOn::parse(text)->reveal(), text);
  }
}

}  // namespace
}  // namespace ecokube
