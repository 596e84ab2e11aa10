#include "coordinator/agents/agent_messages.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "common/frame.h"
#include "common/hex_text.h"
#include "common/host_port.h"
#include "coordinator/agents/bmc_message.h"
#include "coordinator/agents/kubelet_message.h"
#include "coordinator/agents/message_bounds.h"
#include "coordinator/core/life.h"

namespace ecokube {
namespace {

constexpr std::uint32_t kProtocolVersion = 1;
constexpr std::string_view kRelayFeature = "relay";
constexpr int kNicsMax = 64;
constexpr int kSubnetsMax = 16;
constexpr int kCountersMax = 256;
constexpr int kPodsMax = 1024;
constexpr int kFeaturesMax = 64;
constexpr int kVetoesMax = 32;
constexpr std::size_t kCommandIdMax = 512;
constexpr std::int64_t kUptimeMsMax = 1'000'000'000'000'000;
constexpr std::int64_t kPowerMilliwattsMax = 1'000'000'000;

/// The kernel's. It becomes a word of an annotation, and core::life_id puts a '+' behind it.
bool is_boot_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-';
         });
}

Result<std::vector<Ipv4Subnet>> read_subnets(
    const google::protobuf::RepeatedPtrField<v1::Ipv4Subnet>& subnets) {
  if (subnets.size() > kSubnetsMax) return broken("NIC has too many subnets");
  std::vector<Ipv4Subnet> facts;
  for (const auto& subnet : subnets) {
    if (subnet.prefix() > Ipv4Subnet::kPrefixMax) return broken("NIC has a subnet that is none");
    facts.push_back({subnet.address(), static_cast<int>(subnet.prefix())});
  }
  return facts;
}

Result<std::vector<core::NicFacts>> read_nics(
    const google::protobuf::RepeatedPtrField<v1::Nic>& nics) {
  if (nics.size() > kNicsMax) return broken("list of NICs is too long");
  std::vector<core::NicFacts> facts;
  for (const auto& nic : nics) {
    const auto mac = MacAddress::from_bytes(nic.mac());
    if (!mac) return broken("NIC has a MAC that is not 6 bytes long");
    if (!is_text(nic.name(), kIdMax)) return broken("NIC has an unusable name");
    auto subnets = read_subnets(nic.subnets());
    if (!subnets) return std::unexpected(std::move(subnets.error()));
    facts.push_back({nic.name(), *mac, nic.link_up(), nic.wake_armed(), std::move(*subnets)});
  }
  return facts;
}

Result<core::PodsEnergy> read_pods(const v1::PodsEnergy& message) {
  if (message.pods_size() > kPodsMax) return broken("list of pods is too long");
  if (!is_text(message.source(), kIdMax)) return broken("pods' energy has an unusable source");
  core::PodsEnergy facts{message.source(),
                         Energy::microjoules(message.node_active_microjoules()),
                         Energy::microjoules(message.node_idle_microjoules()),
                         {}};
  for (const auto& pod : message.pods()) {
    if (pod.uid().empty() || !is_text(pod.uid(), kIdMax)) return broken("pod has an unusable UID");
    facts.pods.push_back({pod.uid(), Energy::microjoules(pod.active_microjoules()),
                          Energy::microjoules(pod.idle_microjoules())});
  }
  return facts;
}

/// The order in which systemd counts them; 0: not known.
std::optional<Duration> known_time(std::int64_t ms) {
  return ms > 0 ? std::optional(Duration(ms)) : std::nullopt;
}

Result<core::MachineFacts> read_machine(const v1::Machine& machine) {
  for (const auto* text : {&machine.smbios_uuid(), &machine.serial(), &machine.firmware_vendor(),
                           &machine.firmware_version(), &machine.firmware_date()}) {
    if (!is_text(*text, kIdMax)) return broken("machine has an unusable id or firmware");
  }
  const std::array times = {machine.boot_firmware_ms(), machine.boot_loader_ms(),
                            machine.boot_kernel_ms(), machine.boot_userspace_ms()};
  if (std::any_of(times.begin(), times.end(),
                  [](std::int64_t ms) { return ms < 0 || ms > kUptimeMsMax; })) {
    return broken("boot times are out of range");
  }
  return core::MachineFacts{machine.smbios_uuid(),
                            machine.serial(),
                            machine.firmware_vendor(),
                            machine.firmware_version(),
                            machine.firmware_date(),
                            machine.rtc_alarm(),
                            machine.can_suspend(),
                            machine.can_hibernate(),
                            known_time(machine.boot_firmware_ms()),
                            known_time(machine.boot_loader_ms()),
                            known_time(machine.boot_kernel_ms()),
                            known_time(machine.boot_userspace_ms())};
}

/// It becomes a word of an annotation.
Result<core::BootFacts> read_boot(const v1::Boot& boot) {
  const auto& print = boot.fingerprint();
  if (!is_small_hex(print) || print.size() > kIdMax)
    return broken("boot fingerprint is no hex number");
  if (!is_text(boot.pending(), kSentenceMax)) return broken("pending boot is too long or no text");
  return core::BootFacts{print, boot.pending(), boot.after_crash()};
}

