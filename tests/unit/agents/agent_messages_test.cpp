// Goal: nothing out of bounds gets from the wire into core. Method: one good message, broken in one
// place at a time; and random bytes.
#include "coordinator/agents/agent_messages.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>

namespace ecokube {
namespace {

v1::Hello good_hello() {
  v1::Hello hello;
  hello.set_protocol_version(1);
  hello.set_machine_id("0123456789abcdef");
  hello.set_boot_id("boot-1");
  hello.set_fence_highest_seen(4);
  hello.set_agent_version("0.1.0");
  auto& inventory = *hello.mutable_inventory();
  inventory.set_wake_address("127.0.10.11:40009");
  inventory.set_power_idle_milliwatts(6000);
  auto& nic = *inventory.add_nics();
  nic.set_name("eno1");
  nic.set_mac(std::string("\x02\0\0\0\0\x01", 6));
  nic.set_wake_armed(true);
  auto& subnet = *nic.add_subnets();
  subnet.set_address(0x0a000307);
  subnet.set_prefix(24);
  hello.add_features("relay");
  inventory.mutable_machine()->set_smbios_uuid("c0ffee00-1111-4222-8333-444455556666");
  inventory.mutable_machine()->set_boot_kernel_ms(2000);
  inventory.mutable_boot()->set_fingerprint("0123456789abcdef");
  inventory.mutable_boot()->set_pending("kernel 2 is installed, 1 runs");
  auto& bmc = *inventory.mutable_bmc();
  bmc.set_present(true);
  bmc.set_address("10.0.0.12");
  bmc.set_mac("00:25:90:aa:bb:cc");
  bmc.set_address_source("dhcp");
  bmc.set_vlan(12);
  bmc.set_guid("a123456789abcdefa123456789000001");
  bmc.set_problem("it is slow");
  return hello;
}

v1::Heartbeat good_heartbeat() {
  v1::Heartbeat heartbeat;
  heartbeat.set_sequence(1);
  heartbeat.set_boot_id("boot-1");
  heartbeat.set_uptime_ms(1000);
  heartbeat.add_vetoes("held");
  heartbeat.set_power_source("none");
  heartbeat.set_power_problem("no permission");
  heartbeat.set_energy_since_ms(400);
  auto& pods = *heartbeat.mutable_pods();
  pods.set_source("rapl");
  pods.set_node_active_microjoules(5);
  auto& pod = *pods.add_pods();
  pod.set_uid("uid-1");
  pod.set_active_microjoules(3);
  pod.set_idle_microjoules(4);
  return heartbeat;
}

TEST(AgentMessages, HelloBecomesInventory) {
  const auto facts = read_hello(good_hello());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->fence_highest_seen, 4);
  EXPECT_EQ(facts->inventory.boot_id, "boot-1");
  EXPECT_EQ(facts->inventory.wake_address, "127.0.10.11:40009");
  EXPECT_EQ(facts->inventory.idle, Power::watts(6));
  EXPECT_EQ(facts->inventory.peak, std::nullopt);
  ASSERT_EQ(facts->inventory.nics.size(), 1U);
  EXPECT_EQ(facts->inventory.nics[0].mac.text(), "02:00:00:00:00:01");
  EXPECT_TRUE(facts->inventory.nics[0].wake_armed);
  ASSERT_EQ(facts->inventory.nics[0].subnets.size(), 1U);
  EXPECT_EQ(facts->inventory.nics[0].subnets[0].text(), "10.0.3.7/24");
  EXPECT_TRUE(facts->relays);
  EXPECT_EQ(facts->inventory.machine.smbios_uuid, "c0ffee00-1111-4222-8333-444455556666");
  EXPECT_EQ(facts->inventory.machine.boot_kernel, Duration(2000));
  EXPECT_EQ(facts->inventory.machine.boot_firmware, std::nullopt);
  EXPECT_EQ(facts->inventory.boot.fingerprint, "0123456789abcdef");
  EXPECT_EQ(facts->inventory.boot.pending, "kernel 2 is installed, 1 runs");
  EXPECT_EQ(facts->inventory.bmc.value(),
            (core::BmcFacts{true, "10.0.0.12", "00:25:90:aa:bb:cc", "dhcp", 12,
                            "a123456789abcdefa123456789000001", "it is slow"}));
  auto without = good_hello();
  without.mutable_inventory()->clear_bmc();
  EXPECT_FALSE(read_hello(without)->inventory.bmc) << "not known";
}

TEST(AgentMessages, ABmcOutOfBoundsIsRefused) {
  const std::function<void(v1::Bmc&)> breaks[] = {
      [](auto& b) { b.set_address("bmc.example"); },
      [](auto& b) { b.set_address("10.0.0.12\"\nbmc_user = \"x"); },
      [](auto& b) { b.set_address("10.0.0.012"); },
      [](auto& b) { b.set_address("::1"); },
      [](auto& b) { b.set_mac("00:25:90"); },
      [](auto& b) { b.set_guid("A123456789ABCDEFA123456789000001"); },
      [](auto& b) { b.set_guid("a1"); },
      [](auto& b) { b.set_vlan(4095); },
      [](auto& b) { b.set_address_source("a\nb"); },
      [](auto& b) { b.set_problem(std::string(2000, 'p')); },
  };
  for (std::size_t number = 0; number < std::size(breaks); ++number) {
    auto hello = good_hello();
    breaks[number](*hello.mutable_inventory()->mutable_bmc());
    const auto facts = read_hello(hello);
    ASSERT_FALSE(facts) << number;
    EXPECT_EQ(facts.error().code, Errc::protocol);
  }
  auto heartbeat = good_heartbeat();
  EXPECT_FALSE(read_heartbeat(heartbeat)->bmc) << "as before";
  heartbeat.mutable_bmc();
  EXPECT_EQ(read_heartbeat(heartbeat)->bmc, core::BmcFacts{});
  heartbeat.mutable_bmc()->set_vlan(4095);
  EXPECT_FALSE(read_heartbeat(heartbeat));
}

TEST(AgentMessages, TheKubeletsCertificateHasSaneDates) {
  const auto read = [](std::int64_t before_s, std::int64_t after_s) {
    auto heartbeat = good_heartbeat();
    auto& certificate = *heartbeat.mutable_kubelet_certificate();
    certificate.set_present(true);
    certificate.set_not_before_s(before_s);
    certificate.set_not_after_s(after_s);
    auto hello = good_hello();
    *hello.mutable_inventory()->mutable_kubelet_certificate() = certificate;
    const auto by_hello = read_hello(hello);
    const auto by_heartbeat = read_heartbeat(heartbeat);
    EXPECT_EQ(by_hello.has_value(), by_heartbeat.has_value());
    if (by_hello && by_heartbeat) {
      EXPECT_EQ(by_hello->inventory.kubelet_certificate, by_heartbeat->kubelet_certificate);
    }
    return by_heartbeat;
  };
  constexpr std::int64_t kEndless = 253'402'300'799;
  EXPECT_EQ(read(1'800'000'000, 1'800'086'400)->kubelet_certificate->validity,
            (Validity{from_ms(1'800'000'000'000), from_ms(1'800'086'400'000)}));
  EXPECT_TRUE(read(0, kEndless));
  EXPECT_FALSE(read(-1, 5));
  EXPECT_FALSE(read(5, 5));
  EXPECT_FALSE(read(6, 5));
  EXPECT_FALSE(read(0, kEndless + 1));
  EXPECT_FALSE(read(0, std::numeric_limits<std::int64_t>::max()));
  EXPECT_FALSE(read(std::numeric_limits<std::int64_t>::min(), 5));
  EXPECT_FALSE(read_heartbeat(good_heartbeat())->kubelet_certificate) << "as before";
  auto without = good_heartbeat();
  without.mutable_kubelet_certificate();
  EXPECT_EQ(read_heartbeat(without)->kubelet_certificate, core::KubeletCertificate{});
}

TEST(AgentMessages, AResumeMakesAnotherLifeOfTheSameBoot) {
  auto hello = good_hello();
  hello.set_resumes(3);
  hello.mutable_inventory()->mutable_machine()->set_can_suspend(true);
  const auto facts = read_hello(hello);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->inventory.boot_id, "boot-1+3");
  EXPECT_TRUE(facts->inventory.machine.can_suspend);
  EXPECT_FALSE(facts->inventory.machine.can_hibernate);
  auto heartbeat = good_heartbeat();
  heartbeat.set_resumes(3);
  EXPECT_EQ(read_heartbeat(heartbeat)->boot_id, "boot-1+3");
  v1::Goodbye goodbye;
  goodbye.set_boot_id("boot-1");
  goodbye.set_resumes(3);
  EXPECT_EQ(read_goodbye(goodbye)->boot_id, "boot-1+3");
}

