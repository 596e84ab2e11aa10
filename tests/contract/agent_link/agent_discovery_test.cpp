// Goal: nobody types what waking needs: the real agent tells it over the real link, tells it again
// when it changes, and sends magic packets for others of its segment. Packets stay on the loopback.

#include <algorithm>

#include "common/magic_packet.h"
#include "tests/contract/agent_link/link_fixture.h"
#include "tests/support/helper_double.h"
#include "tests/support/packet_ear.h"

namespace ecokube::test {
namespace {

/// Of the segment 127.0.9.1/24 that the agent is told it is on.
constexpr std::uint32_t kBroadcast = 0x7f0009ff;
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
    agent->wake_port = ear.port;
  }
  void SetUp() override { ASSERT_TRUE(ear.bound); }
  bool wait_for_beat() {
    return wait_for([&] { return !seen<core::AgentHeartbeat>().empty(); });
  }
  /// An agent sends to the port of its own wake address, too; each test has a free one, since
  /// several may run at once.
  PacketEar ear{kBroadcast};
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

TEST_F(AgentDiscovery, ItTellsWhereItsBmcIsAndAgainWhenItIsConnectedAnew) {
  dir.write("sys/class/ipmi/ipmi0/dev", "240:0\n");
  HelperDouble helper(io, dir / "bmc.sock", [](const std::string&) {
    return "bmc=there channel=1 address=10.0.0.12 mac=00:25:90:aa:bb:cc source=dhcp vlan=12 "
           "guid=a123456789abcdefa123456789000001";
  });
  agent->wake = "bmc_socket = \"" + (dir / "bmc.sock").string() + "\"\n";
  agent->start();
  const core::BmcFacts bmc{
      true, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 12, "a123456789abcdefa123456789000001", ""};
  const auto told = [&] {
    for (const auto& beat : seen<core::AgentHeartbeat>()) {
      if (beat.bmc) return *beat.bmc;
    }
    return core::BmcFacts{};
  };
  ASSERT_TRUE(wait_for([&] { return told().present; })) << agent->log();
  EXPECT_EQ(told(), bmc);
  const auto times = [&] {
    const auto beats = seen<core::AgentHeartbeat>();
    return std::count_if(beats.begin(), beats.end(), [](const auto& beat) { return beat.bmc; });
  };
  const auto beats = seen<core::AgentHeartbeat>().size();
  ASSERT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() > beats + 2; }));
  EXPECT_EQ(times(), 1) << "it has not changed";
  EXPECT_EQ(helper.asked().size(), 1U);
  facts.clear();
  restart_server();
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentConnected>().empty(); })) << agent->log();
  EXPECT_EQ(seen<core::AgentConnected>().front().inventory.bmc, bmc) << "its Hello says it, too";
}

TEST_F(AgentDiscovery, AMachineWithoutADeviceForABmcSaysThatItHasNone) {
  HelperDouble helper(io, dir / "bmc.sock", [](const std::string&) { return "bmc=none"; });
  agent->wake = "bmc_socket = \"" + (dir / "bmc.sock").string() + "\"\n";
  agent->start();
  ASSERT_TRUE(wait_for_beat()) << agent->log();
  ASSERT_TRUE(wait_for([&] {
    const auto beats = seen<core::AgentHeartbeat>();
    return std::any_of(beats.begin(), beats.end(), [](const auto& beat) { return beat.bmc; });
  }));
  EXPECT_EQ(seen<core::AgentHeartbeat>().front().bmc, core::BmcFacts{});
  EXPECT_TRUE(helper.asked().empty());
}

TEST_F(AgentDiscovery, ItTellsUntilWhenItsKubeletIsLetInAndVetoesBeforeThat) {
  using std::chrono::hours, std::chrono::system_clock;
  const auto now = std::chrono::floor<std::chrono::seconds>(system_clock::now().time_since_epoch());
  const auto line = [&](hours begins, hours ends) {
    return "kubelet=there not_before=" + std::to_string((now + begins).count()) +
           " not_after=" + std::to_string((now + ends).count());
  };
  HelperDouble helper(io, dir / "kubelet.sock",
                      [&](const std::string&) { return line(hours(-21), hours(3)); });
  agent->wake = "kubelet_socket = \"" + (dir / "kubelet.sock").string() + "\"\n";
  agent->start();
  const auto told = [&]() -> std::optional<core::KubeletCertificate> {
    for (const auto& beat : seen<core::AgentHeartbeat>()) {
      if (beat.kubelet_certificate) return beat.kubelet_certificate;
    }
    return std::nullopt;
  };
  ASSERT_TRUE(wait_for([&] { return told().has_value(); })) << agent->log();
  const core::KubeletCertificate certificate{
      Validity{TimePoint(now - hours(21)), TimePoint(now + hours(3))}};
  EXPECT_EQ(told(), certificate);
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentHeartbeat>().back().vetoes.empty(); }));
  const auto veto = seen<core::AgentHeartbeat>().back().vetoes.front();
  EXPECT_NE(veto.find("the kubelet's certificate ends in 2 h"), std::string::npos) << veto;
  facts.clear();
  restart_server();
  ASSERT_TRUE(wait_for([&] { return !seen<core::AgentConnected>().empty(); })) << agent->log();
  EXPECT_EQ(seen<core::AgentConnected>().front().inventory.kubelet_certificate, certificate);
}