v1::SleepMode mode_of(core::SleepMode mode) {
  switch (mode) {
    case core::SleepMode::power_off: return v1::SLEEP_MODE_POWER_OFF;
    case core::SleepMode::suspend: return v1::SLEEP_MODE_SUSPEND;
    case core::SleepMode::hibernate: return v1::SLEEP_MODE_HIBERNATE;
  }
  return v1::SLEEP_MODE_POWER_OFF;
}

core::LeaveOrigin origin_of(v1::Origin origin) {
  switch (origin) {
    case v1::ORIGIN_COORDINATOR: return core::LeaveOrigin::coordinator;
    case v1::ORIGIN_PERSON: return core::LeaveOrigin::person;
    case v1::ORIGIN_REBOOT: return core::LeaveOrigin::reboot;
    case v1::ORIGIN_SERVICE_STOP: return core::LeaveOrigin::service_stop;
    case v1::ORIGIN_UPS: return core::LeaveOrigin::ups;
    default: return core::LeaveOrigin::unspecified;
  }
}

std::optional<Power> known_power(std::int64_t milliwatts) {
  return milliwatts > 0 ? std::optional(Power::milliwatts(milliwatts)) : std::nullopt;
}

}  // namespace

Result<v1::FromAgent> parse_from_agent(std::string_view body) {
  // Else protobuf writes lines of its own to our standard error as often as a peer likes.
  const google::protobuf::LogSilencer silence;
  v1::FromAgent message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return broken("message is no FromAgent");
  }
  return message;
}

Result<core::AgentConnected> read_hello(const v1::Hello& hello) {
  if (hello.protocol_version() != kProtocolVersion) {
    return broken("Hello speaks protocol version " + std::to_string(hello.protocol_version()) +
                  ", we speak " + std::to_string(kProtocolVersion));
  }
  const auto& inventory = hello.inventory();
  if (hello.features_size() > kFeaturesMax) return broken("Hello has too many features");
  for (const auto& feature : hello.features()) {
    if (!is_text(feature, kIdMax)) return broken("Hello has an unusable feature name");
  }
  if (!is_boot_id(hello.boot_id())) return broken("Hello has no usable boot id");
  if (!is_text(hello.machine_id(), kIdMax) || !is_text(hello.agent_version(), kIdMax)) {
    return broken("Hello has an unusable machine id or version");
  }
  const auto& wake = inventory.wake_address();
  if (!wake.empty() && (!is_text(wake, 2 * kIdMax) || !parse_host_port(wake))) {
    return broken("Hello has a wake address that is not host:port");
  }
  const auto power_fits = [](std::int64_t mw) { return mw >= 0 && mw <= kPowerMilliwattsMax; };
  if (hello.fence_highest_seen() < 0 || !power_fits(inventory.power_idle_milliwatts()) ||
      !power_fits(inventory.power_peak_milliwatts())) {
    return broken("Hello has a number out of its range");
  }
  auto nics = read_nics(inventory.nics());
  if (!nics) return std::unexpected(std::move(nics.error()));
  auto machine = read_machine(inventory.machine());
  if (!machine) return std::unexpected(std::move(machine.error()));
  auto boot = read_boot(inventory.boot());
  if (!boot) return std::unexpected(std::move(boot.error()));
  std::optional<core::BmcFacts> own_bmc;
  if (inventory.has_bmc()) {
    auto bmc = read_bmc(inventory.bmc());
    if (!bmc) return std::unexpected(std::move(bmc.error()));
    own_bmc = std::move(*bmc);
  }
  std::optional<core::KubeletCertificate> kubelet;
  if (inventory.has_kubelet_certificate()) {
    auto certificate = read_kubelet_certificate(inventory.kubelet_certificate());
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    kubelet = *certificate;
  }
  core::AgentConnected connected;
  connected.relays = std::find(hello.features().begin(), hello.features().end(), kRelayFeature) !=
                     hello.features().end();
  connected.fence_highest_seen = hello.fence_highest_seen();
  connected.inventory = {hello.machine_id(),
                         core::life_id(hello.boot_id(), hello.resumes()),
                         std::move(*nics),
                         wake,
                         known_power(inventory.power_idle_milliwatts()),
                         known_power(inventory.power_peak_milliwatts()),
                         std::move(*machine),
                         std::move(*boot),
                         std::move(own_bmc),
                         kubelet};
  return connected;
}

