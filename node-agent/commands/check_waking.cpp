#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

#include "node-agent/commands/check_findings.h"
#include "node-agent/sensors/boot_state.h"
#include "node-agent/sensors/firmware.h"
#include "node-agent/wake_options.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

Waking look_at_nics(const Config& config) {
  asio::io_context io(1);
  auto options = arming_options(config);
  options.only_look = true;
  NicArming arming(io.get_executor(), options);
  auto looked = asio::co_spawn(io, arming.arm(), asio::use_future);
  io.run();
  looked.get();
  return arming.look();
}

std::string joined_names(const std::vector<WakingNic>& nics) {
  std::string names;
  for (const auto& each : nics) names += (names.empty() ? "" : ", ") + each.nic.name;
  return names;
}

void check_armed(const Config& config, const Waking& waking, std::vector<Finding>& findings) {
  std::vector<WakingNic> armed;
  std::copy_if(waking.nics.begin(), waking.nics.end(), std::back_inserter(armed),
               [](const WakingNic& each) { return each.nic.wake_armed; });
  if (!armed.empty()) {
    findings.push_back(fine("armed to wake the machine: " + joined_names(armed)));
    if (std::none_of(armed.begin(), armed.end(),
                     [](const auto& each) { return each.nic.link_up; })) {
      findings.push_back(problem("no armed network card has a link: no packet comes in",
                                 "plug in the cable, or arm the card that is plugged in"));
    }
    return;
  }
  if (!config.woken_by_network) {
    findings.push_back(fine("its BMC wakes it ([wake] by): no network card needs to be armed"));
    return;
  }
  if (!waking.verified) {
    findings.push_back(
        problem("no network card is armed to wake the machine (" + joined_names(waking.nics) +
                    "): every shutdown is refused",
                "ethtool -s " + waking.nics.front().nic.name +
                    " wol g, on each boot; and switch Wake-on-LAN on in the firmware"));
    return;
  }
  for (const auto& each : waking.nics) {
    // The agent arms what can be armed, when it runs.
    findings.push_back(
        each.supported.value_or(false)
            ? warning(each.nic.name + " is not armed yet",
                      "start the agent, it arms it; or: ethtool -s " + each.nic.name + " wol g")
            : split_finding(Finding::Level::problem, each.problem));
  }
}

/// Without an alarm the machine sleeps until it is woken: worth knowing, no reason to stay on
/// (S26).
void check_clock(const Config& config, std::vector<Finding>& findings) {
  asio::io_context io(1);
  RtcWaking clock(io.get_executor(), clock_options(config, {}));
  if (!clock.wanted()) return;
  if (!clock.able()) {
    findings.push_back(warning(
        "this machine has no clock that could wake it: it comes back only when it is woken",
        "load the clock's driver (modprobe rtc_cmos), or set rtc_alarm_days = 0 in [wake]"));
    return;
  }
  if (config.rtc_socket.empty()) return;
  auto looked = asio::co_spawn(io, clock.look(), asio::use_future);
  io.run();
  const auto answer = looked.get();
  const auto said = answer ? answer->problem : answer.error().message;
  if (said.empty()) {
    findings.push_back(fine("the hardware clock can wake the machine"));
    return;
  }
  findings.push_back(split_finding(Finding::Level::warning, said));
}

Finding check_segments(const Config& config, const Waking& waking) {
  if (!config.wake_address.empty()) {
    return fine("its magic packets go to " + config.wake_address);
  }
  std::string segments;
  for (const auto& [nic, supported, problem] : waking.nics) {
    for (const auto& subnet : nic.subnets) {
      segments += (segments.empty() ? "" : ", ") + subnet.text() + " on " + nic.name;
    }
  }
  if (!segments.empty()) return fine("its magic packets go to its segment: " + segments);
  return warning("no network card has an IPv4 address, so the segment is not known",
                 "give segments in [wake], or address in the coordinator's [[node]]");
}

/// Who this machine is, for the coordinator to compare with its BMC and its kubelet.
Finding check_identity(const MachineRoots& roots) {
  const auto firmware = read_firmware(roots);
  if (!firmware.smbios_uuid.empty()) {
    return fine("the firmware calls this machine " + firmware.smbios_uuid);
  }
  if (firmware.uuid_denied) {
    return warning(
        "the SMBIOS UUID may not be read: the coordinator can't tell by it that a BMC "
        "is this machine's",
        "systemd-tmpfiles --create ecokube-agent.conf opens it to the agent's group");
  }
  return warning("the firmware gives no SMBIOS UUID",
                 "give bmc_guid in the coordinator's [[node]] if the machine has a BMC");
}

}  // namespace

std::vector<Finding> check_waking(const Config& config) {
  const auto waking = look_at_nics(config);
  if (waking.nics.empty() && config.woken_by_network) {
    return {
        problem("there is no network card with a device behind it: nothing can wake "
                "this machine",
                "by = \"bmc\" in [wake], if the coordinator reaches its BMC")};
  }
  std::vector<Finding> findings;
  check_armed(config, waking, findings);
  findings.push_back(check_segments(config, waking));
  findings.push_back(check_identity(config.roots));
  if (const auto pending = read_boot_state(config.roots).pending; !pending.empty()) {
    findings.push_back(warning("the next boot is not the one that runs: " + pending,
                               "reboot when it suits you: what never booted may not come back"));
  }
  if (!waking.verified && !config.arm_socket.empty()) {
    findings.push_back(
        warning("there is no ecokube-nic-arm at " + config.arm_socket.string() +
                    ": nobody arms the network cards, and device/power/wakeup is believed",
                "systemctl enable --now ecokube-nic-arm.socket"));
  }
  check_clock(config, findings);
  return findings;
}

}  // namespace ecokube::agent
