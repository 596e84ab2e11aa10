// Goal: a relay sends magic packets to its own segments and nothing else anywhere else, however it
// is asked. Packets stay on the loopback.
#include "node-agent/wake/magic_relay.h"

#include <gtest/gtest.h>

#include <random>

#include "common/magic_packet.h"
#include "tests/support/packet_ear.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const MacAddress kMac({2, 0, 0, 0, 0, 0x2a});

Ipv4Subnet subnet(const char* text) { return *Ipv4Subnet::parse(text); }

class MagicRelayTest : public testing::Test {
 protected:
  MagicRelayTest() : relay({ear.port}, [this] { return segments; }) {}
  Result<void> send(std::uint32_t to, std::uint16_t port, milliseconds at = seconds(100)) {
    return relay.send({kMac}, to, port, at);
  }

  std::vector<Ipv4Subnet> segments{subnet("10.9.8.7/32"), subnet("127.0.9.1/24")};
  std::uint32_t broadcast = subnet("127.0.9.1/24").broadcast();
  test::PacketEar ear{broadcast};
  MagicRelay relay;
};

TEST_F(MagicRelayTest, SendsOnePacketForEachMac) {
  ASSERT_TRUE(ear.bound);
  const MacAddress other({2, 0, 0, 0, 0, 0x2b});
  const auto sent = relay.send({kMac, other}, broadcast, ear.port, seconds(100));
  ASSERT_TRUE(sent) << sent.error().message;
  const auto expected = magic_packet(kMac);
  EXPECT_EQ(ear.hear(), std::string(expected.begin(), expected.end()));
  EXPECT_EQ(ear.hear().substr(6, 6), other.raw());
  EXPECT_EQ(ear.hear(), "");
}

TEST_F(MagicRelayTest, NowhereButToItsOwnSegmentsAndPorts) {
  for (const auto* elsewhere : {"127.0.9.1", "127.0.9.2", "127.0.8.255", "255.255.255.255",
                                "10.9.8.7", "127.255.255.255", "0.0.0.0", "224.0.0.1"}) {
    const auto sent = send(*parse_ipv4(elsewhere), ear.port);
    ASSERT_FALSE(sent) << elsewhere;
    EXPECT_EQ(sent.error().code, Errc::forbidden);
  }
  EXPECT_EQ(send(broadcast, 53).error().code, Errc::forbidden);
  segments.clear();
  EXPECT_FALSE(send(broadcast, ear.port)) << "it has moved since";
  EXPECT_EQ(ear.hear(), "");
}

TEST_F(MagicRelayTest, NoMoreThanItsRate) {
  std::int64_t sent = 0;
  for (int i = 0; i < 10'000; ++i)
    sent += send(broadcast, ear.port, milliseconds(100'000 + i)) ? 1 : 0;
  EXPECT_LE(sent, MagicRelay::kPacketsMax + 10 * MagicRelay::kPacketsPerSecond);
  EXPECT_GE(sent, MagicRelay::kPacketsMax + 9 * MagicRelay::kPacketsPerSecond);
  Result<void> last;
  for (int i = 0; i < 100 && last; ++i) last = send(broadcast, ear.port, milliseconds(110'000));
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Errc::busy);
  EXPECT_TRUE(send(broadcast, ear.port, seconds(200))) << "time gives it back";
  EXPECT_EQ(relay.send(std::vector(1000, kMac), broadcast, ear.port, seconds(400)).error().code,
            Errc::busy);
}

TEST_F(MagicRelayTest, AnyOrderGivesOneOfTheseAddresses) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const auto address = static_cast<std::uint32_t>(random());
    if (address == broadcast) continue;
    EXPECT_FALSE(send(address, static_cast<std::uint16_t>(random())));
  }
  EXPECT_EQ(ear.hear(), "");
}

}  // namespace
}  // namespace ecokube::agent
