// Goal: a card in standby wakes for its own magic packet alone, wherever in the frame it stands.
#include "lab/real/vm/magic_frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/magic_packet.h"

namespace ecokube::lab {
namespace {

using Bytes = std::vector<std::uint8_t>;

const auto kCard = *MacAddress::parse("52:54:00:00:00:11");
const auto kOther = *MacAddress::parse("52:54:00:00:00:12");
const auto kAll = *MacAddress::parse("ff:ff:ff:ff:ff:ff");

/// `before` bytes lie between header and packet, as those of IP and UDP do.
Bytes frame(const MacAddress& to, std::uint16_t type, const MacAddress& woken, std::size_t before) {
  Bytes bytes(to.bytes().begin(), to.bytes().end());
  bytes.insert(bytes.end(), kOther.bytes().begin(), kOther.bytes().end());
  bytes.push_back(static_cast<std::uint8_t>(type >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(type & 0xffU));
  bytes.insert(bytes.end(), before, 0);
  const auto packet = magic_packet(woken);
  bytes.insert(bytes.end(), packet.begin(), packet.end());
  return bytes;
}

TEST(MagicFrame, IsFoundBehindUdpAndAsAFrameOfItsOwn) {
  EXPECT_EQ(magic_packet_in(frame(kAll, 0x0800, kCard, 28)), kCard);
  EXPECT_EQ(magic_packet_in(frame(kAll, 0x0842, kCard, 0)), kCard);
  EXPECT_EQ(magic_packet_in(frame(kAll, 0x0842, kOther, 0)), kOther);
  EXPECT_EQ(magic_packet_in(frame(kAll, 0x0806, kCard, 0)), std::nullopt) << "that is ARP";
}

TEST(MagicFrame, IsFoundBehindMoreOnesThanItBeginsWith) {
  auto bytes = frame(kAll, 0x0842, kCard, 3);
  for (std::size_t i = 14; i < 17; ++i) bytes[i] = 0xff;
  EXPECT_EQ(magic_packet_in(bytes), kCard);
}

TEST(MagicFrame, IsNoneWhereAnyByteIsWrongOrMissing) {
  const auto good = frame(kAll, 0x0842, kCard, 0);
  for (std::size_t i = 14; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 1U;
    EXPECT_EQ(magic_packet_in(bad), std::nullopt) << "byte " << i;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(magic_packet_in(std::span(good).first(size)), std::nullopt) << size << " bytes";
  }
}

TEST(MagicFrame, ReachesTheCardAndAllCards) {
  EXPECT_TRUE(reaches(frame(kCard, 0x0842, kCard, 0), kCard));
  EXPECT_TRUE(reaches(frame(kAll, 0x0842, kCard, 0), kCard));
  EXPECT_FALSE(reaches(frame(kOther, 0x0842, kCard, 0), kCard));
  EXPECT_FALSE(reaches(Bytes(13, 0xff), kCard));
}

}  // namespace
}  // namespace ecokube::lab
