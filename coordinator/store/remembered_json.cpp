#include "coordinator/store/remembered_json.h"

#include <array>
#include <boost/json.hpp>
#include <optional>

#include "coordinator/store/json_fields.h"

namespace ecokube {
namespace {

namespace json = boost::json;
using core::LeaveOrigin;

constexpr std::array kOrigins{LeaveOrigin::coordinator, LeaveOrigin::person,
                              LeaveOrigin::reboot,      LeaveOrigin::service_stop,
                              LeaveOrigin::ups,         LeaveOrigin::unspecified};

LeaveOrigin origin_from(std::string_view word) {
  for (const auto origin : kOrigins) {
    if (core::to_string(origin) == word) return origin;
  }
  return LeaveOrigin::unspecified;
}

json::array to_json(const std::vector<core::NicFacts>& nics) {
  json::array list;
  for (const auto& nic : nics) {
    json::array subnets;
    for (const auto& subnet : nic.subnets) subnets.emplace_back(subnet.text());
    list.push_back({{"name", nic.name},
                    {"mac", nic.mac.text()},
                    {"link_up", nic.link_up},
                    {"wake_armed", nic.wake_armed},
                    {"subnets", std::move(subnets)}});
  }
  return list;
}

json::value to_json(const std::optional<Power>& power) {
  return power ? json::value(power->milliwatts()) : json::value(nullptr);
}

json::value to_json(const std::optional<Duration>& time) {
  return time ? json::value(time->count()) : json::value(nullptr);
}

json::object to_json(const core::MachineFacts& machine) {
  return {{"smbios_uuid", machine.smbios_uuid},
          {"serial", machine.serial},
          {"firmware_vendor", machine.firmware_vendor},
          {"firmware_version", machine.firmware_version},
          {"firmware_date", machine.firmware_date},
          {"rtc_alarm", machine.rtc_alarm},
          {"can_suspend", machine.can_suspend},
          {"can_hibernate", machine.can_hibernate},
          {"boot_firmware_ms", to_json(machine.boot_firmware)},
          {"boot_loader_ms", to_json(machine.boot_loader)},
          {"boot_kernel_ms", to_json(machine.boot_kernel)},
          {"boot_userspace_ms", to_json(machine.boot_userspace)}};
}

json::value to_json(const std::optional<core::BmcFacts>& bmc) {
  if (!bmc) return nullptr;
  return json::object{{"present", bmc->present}, {"address", bmc->address},
                      {"mac", bmc->mac},         {"address_source", bmc->address_source},
                      {"vlan", bmc->vlan},       {"guid", bmc->guid},
                      {"problem", bmc->problem}};
}

json::value to_json(const std::optional<core::KubeletCertificate>& certificate) {
  if (!certificate) return nullptr;
  const auto& validity = certificate->validity;
  if (!validity) return json::object{{"present", false}};
  return json::object{{"present", true},
                      {"not_before_ms", to_ms(validity->not_before)},
                      {"not_after_ms", to_ms(validity->not_after)}};
}

// Readers: an absent key is an empty value, a wrong type throws (and the node is refused).
bool flag(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value && value->as_bool();
}
std::optional<std::int64_t> number(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  if (!value || value->is_null()) return std::nullopt;
  return value->as_int64();
}
const json::array& list(const json::object& from, std::string_view key) {
  static const json::array kNone;
  const auto* value = from.if_contains(key);
  return value ? value->as_array() : kNone;
}
std::optional<Duration> duration(const json::object& from, std::string_view key) {
  const auto milliseconds = number(from, key);
  return milliseconds ? std::optional(Duration(*milliseconds)) : std::nullopt;
}
std::optional<Power> power(const json::object& from, std::string_view key) {
  const auto milliwatts = number(from, key);
  return milliwatts ? std::optional(Power::milliwatts(*milliwatts)) : std::nullopt;
}

std::vector<Ipv4Subnet> subnets_from(const json::object& nic) {
  std::vector<Ipv4Subnet> subnets;
  for (const auto& entry : list(nic, "subnets")) {
    const auto subnet = Ipv4Subnet::parse(std::string(entry.as_string()));
    if (subnet) subnets.push_back(*subnet);
  }
  return subnets;
}

core::MachineFacts machine_from(const json::object& from) {
  core::MachineFacts machine;
  machine.smbios_uuid = text_field(from, "smbios_uuid");
  machine.serial = text_field(from, "serial");
  machine.firmware_vendor = text_field(from, "firmware_vendor");
  machine.firmware_version = text_field(from, "firmware_version");
  machine.firmware_date = text_field(from, "firmware_date");
  machine.rtc_alarm = flag(from, "rtc_alarm");
  machine.can_suspend = flag(from, "can_suspend");
  machine.can_hibernate = flag(from, "can_hibernate");
  machine.boot_firmware = duration(from, "boot_firmware_ms");
  machine.boot_loader = duration(from, "boot_loader_ms");
  machine.boot_kernel = duration(from, "boot_kernel_ms");
  machine.boot_userspace = duration(from, "boot_userspace_ms");
  return machine;
}

core::BmcFacts bmc_from(const json::object& from) {
  return {flag(from, "present"),
          text_field(from, "address"),
          text_field(from, "mac"),
          text_field(from, "address_source"),
          static_cast<std::uint32_t>(number(from, "vlan").value_or(0)),
          text_field(from, "guid"),
          text_field(from, "problem")};
}

core::KubeletCertificate kubelet_certificate_from(const json::object& from) {
  const auto before = number(from, "not_before_ms");
  const auto after = number(from, "not_after_ms");
  if (!flag(from, "present") || !before || !after) return {};
  return {Validity{from_ms(*before), from_ms(*after)}};
}

core::Inventory inventory_from(const json::object& from) {
  core::Inventory inventory;
  inventory.machine_id = text_field(from, "machine_id");
  inventory.boot_id = text_field(from, "boot_id");
  inventory.wake_address = text_field(from, "wake_address");
  inventory.idle = power(from, "idle_milliwatts");
  inventory.peak = power(from, "peak_milliwatts");
  for (const auto& entry : list(from, "nics")) {
    const auto& nic = entry.as_object();
    const auto mac = MacAddress::parse(text_field(nic, "mac"));
    if (!mac) continue;
    inventory.nics.push_back({text_field(nic, "name"), *mac, flag(nic, "link_up"),
                              flag(nic, "wake_armed"), subnets_from(nic)});
  }
  if (const auto* machine = from.if_contains("machine")) {
    inventory.machine = machine_from(machine->as_object());
  }
  if (const auto* bmc = from.if_contains("bmc"); bmc && bmc->is_object()) {
    inventory.bmc = bmc_from(bmc->as_object());
  }
  if (const auto* kubelet = from.if_contains("kubelet_certificate");
      kubelet && kubelet->is_object()) {
    inventory.kubelet_certificate = kubelet_certificate_from(kubelet->as_object());
  }
  inventory.boot = {text_field(from, "boot_fingerprint"), text_field(from, "boot_pending")};
  return inventory;
}

core::AgentGoodbye goodbye_from(const NodeName& node, const json::object& from) {
  core::AgentGoodbye goodbye;
  goodbye.node = node;
  goodbye.session = static_cast<std::uint64_t>(number(from, "session").value_or(0));
  goodbye.origin = origin_from(text_field(from, "origin"));
  goodbye.command_id = text_field(from, "command_id");
  goodbye.boot_id = text_field(from, "boot_id");
  return goodbye;
}

}  // namespace

std::string to_document(const core::RememberedNode& node) {
  json::object inventory{{"machine_id", node.inventory.machine_id},
                         {"boot_id", node.inventory.boot_id},
                         {"nics", to_json(node.inventory.nics)},
                         {"wake_address", node.inventory.wake_address},
                         {"idle_milliwatts", to_json(node.inventory.idle)},
                         {"peak_milliwatts", to_json(node.inventory.peak)},
                         {"machine", to_json(node.inventory.machine)},
                         {"bmc", to_json(node.inventory.bmc)},
                         {"kubelet_certificate", to_json(node.inventory.kubelet_certificate)},
                         {"boot_fingerprint", node.inventory.boot.fingerprint},
                         {"boot_pending", node.inventory.boot.pending}};
  json::array boots;
  for (const auto time : node.boot_times) boots.push_back(time.count());
  json::array downs;
  for (const auto at : node.downs) downs.push_back(to_ms(at));
  json::object document{{"inventory", std::move(inventory)},
                        {"boot_times_ms", std::move(boots)},
                        {"downs_at_ms", std::move(downs)},
                        {"transition", node.transition}};
  if (node.wake_proven_at) document["wake_proven_at_ms"] = to_ms(*node.wake_proven_at);
  if (!node.wake_proven_boot.empty()) document["wake_proven_boot"] = node.wake_proven_boot;
  document["wake_proven_sleep_ms"] = node.wake_proven_sleep.count();
  document["wake_proven_mode"] = core::to_string(node.wake_proven_mode);
  if (node.peak_seen) document["peak_seen_milliwatts"] = node.peak_seen->milliwatts();
  if (node.goodbye) {
    document["goodbye"] = {{"session", static_cast<std::int64_t>(node.goodbye->session)},
                           {"origin", core::to_string(node.goodbye->origin)},
                           {"command_id", node.goodbye->command_id},
                           {"boot_id", node.goodbye->boot_id}};
  }
  return json::serialize(document);
}

Result<core::RememberedNode> from_document(std::string_view name, std::string_view document) try {
  const auto parsed = json::parse(document);
  const auto& from = parsed.as_object();
  core::RememberedNode node;
  node.name = std::string(name);
  if (const auto* inventory = from.if_contains("inventory")) {
    node.inventory = inventory_from(inventory->as_object());
  }
  for (const auto& time : list(from, "boot_times_ms")) {
    node.boot_times.emplace_back(time.as_int64());
  }
  for (const auto& at : list(from, "downs_at_ms")) node.downs.push_back(from_ms(at.as_int64()));
  if (const auto at = number(from, "wake_proven_at_ms")) node.wake_proven_at = from_ms(*at);
  node.wake_proven_boot = text_field(from, "wake_proven_boot");
  node.wake_proven_sleep = Duration(number(from, "wake_proven_sleep_ms").value_or(0));
  node.wake_proven_mode = core::parse_sleep_mode(text_field(from, "wake_proven_mode"))
                              .value_or(core::SleepMode::power_off);
  node.peak_seen = power(from, "peak_seen_milliwatts");
  if (const auto* goodbye = from.if_contains("goodbye")) {
    node.goodbye = goodbye_from(node.name, goodbye->as_object());
  }
  node.transition = number(from, "transition").value_or(0);
  return node;
} catch (const std::exception& problem) {
  return fail(Errc::io,
              "the stored node " + std::string(name) + " is not readable: " + problem.what());
}

}  // namespace ecokube