TEST_F(AgentDiscovery, AnAwakeAgentRelaysAMagicPacketOnItsSegment) {
  agent->start();
  ASSERT_TRUE(wait_for_beat()) << agent->log();
  const auto handed = server->relay({"worker1", kBroadcast, ear.port}, {{kMac}});
  ASSERT_TRUE(handed) << handed.error().message;
  std::string heard;
  ASSERT_TRUE(wait_for([&] { return !(heard = ear.hear()).empty(); })) << agent->log();
  const auto packet = magic_packet(*MacAddress::parse(kMac));
  EXPECT_EQ(heard, std::string(packet.begin(), packet.end()));
  EXPECT_NE(agent->log().find("relayed magic packets broadcast=127.0.9.255"), std::string::npos);
}

TEST_F(AgentDiscovery, ARelayedPacketCarriesThePasswordByBothWaysAndNoLogHoldsIt) {
  HelperDouble helper(io, dir / "raw.sock", [](const std::string&) { return "sent=yes"; });
  agent->wake = "raw_socket = \"" + (dir / "raw.sock").string() + "\"\n";
  agent->start();
  ASSERT_TRUE(wait_for_beat()) << agent->log();
  const auto secure_on = SecureOn::parse("0a:1b:2c:3d:4e:5f");
  ASSERT_TRUE(server->relay({"worker1", kBroadcast, ear.port}, {{kMac}, secure_on, true}));
  std::string heard;
  ASSERT_TRUE(wait_for([&] { return !(heard = ear.hear()).empty(); })) << agent->log();
  const auto packet = magic_packet(*MacAddress::parse(kMac), secure_on);
  EXPECT_EQ(heard, std::string(packet.begin(), packet.end()));
  ASSERT_TRUE(wait_for([&] { return !helper.asked().empty(); })) << agent->log();
  EXPECT_EQ(helper.asked()[0], "wake eno1 02:00:00:00:00:2a 0a:1b:2c:3d:4e:5f");
  EXPECT_TRUE(wait_for([&] { return agent->log().find("kind=raw") != std::string::npos; }));
  EXPECT_EQ((agent->log() + take_log()).find("0a:1b"), std::string::npos);
}

TEST_F(AgentDiscovery, FramesThatCanNotBeSentAreToldAndKeepNoPacketBack) {
  HelperDouble helper(io, dir / "raw.sock",
                      [](const std::string&) { return "problem=eno1 is down"; });
  agent->wake = "raw_socket = \"" + (dir / "raw.sock").string() + "\"\n";
  agent->start();
  ASSERT_TRUE(wait_for_beat()) << agent->log();
  take_log();
  std::string log;
  // Nobody waits for a frame, so that the packet after it tells what became of it.
  EXPECT_TRUE(wait_for([&] {
    const auto asked = helper.asked().size();
    EXPECT_TRUE(server->relay({"worker1", kBroadcast, ear.port}, {{kMac}, {}, true}));
    EXPECT_TRUE(wait_for([&] { return helper.asked().size() > asked; }));
    EXPECT_TRUE(wait_for([&] { return !ear.hear().empty(); }));
    log += take_log();
    return log.find("relays magic packets by UDP alone node=worker1") != std::string::npos;
  }));
  EXPECT_NE(log.find("eno1 is down"), std::string::npos);
  EXPECT_EQ(log.find("did not relay"), std::string::npos);
}

TEST_F(AgentDiscovery, ItRefusesToSendAnywhereElseAndSaysSo) {
  agent->start();
  ASSERT_TRUE(wait_for_beat()) << agent->log();
  take_log();
  ASSERT_TRUE(server->relay({"worker1", 0x7f0008ff, ear.port}, {{kMac}}));
  ASSERT_TRUE(wait_for([&] { return agent->log().find("no magic packet") != std::string::npos; }));
  EXPECT_NE(agent->log().find("127.0.8.255 is no broadcast address"), std::string::npos);
  std::string log;
  EXPECT_TRUE(wait_for([&] {
    log += take_log();
    return log.find("did not relay a magic packet node=worker1") != std::string::npos;
  }));
  EXPECT_FALSE(server->relay({"worker2", kBroadcast, ear.port}, {{kMac}})) << "it is not connected";
  EXPECT_FALSE(server->relay({"worker1", kBroadcast, ear.port}, {{"no mac"}}));
  const auto beats = seen<core::AgentHeartbeat>().size();
  EXPECT_TRUE(wait_for([&] { return seen<core::AgentHeartbeat>().size() > beats; }))
      << "the link goes on";
}

}  // namespace
}  // namespace ecokube::test
