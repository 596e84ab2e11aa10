// Goal: nobody types what waking needs: the real agent tells it over the real link, tells it again
// when it changes, and sends magic packets for others of its segment. Packets stay on the loopback.

#include "common/magic_packet.h"
#include "tests/contract/agent_link/link_fixture.h"
#include "tests/support/packet_ear.h"

namespace ecokube::test {
namespace {

/// Of the segment 127.0.9.1/24 that the agent is told it is on.
constexpr std::uint32_t kBroadcast = 0x7f0009ff;
/// The agent's own wake address has it.
constexpr std::uint16_t kPort = 40009;
constexpr const char* kMac = "02:00:00:00:00:2a";

class AgentDiscovery : public LinkTest {
 protected:
  AgentDiscovery() {
    dir.write("sys/class/dmi/id/product_uuid", "c0ffee00-1111-4222-8333-444455556666\n");
    dir.write("sys/class/dmi/id/bios_version", "F.23\n");
    dir.write("boot/vmlinuz-6.1.0-13-amd64", "kernel");
    dir.write("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
    start_server(server_options());
    agent.emplace(io, dir, server->port());
  }
  bool wait_for_beat() {
    return wait_for([&] { return !seen<core::AgentHeartbeat>().empty(); });
  }
  std::optional<AgentProcess> agent;
};

TEST_F(AgentDiscovery, HelloSaysWhoTheMachineIsAndWhatItBootsNext) {
  agent->start();
  ASSERT_TRUE(wait_for_beat()) << agent->log();
  const auto hello = seen<core::AgentConnected>().front();
  EXPECT_TRUE(hello.relays);
  EXPECT_EQ(hello.inventory.machine.smbios_uuid, "c0ffee00-1111-4222-8333-444455556666");
  EXPECT_EQ(hello.inventory.machine.firmware_version, "F.23");
  EXPECT_EQ(hello.inventory.boot.fingerprint.size(), 16U);
  EXPECT_EQ(hello.inventory.boot.pending, "");
  ASSERT_EQ(hello.inventory.nics.size(), 1U);
  EXPECT_EQ(hello.inventory.nics[0].subnets.at(0).text(), "127.0.9.1/24");
}

TEST_F(AgentDiscovery, AnAwakeAgentRelaysAMagicPacketOnItsSegment) {
  PacketEar ear(kBroadcast, kPort);
  ASSERT_TRUE(ear.bound);
  agent->start();
  ASSERT_TRUE(wait_for_beat()) << agent->log();
  const auto handed = server->relay({"worker1", kBroadcast, kPort}, {kMac});
  ASSERT_TRUE(handed) << handed.error().message;
  std::string heard;
  ASSERT_TRUE(wait_for([&] { return !(heard = ear.hear()).empty(); })) << agent->log();
  const auto packet = magic_packet(*MacAddress::parse(kMac));
  EXPECT_EQ(heard, std::string(packet.begin(), packet.end()));
  EXPECT_NE(agent->log().find("relayed magic packets broadcast=127.0.9.255"), std::string::npos);
}

TEST_F(AgentDiscovery, ItRefusesToSendAnywhereElseAndSaysSo) {
  agent->start();
  ASSERT_TRUE(wait_for_beat()) << agent->log();
  take_log();
  ASSERT_TRUE(server->relay({"worker1", 0x7f0008ff, kPort}, {kMac}));
  ASSERT_TRUE(wait_for([&] { return agent->log().find("no magic packet") != std::string::npos; }));
  EXPECT_NE(agent->log().find("127.0.8.255 is no broadcast address"), std::string::npos);
  std::string log;
  EXPECT_TRUE(wait_for([&] {
    log += take_log();
    return log.find("did not relay a magic packet node=worker1") != std::string::npos;
  }));
  EXPECT_FALSE(server->relay({"worker2", kBroadcast, kPort}, {kMac})) << "it is not connected";
  EXPECT_FALSE(server->relay({"worker1", kBroadcast, kPort}, {"no mac"}));
  const auto beats = seen<core::AgentHeartbeat>().size();
  EXPECT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() > beats; }))
      << "the link goes on";
}

}  // namespace
}  // namespace ecokube::test
