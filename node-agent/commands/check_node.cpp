#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "node-agent/commands/check_findings.h"
#include "node-agent/sensors/boot_state.h"
#include "node-agent/sensors/firmware.h"
#include "node-agent/sensors/segments.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(file, ignored));
}

bool is_program(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

bool is_found(const std::string& program) {
  if (program.find('/') != std::string::npos) return is_program(program);
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (is_program(fs::path(folder) / program)) return true;
  }
  return false;
}

Finding check_state(const fs::path& folder) {
  if (!is_there(folder)) {
    return warning("the state folder " + folder.string() + " does not exist yet",
                   "the agent makes it when it starts, if it may");
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    return problem("the state folder " + folder.string() +
                       " can't be written: every shutdown would be refused",
                   "give it to the agent's user");
  }
  return fine("the state folder " + folder.string() + " can be written");
}

Finding check_hooks(const fs::path& folder) {
  std::error_code error;
  std::string wrong;
  std::size_t count = 0;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    ++count;
    if (!is_program(it->path())) wrong = it->path().string();
  }
  if (!wrong.empty()) {
    return problem("the hook " + wrong + " is no executable file: every shutdown is refused",
                   "chmod +x, or take it out of the folder");
  }
  return fine(std::to_string(count) + " hooks run before power-off");
}

// Without a command of its own the agent asks logind.
Finding check_action(const std::vector<std::string>& action) {
  if (!action.empty()) {
    return is_found(action.front())
               ? fine("power-off is done by " + action.front())
               : problem("the program " + action.front() + " for power-off is not there",
                         "install it, or name another as action in [shutdown]");
  }
  return is_there("/run/systemd/system")
             ? fine("power-off goes through logind")
             : problem("systemd does not run here, so logind can't power the machine off",
                       "name a command as action in [shutdown]");
}

std::string joined_names(const std::vector<Nic>& nics) {
  std::string names;
  for (const auto& nic : nics) names += (names.empty() ? "" : ", ") + nic.name;
  return names;
}

Finding check_segments(const Config& config, const std::vector<Nic>& nics) {
  if (!config.wake_address.empty()) {
    return fine("its magic packets go to " + config.wake_address);
  }
  std::string segments;
  for (const auto& nic : nics) {
    for (const auto& subnet : nic.subnets) {
      segments += (segments.empty() ? "" : ", ") + subnet.text() + " on " + nic.name;
    }
  }
  if (!segments.empty()) return fine("its magic packets go to its segment: " + segments);
  return warning("no network card has an IPv4 address, so the segment is not known",
                 "give segments in [wake], or address in the coordinator's [[node]]");
}

}  // namespace

std::vector<Finding> check_sleeping(const Config& config) {
  std::vector<Finding> findings;
  if (is_there(config.hold_file)) {
    findings.push_back(
        problem("the hold file " + config.hold_file.string() + " exists: every shutdown is refused",
                "remove it when the machine may sleep"));
  }
  findings.push_back(check_state(config.state_dir));
  findings.push_back(check_hooks(config.hooks_dir));
  findings.push_back(check_action(config.action));
  return findings;
}

namespace {

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
  const auto nics = read_nics_on_segments(config.roots, config.wake_segments);
  if (nics.empty()) {
    return {
        problem("there is no network card with a device behind it: nothing can wake "
                "this machine",
                "virtual machines need another way to be woken")};
  }
  std::vector<Finding> findings;
  std::vector<Nic> armed;
  std::copy_if(nics.begin(), nics.end(), std::back_inserter(armed),
               [](const Nic& nic) { return nic.wake_armed; });
  if (armed.empty()) {
    findings.push_back(
        problem("no network card is armed to wake the machine (" + joined_names(nics) +
                    "): every shutdown is refused",
                "ethtool -s " + nics.front().name +
                    " wol g, on each boot; and switch Wake-on-LAN on in the firmware"));
  } else {
    findings.push_back(fine("armed to wake the machine: " + joined_names(armed)));
    if (std::none_of(armed.begin(), armed.end(), [](const Nic& nic) { return nic.link_up; })) {
      findings.push_back(problem("no armed network card has a link: no packet comes in",
                                 "plug in the cable, or arm the card that is plugged in"));
    }
  }
  findings.push_back(check_segments(config, nics));
  findings.push_back(check_identity(config.roots));
  if (const auto pending = read_boot_state(config.roots).pending; !pending.empty()) {
    findings.push_back(warning("the next boot is not the one that runs: " + pending,
                               "reboot when it suits you: what never booted may not come back"));
  }
  return findings;
}

}  // namespace ecokube::agent