TEST(AgentMessages, ShutdownSaysWhatTheMachineGoesDownTo) {
  for (const auto& [mode, said] :
       {std::pair{core::SleepMode::power_off, v1::SLEEP_MODE_POWER_OFF},
        std::pair{core::SleepMode::suspend, v1::SLEEP_MODE_SUSPEND},
        std::pair{core::SleepMode::hibernate, v1::SLEEP_MODE_HIBERNATE}}) {
    const core::Step step{
        {"w1", core::Verb::shutdown, 1, 1}, core::ShutdownNode{1, {}, mode}, {}, 7};
    const auto message = make_shutdown(step);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->shutdown().mode(), said);
  }
}

TEST(AgentMessages, HelloOutOfBoundsIsRefused) {
  const std::function<void(v1::Hello&)> breaks[] = {
      [](v1::Hello& h) { h.set_boot_id("boot-1+1"); },
      [](v1::Hello& h) { h.set_boot_id("boot 1"); },
      [](auto& h) { h.set_protocol_version(0); },
      [](auto& h) { h.set_protocol_version(2); },
      [](auto& h) { h.set_boot_id(""); },
      [](auto& h) { h.set_boot_id(std::string(200, 'b')); },
      [](auto& h) { h.set_boot_id("a\nb"); },
      [](auto& h) { h.set_machine_id(std::string(200, 'm')); },
      [](auto& h) { h.set_agent_version("\x1b[31m"); },
      [](auto& h) { h.set_fence_highest_seen(-1); },
      [](auto& h) { h.mutable_inventory()->set_power_peak_milliwatts(-5); },
      [](auto& h) { h.mutable_inventory()->set_wake_address("no port"); },
      [](auto& h) { h.mutable_inventory()->set_wake_address("host:99999"); },
      [](auto& h) { h.mutable_inventory()->mutable_nics(0)->set_mac("12345"); },
      [](auto& h) { h.mutable_inventory()->mutable_nics(0)->set_mac(std::string(8, 'x')); },
      [](auto& h) { h.mutable_inventory()->mutable_nics(0)->mutable_subnets(0)->set_prefix(33); },
      [](auto& h) { h.mutable_inventory()->mutable_machine()->set_smbios_uuid("a\nb"); },
      [](auto& h) { h.mutable_inventory()->mutable_machine()->set_serial(std::string(200, 's')); },
      [](auto& h) { h.mutable_inventory()->mutable_machine()->set_firmware_date("\x1b[1m"); },
      [](auto& h) { h.mutable_inventory()->mutable_machine()->set_boot_loader_ms(-1); },
      [](auto& h) { h.mutable_inventory()->mutable_boot()->set_fingerprint("a b"); },
      [](auto& h) {
        h.mutable_inventory()->mutable_boot()->set_fingerprint(std::string(200, 'a'));
      },
      [](auto& h) { h.mutable_inventory()->mutable_boot()->set_pending("a\nb"); },
      [](auto& h) {
        for (int i = 0; i < 17; ++i) h.mutable_inventory()->mutable_nics(0)->add_subnets();
      },
      [](auto& h) {
        for (int i = 0; i < 65; ++i) *h.mutable_inventory()->add_nics() = h.inventory().nics(0);
      },
      [](auto& h) {
        for (int i = 0; i < 65; ++i) h.add_features("f");
      },
  };
  int number = 0;
  for (const auto& break_it : breaks) {
    auto hello = good_hello();
    break_it(hello);
    const auto facts = read_hello(hello);
    ASSERT_FALSE(facts) << number;
    EXPECT_EQ(facts.error().code, Errc::protocol);
    ++number;
  }
}

