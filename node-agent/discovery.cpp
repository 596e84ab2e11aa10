#include "node-agent/discovery.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "common/boot_clock.h"
#include "common/host_port.h"
#include "common/log.h"
#include "node-agent/sensors/firmware.h"
#include "node-agent/sensors/segments.h"
#include "node-agent/wake_options.h"

namespace ecokube::agent {
namespace {

/// By custom discard and echo, and what this machine itself is woken by.
std::set<std::uint16_t> relay_ports(const Config& config) {
  std::set<std::uint16_t> ports{7, 9};
  const auto own = parse_host_port(config.wake_address);
  if (own) ports.insert(own->port);
  return ports;
}

std::int64_t ms_of(const std::optional<std::chrono::milliseconds>& time) {
  return time ? time->count() : 0;
}

Result<MagicOrder> order_of(const v1::Relay& asked) {
  constexpr int kMacsMax = 64;
  if (asked.macs_size() > kMacsMax || asked.port() > std::numeric_limits<std::uint16_t>::max()) {
    return fail(Errc::protocol, "too many MACs, or no port");
  }
  MagicOrder order;
  for (const auto& raw : asked.macs()) {
    const auto mac = MacAddress::from_bytes(raw);
    if (!mac) return fail(Errc::protocol, "a MAC is not 6 bytes long");
    order.macs.push_back(*mac);
  }
  order.secure_on = SecureOn::from_bytes(asked.secure_on());
  if (!asked.secure_on().empty() && !order.secure_on) {
    return fail(Errc::protocol, "a SecureOn password is neither 4 nor 6 bytes long");
  }
  order.broadcast = asked.broadcast();
  order.port = static_cast<std::uint16_t>(asked.port());
  return order;
}

std::string text_of(const std::vector<std::string>& interfaces) {
  std::string text;
  for (const auto& interface : interfaces) text += (text.empty() ? "" : ",") + interface;
  return text;
}

std::vector<Ipv4Subnet> segments_of(const std::vector<Nic>& nics) {
  std::vector<Ipv4Subnet> all;
  for (const auto& nic : nics) all.insert(all.end(), nic.subnets.begin(), nic.subnets.end());
  return all;
}

}  // namespace

Discovery::Discovery(boost::asio::any_io_executor executor, const Config& config)
    : roots_(config.roots),
      given_segments_(config.wake_segments),
      relays_(config.relay),
      boot_(config.roots),
      bmc_(executor, bmc_options(config)),
      kubelet_(executor, kubelet_options(config)),
      relay_(relay_ports(config)),
      raw_(std::move(executor), config.raw_socket) {}

void Discovery::write_machine(v1::Machine& out) const {
  const auto firmware = read_firmware(roots_);
  out.set_smbios_uuid(firmware.smbios_uuid);
  out.set_serial(firmware.serial);
  out.set_firmware_vendor(firmware.vendor);
  out.set_firmware_version(firmware.version);
  out.set_firmware_date(firmware.date);
  out.set_rtc_alarm(firmware.rtc_alarm);
  out.set_can_suspend(abilities_().suspend);
  out.set_can_hibernate(abilities_().hibernate);
  const auto times = boot_times_();
  out.set_boot_firmware_ms(ms_of(times.firmware));
  out.set_boot_loader_ms(ms_of(times.loader));
  out.set_boot_kernel_ms(ms_of(times.kernel));
  out.set_boot_userspace_ms(ms_of(times.userspace));
}

void Discovery::write_boot(const BootState& boot, v1::Boot& out) const {
  out.set_fingerprint(boot.fingerprint);
  out.set_pending(boot.pending);
  out.set_after_crash(after_crash_);
}

void Discovery::write(v1::Hello& hello) {
  if (relays_) hello.add_features("relay");
  auto& inventory = *hello.mutable_inventory();
  write_machine(*inventory.mutable_machine());
  write_boot(boot_.at(boottime_now()), *inventory.mutable_boot());
  if (const auto& bmc = bmc_.seen()) write_bmc(*bmc, *inventory.mutable_bmc());
  if (kubelet_.known()) {
    write_kubelet_certificate(*kubelet_.seen(), *inventory.mutable_kubelet_certificate());
  }
}

void Discovery::write(v1::Heartbeat& heartbeat, Told& told) {
  if (const auto& boot = boot_.at(boottime_now()); told.boot != boot) {
    write_boot(boot, *heartbeat.mutable_boot());
    told.boot = boot;
  }
  const auto times = boot_times_();
  const auto sleep = abilities_();
  if (told.times != times || told.sleep != sleep) {
    write_machine(*heartbeat.mutable_machine());
    told.times = times;
    told.sleep = sleep;
  }
  if (const auto& bmc = bmc_.seen(); bmc && told.bmc != bmc) {
    write_bmc(*bmc, *heartbeat.mutable_bmc());
    told.bmc = bmc;
  }
  if (kubelet_.known() && told.kubelet != kubelet_.seen()) {
    write_kubelet_certificate(*kubelet_.seen(), *heartbeat.mutable_kubelet_certificate());
    told.kubelet = kubelet_.seen();
  }
}

Result<v1::RelayReply> Discovery::send(const v1::Relay& asked) {
  if (!relays_) return fail(Errc::forbidden, "[wake] relay is off here");
  const auto order = order_of(asked);
  if (!order) return std::unexpected(order.error());
  const auto network = read_network(roots_, given_segments_);
  const auto by = interfaces_on(network.nics, network.addresses, order->broadcast);
  const auto sent = relay_.send(*order, {segments_of(network.nics), by.addressed}, boottime_now());
  if (!sent) return std::unexpected(sent.error());
  log::info("relayed magic packets broadcast={} port={} macs={} kind=udp interfaces={}",
            ipv4_text(order->broadcast), order->port, order->macs.size(), text_of(*sent));
  v1::RelayReply reply;
  reply.set_sent(true);
  if (!asked.raw()) return reply;
  raw_.send({by.all, order->macs, order->secure_on});
  reply.set_raw_problem(raw_.problem(by.all));
  return reply;
}

// Packets are repeated every two seconds: the same trouble is logged once.
v1::RelayReply Discovery::relay(const v1::Relay& asked) {
  auto sent = send(asked);
  const auto problem = sent ? std::string() : sent.error().message;
  if (!sent && problem != relay_problem_) {
    log::warn("no magic packet relayed why=\"{}\"", problem);
  }
  relay_problem_ = problem;
  if (sent) return *std::move(sent);
  v1::RelayReply reply;
  reply.set_message(problem);
  return reply;
}

}  // namespace ecokube::agent
