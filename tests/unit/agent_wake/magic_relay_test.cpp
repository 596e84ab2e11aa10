// Goal: a relay sends magic packets to its own segments and nothing else anywhere else, however it
// is asked. Packets stay on the loopback.
#include "node-agent/wake/magic_relay.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <random>

#include "common/magic_packet.h"

namespace ecokube::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const MacAddress kMac({2, 0, 0, 0, 0, 0x2a});

Ipv4Subnet subnet(const char* text) { return *Ipv4Subnet::parse(text); }

/// Where packets arrive.
class Ear {
 public:
  explicit Ear(std::uint32_t address) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(address);
    socklen_t size = sizeof at;
    bound = ::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) == 0;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
  }
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;
  ~Ear() { ::close(socket_); }

  /// The next packet; empty: none is there.
  std::string hear() {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, 0) <= 0) return {};
    std::array<char, 2048> packet{};
    const auto size = ::recv(socket_, packet.data(), packet.size(), 0);
    return {packet.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  bool bound = false;
  std::uint16_t port = 0;

 private:
  int socket_ = -1;
};

class MagicRelayTest : public testing::Test {
 protected:
  MagicRelayTest() : relay({ear.port}, [this] { return segments; }) {}
  Result<void> send(std::uint32_t to, std::uint16_t port, milliseconds at = seconds(100)) {
    return relay.send({kMac}, to, port, at);
  }

  std::vector<Ipv4Subnet> segments{subnet("10.9.8.7/32"), subnet("127.0.9.1/24")};
  std::uint32_t broadcast = subnet("127.0.9.1/24").broadcast();
  Ear ear{broadcast};
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