TEST(AgentMessages, HeartbeatCarriesEnergyWithItsSource) {
  const auto facts = read_heartbeat(good_heartbeat());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->power_source, "none");
  EXPECT_EQ(facts->power_problem, "no permission");
  EXPECT_EQ(facts->energy_since, Duration(400));
  ASSERT_TRUE(facts->pods);
  EXPECT_EQ(facts->pods->node_active, Energy::microjoules(5));
  EXPECT_EQ(
      facts->pods->pods,
      (std::vector<core::PodEnergy>{{"uid-1", Energy::microjoules(3), Energy::microjoules(4)}}));
  auto without = good_heartbeat();
  without.clear_pods();
  EXPECT_FALSE(read_heartbeat(without)->pods);
}

TEST(AgentMessages, HeartbeatOutOfBoundsIsRefused) {
  ASSERT_TRUE(read_heartbeat(good_heartbeat()));
  const std::function<void(v1::Heartbeat&)> breaks[] = {
      [](auto& h) { h.set_uptime_ms(-1); },
      [](auto& h) { h.set_uptime_ms(std::numeric_limits<std::int64_t>::max()); },
      [](auto& h) { h.set_vetoes(0, std::string(2000, 'v')); },
      [](auto& h) { h.add_nics()->set_mac(""); },
      [](auto& h) { h.mutable_boot()->set_fingerprint("boot"); },
      [](auto& h) { h.mutable_machine()->set_serial("a\tb"); },
      [](auto& h) { h.add_energy()->set_domain("a\tb"); },
      [](auto& h) { h.set_power_source("a\nb"); },
      [](auto& h) { h.set_power_problem(std::string(2000, 'p')); },
      [](auto& h) { h.set_energy_since_ms(-1); },
      [](auto& h) { h.mutable_pods()->set_source(std::string(200, 's')); },
      [](auto& h) { h.mutable_pods()->mutable_pods(0)->set_uid(""); },
      [](auto& h) { h.mutable_pods()->mutable_pods(0)->set_uid("a\nb"); },
      [](auto& h) {
        for (int i = 0; i < 1100; ++i) h.mutable_pods()->add_pods()->set_uid("u");
      },
      [](auto& h) {
        for (int i = 0; i < 40; ++i) h.add_vetoes("v");
      },
      [](auto& h) {
        for (int i = 0; i < 300; ++i) h.add_energy();
      },
  };
  for (const auto& break_it : breaks) {
    auto heartbeat = good_heartbeat();
    break_it(heartbeat);
    EXPECT_FALSE(read_heartbeat(heartbeat));
  }
}

