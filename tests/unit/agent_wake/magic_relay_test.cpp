// Goal: a relay sends magic packets to its own segments and nothing else anywhere else, however it
// is asked. Packets stay on the loopback and in
// a network namespace of the test's own.
#include "node-agent/wake/magic_relay.h"

#include <gtest/gtest.h>

#include <random>

#include "common/magic_packet.h"
#include "tests/support/frame_ear.h"
#include "tests/support/own_network.h"
#include "tests/support/packet_ear.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const MacAddress kMac({2, 0, 0, 0, 0, 0x2a});

Ipv4Subnet subnet(const char* text) { return *Ipv4Subnet::parse(text); }

class MagicRelayTest : public testing::Test {
 protected:
  Result<std::vector<std::string>> send(std::uint32_t to, std::uint16_t port,
                                        milliseconds at = seconds(100)) {
    return send({{kMac}, to, port}, at);
  }
  Result<std::vector<std::string>> send(const MagicOrder& order, milliseconds at = seconds(100)) {
    return relay.send(order, {segments, interfaces}, at);
  }

  std::vector<Ipv4Subnet> segments{subnet("10.9.8.7/32"), subnet("127.0.9.1/24")};
  std::vector<std::string> interfaces;
  std::uint32_t broadcast = subnet("127.0.9.1/24").broadcast();
  test::PacketEar ear{broadcast};
  MagicRelay relay{{ear.port}};
};

TEST_F(MagicRelayTest, SendsOnePacketForEachMac) {
  ASSERT_TRUE(ear.bound);
  const MacAddress other({2, 0, 0, 0, 0, 0x2b});
  const auto sent = send({{kMac, other}, broadcast, ear.port});
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
  Result<std::vector<std::string>> last;
  for (int i = 0; i < 100 && last; ++i) last = send(broadcast, ear.port, milliseconds(110'000));
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Errc::busy);
  EXPECT_TRUE(send(broadcast, ear.port, seconds(200))) << "time gives it back";
  const MagicOrder flood{std::vector(1000, kMac), broadcast, ear.port};
  EXPECT_EQ(send(flood, seconds(400)).error().code, Errc::busy);
}

TEST_F(MagicRelayTest, CarriesThePassword) {
  const auto secure_on = SecureOn::parse("0a:1b:2c:3d:4e:5f");
  ASSERT_TRUE(send({{kMac}, broadcast, ear.port, secure_on}));
  const auto expected = magic_packet(kMac, secure_on);
  EXPECT_EQ(ear.hear(), std::string(expected.begin(), expected.end()));
}

TEST_F(MagicRelayTest, OneInterfaceThatIsGoneKeepsTheOthersFromNothing) {
  interfaces = {"no-such-nic", "lo"};
  const auto sent = send(broadcast, ear.port);
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(*sent, std::vector<std::string>{"lo"});
  EXPECT_EQ(ear.hear().size(), kMagicPacketBytes);
  interfaces = {"no-such-nic"};
  const auto none = send(broadcast, ear.port);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::unreachable);
  EXPECT_NE(none.error().message.find("by no-such-nic"), std::string::npos);
}

TEST_F(MagicRelayTest, SendsByEachInterfaceOfTheSegment) {
  test::with_cables({{"v0", "10.77.0.1/24"}, {"v1", "10.77.0.2/24"}}, [this] {
    test::FrameEar zero("v0far"), one("v1far");
    segments = {subnet("10.77.0.1/24")};
    interfaces = {"v0", "v1"};
    const auto sent = send(segments[0].broadcast(), ear.port);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(*sent, interfaces);
    constexpr std::size_t kHeaders = 14 + 20 + 8;  // Ethernet, IPv4, UDP
    const auto packet = magic_packet(kMac);
    for (auto* far : {&zero, &one}) {
      const auto frame = far->hear();
      ASSERT_EQ(frame.size(), kHeaders + kMagicPacketBytes);
      EXPECT_EQ(frame.substr(0, 6), std::string(6, '\xff'));
      EXPECT_EQ(frame.substr(kHeaders), std::string(packet.begin(), packet.end()));
      EXPECT_EQ(far->hear(), "");
    }
  });
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