Result<core::AgentHeartbeat> read_heartbeat(const v1::Heartbeat& heartbeat) {
  if (heartbeat.energy_size() > kCountersMax) return broken("list of energy counters is too long");
  for (const auto& counter : heartbeat.energy()) {
    if (!is_text(counter.source(), kIdMax) || !is_text(counter.domain(), kIdMax)) {
      return broken("energy counter has an unusable name");
    }
  }
  for (const auto* vetoes : {&heartbeat.vetoes(), &heartbeat.sleep_vetoes()}) {
    if (vetoes->size() > kVetoesMax) return broken("list of vetoes is too long");
    for (const auto& veto : *vetoes) {
      if (!is_text(veto, kSentenceMax)) return broken("veto is too long or no text");
    }
  }
  const auto uptime_fits = [](std::int64_t ms) { return ms >= 0 && ms <= kUptimeMsMax; };
  if (!uptime_fits(heartbeat.uptime_ms()) || !uptime_fits(heartbeat.energy_since_ms())) {
    return broken("uptime is out of range");
  }
  if (heartbeat.energy_at_ms() < 0 || heartbeat.energy_at_ms() > heartbeat.uptime_ms()) {
    return broken("energy is of a time to come");
  }
  if (!is_text(heartbeat.power_source(), kIdMax) ||
      !is_text(heartbeat.power_problem(), kSentenceMax)) {
    return broken("power source or problem is no text");
  }
  auto nics = read_nics(heartbeat.nics());
  if (!nics) return std::unexpected(std::move(nics.error()));
  core::AgentHeartbeat facts;
  facts.sequence = heartbeat.sequence();
  facts.boot_id = core::life_id(heartbeat.boot_id(), heartbeat.resumes());
  facts.uptime = Duration(heartbeat.uptime_ms());
  facts.nics = std::move(*nics);
  if (heartbeat.fence_highest_seen() < 0) return broken("fence is negative");
  facts.fence_highest_seen = heartbeat.fence_highest_seen();
  facts.vetoes.assign(heartbeat.vetoes().begin(), heartbeat.vetoes().end());
  facts.sleep_vetoes.assign(heartbeat.sleep_vetoes().begin(), heartbeat.sleep_vetoes().end());
  facts.power_source = heartbeat.power_source();
  facts.power_problem = heartbeat.power_problem();
  facts.energy_since = Duration(heartbeat.energy_since_ms());
  if (heartbeat.has_boot()) {
    auto boot = read_boot(heartbeat.boot());
    if (!boot) return std::unexpected(std::move(boot.error()));
    facts.boot = std::move(*boot);
  }
  if (heartbeat.has_machine()) {
    auto machine = read_machine(heartbeat.machine());
    if (!machine) return std::unexpected(std::move(machine.error()));
    facts.machine = std::move(*machine);
  }
  if (heartbeat.has_bmc()) {
    auto bmc = read_bmc(heartbeat.bmc());
    if (!bmc) return std::unexpected(std::move(bmc.error()));
    facts.bmc = std::move(*bmc);
  }
  if (heartbeat.has_kubelet_certificate()) {
    auto certificate = read_kubelet_certificate(heartbeat.kubelet_certificate());
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    facts.kubelet_certificate = *certificate;
  }
  if (heartbeat.has_pods()) {
    auto pods = read_pods(heartbeat.pods());
    if (!pods) return std::unexpected(std::move(pods.error()));
    facts.pods = std::move(*pods);
  }
  return facts;
}

Result<core::AgentGoodbye> read_goodbye(const v1::Goodbye& goodbye) {
  if (!is_text(goodbye.command_id(), kCommandIdMax) || !is_text(goodbye.boot_id(), kIdMax)) {
    return broken("Goodbye has an unusable id");
  }
  core::AgentGoodbye facts;
  facts.origin = origin_of(goodbye.origin());
  facts.command_id = goodbye.command_id();
  facts.boot_id = core::life_id(goodbye.boot_id(), goodbye.resumes());
  return facts;
}

Result<v1::ToAgent> make_shutdown(const core::Step& step) {
  const auto* action = std::get_if<core::ShutdownNode>(&step.action);
  if (action == nullptr) return fail(Errc::invalid, step.id.text() + " is no shutdown");
  v1::ToAgent message;
  auto& shutdown = *message.mutable_shutdown();
  // Step numbers are this process's own: another leader's may be the same, the fence is not.
  shutdown.set_command_id(step.id.text() + "@" + std::to_string(step.fence));
  shutdown.set_fence(step.fence);
  shutdown.set_heartbeat_sequence(action->heartbeat_sequence);
  for (const auto& pod : action->pods_that_may_remain) shutdown.add_pods_that_may_remain(pod);
  shutdown.set_reason(step.reason.text);
  shutdown.set_mode(mode_of(action->mode));
  if (message.ByteSizeLong() > kFrameBytesMax) {
    return fail(Errc::too_large, "shutdown of " + step.id.subject + " names " +
                                     std::to_string(action->pods_that_may_remain.size()) +
                                     " pods that may remain: too many for one message");
  }
  return message;
}

Result<v1::ToAgent> make_relay(const core::Relay& by, const RelayedPackets& packets) {
  v1::ToAgent message;
  auto& relay = *message.mutable_relay();
  for (const auto& text : packets.macs) {
    const auto mac = MacAddress::parse(text);
    if (!mac) return fail(Errc::invalid, "\"" + text + "\" is not a MAC address");
    relay.add_macs(mac->raw());
  }
  relay.set_broadcast(by.broadcast);
  relay.set_port(by.port);
  if (packets.secure_on) relay.set_secure_on(packets.secure_on->raw());
  relay.set_raw(packets.raw);
  return message;
}

}  // namespace ecokube