TEST(AgentMessages, RandomAndMangledBytesDoNotCrash) {
  std::mt19937_64 random(7);
  v1::FromAgent whole;
  *whole.mutable_hello() = good_hello();
  const auto bytes = whole.SerializeAsString();
  int parsed = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto mangled = bytes.substr(0, random() % (bytes.size() + 1));
    for (auto flips = random() % 4; flips > 0 && !mangled.empty(); --flips) {
      mangled[random() % mangled.size()] = static_cast<char>(random());
    }
    const auto message = parse_from_agent(mangled);
    if (!message) continue;
    ++parsed;
    if (message->has_hello()) (void)read_hello(message->hello());
    if (message->has_heartbeat()) (void)read_heartbeat(message->heartbeat());
    if (message->has_goodbye()) (void)read_goodbye(message->goodbye());
  }
  EXPECT_GT(parsed, 100);
}

TEST(AgentMessages, ShutdownCarriesWhatTheStepSays) {
  core::Step step{{"worker1", core::Verb::shutdown, 3, 1},
                  core::ShutdownNode{12, {"uid-1", "uid-2"}},
                  {"Idle", "nothing runs here"},
                  9};
  const auto message = make_shutdown(step);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->shutdown().command_id(), "worker1:shutdown:3:1@" + std::to_string(step.fence));
  EXPECT_EQ(message->shutdown().fence(), 9);
  EXPECT_EQ(message->shutdown().heartbeat_sequence(), 12U);
  EXPECT_EQ(message->shutdown().pods_that_may_remain_size(), 2);
  step.action = core::ShutdownNode{12, std::vector<std::string>(3000, std::string(36, 'u'))};
  const auto large = make_shutdown(step);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Errc::too_large);
  step.action = core::ListPods{1};
  EXPECT_FALSE(make_shutdown(step));
}

TEST(AgentMessages, ARelayCarriesTheMacsThePasswordAndTheKind) {
  const core::Relay by{"worker2", 0x0a0003ff, 9};
  const auto bare = make_relay(by, {{"02:00:00:00:00:2a"}});
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->relay().broadcast(), 0x0a0003ffU);
  EXPECT_EQ(bare->relay().macs(0), MacAddress({2, 0, 0, 0, 0, 0x2a}).raw());
  EXPECT_EQ(bare->relay().secure_on(), "");
  EXPECT_FALSE(bare->relay().raw());
  const auto whole = make_relay(by, {{"02:00:00:00:00:2a"}, SecureOn::parse("1.2.3.4"), true});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->relay().secure_on(), "\x01\x02\x03\x04");
  EXPECT_TRUE(whole->relay().raw());
}

}  // namespace
}  // namespace ecokube
