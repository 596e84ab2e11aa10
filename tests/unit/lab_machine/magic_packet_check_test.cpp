// Goal: only the one right packet passes: every single wrong byte and every other length is seen.
#include "lab/machine/magic_packet_check.h"

#include <gtest/gtest.h>

#include <vector>

namespace ecokube::lab {
namespace {

constexpr MacAddress kMine{{2, 0, 0, 0, 0x10, 0x11}};

std::vector<std::uint8_t> packet_for(const MacAddress& mac) {
  std::vector<std::uint8_t> bytes(6, 0xff);
  for (int i = 0; i < 16; ++i) bytes.insert(bytes.end(), mac.bytes().begin(), mac.bytes().end());
  return bytes;
}

TEST(MagicPacketCheck, TheRightOneOnly) {
  const auto right = packet_for(kMine);
  EXPECT_TRUE(check_magic_packet(right, kMine));
  EXPECT_FALSE(check_magic_packet(packet_for(MacAddress{{2, 0, 0, 0, 0x10, 0x12}}), kMine));
  for (std::size_t i = 0; i < right.size(); ++i) {
    auto wrong = right;
    wrong[i] ^= 1;
    EXPECT_FALSE(check_magic_packet(wrong, kMine)) << "byte " << i;
  }
}

TEST(MagicPacketCheck, OtherLengths) {
  auto bytes = packet_for(kMine);
  bytes.push_back(0);
  EXPECT_FALSE(check_magic_packet(bytes, kMine));
  for (std::size_t size = 0; size < 102; ++size) {
    bytes.resize(size);
    EXPECT_FALSE(check_magic_packet(bytes, kMine)) << size;
  }
}

}  // namespace
}  // namespace ecokube::lab
