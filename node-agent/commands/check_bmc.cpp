#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <string>

#include "node-agent/commands/check_findings.h"
#include "node-agent/sensors/bmc_device.h"
#include "node-agent/wake_options.h"

namespace ecokube::agent {
namespace {

namespace asio = boost::asio;

BmcAnswer ask_bmc(const Config& config) {
  asio::io_context io(1);
  OwnBmc bmc(io.get_executor(), bmc_options(config));
  auto looked = asio::co_spawn(io, bmc.look(), asio::use_future);
  io.run();
  looked.get();
  return bmc.seen().value_or(BmcAnswer());
}

std::string where(const BmcAnswer& bmc) {
  auto text = "its BMC is at " + bmc.address;
  std::string details = bmc.source;
  if (!bmc.mac.empty()) details += (details.empty() ? "MAC " : ", MAC ") + bmc.mac;
  if (bmc.vlan != 0) details += (details.empty() ? "VLAN " : ", VLAN ") + std::to_string(bmc.vlan);
  return details.empty() ? text : text + " (" + details + ")";
}

Finding no_device(const std::filesystem::path& sysfs) {
  if (!firmware_names_bmc(sysfs)) return fine("no management controller (BMC) is seen");
  return warning(
      "the firmware says that there is a management controller (BMC), and no driver shows it",
      "modprobe ipmi_si ipmi_devintf, and name both in /etc/modules-load.d/ipmi.conf");
}

}  // namespace

// A machine without a BMC, or with one that nobody uses, sleeps and wakes all the same.
std::vector<Finding> check_bmc(const Config& config) {
  if (!has_ipmi_device(config.roots.sysfs)) return {no_device(config.roots.sysfs)};
  if (config.bmc_socket.empty()) {
    return {fine("there is a management controller (BMC), which nobody asks ([wake] bmc_socket)")};
  }
  const auto bmc = ask_bmc(config);
  std::vector<Finding> findings;
  if (!bmc.address.empty()) findings.push_back(fine(where(bmc) + ", as the coordinator is told"));
  if (!bmc.problem.empty()) {
    findings.push_back(split_finding(Finding::Level::warning, bmc.problem));
  }
  if (!bmc.present) {
    findings.push_back(warning("there is a driver for a management controller (BMC), and no device",
                               "is /dev/ipmi0 there? modprobe ipmi_si ipmi_devintf"));
  }
  return findings;
}

}  // namespace ecokube::agent
