#include "node-agent/helpers/arm_nic.h"

#include <cstring>
#include <system_error>

#include "common/interface_name.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

fs::path wakeup_file(const fs::path& sysfs, const std::string& nic) {
  return sysfs / "class/net" / nic / "device/power/wakeup";
}

Wakeup read_wakeup(const fs::path& file) {
  const auto read = read_small_file(file);
  if (read.text == "enabled") return Wakeup::enabled;
  return read.text == "disabled" ? Wakeup::disabled : Wakeup::none;
}

std::string firmware(const std::string& nic) {
  return "switch \"Wake on LAN\" on in the firmware (BIOS setup), then try: ethtool -s " + nic +
         " wol g";
}

NicAnswer unknown(std::string problem) {
  NicAnswer answer;
  answer.problem = std::move(problem);
  return answer;
}

NicAnswer no_driver_answer(const std::string& nic, const Error& error, Wakeup wakeup) {
  if (error.code == Errc::unsupported) {
    auto answer = unknown(nic +
                          " can't wake the machine, its driver knows no Wake-on-LAN; use "
                          "another NIC for it");
    answer.known = true;
    answer.wakeup = wakeup;
    return answer;
  }
  return unknown("asking the driver of " + nic + ": " + error.message);
}

/// Why it is not armed, of the state in which it was left; `error` is what was said to our try.
std::string why_not(const NicQuestion& question, const NicAnswer& answer,
                    const std::string& error) {
  const auto& nic = question.nic;
  if (answer.armed()) return {};
  if (!answer.supports_magic()) {
    return nic + " can't wake the machine by a magic packet (it supports " +
           wake_letters(answer.supported) + "); " + firmware(nic);
  }
  if (question.verb == NicQuestion::Verb::status) {
    return nic + " is not armed for Wake-on-LAN; run: ethtool -s " + nic + " wol g";
  }
  if ((answer.enabled & kWakeMagic) == 0) {
    return nic +
           (error.empty() ? " does not keep Wake-on-LAN: its driver took it and reads back " +
                                wake_letters(answer.enabled)
                          : " refused Wake-on-LAN: " + error) +
           "; " + firmware(nic);
  }
  return "device/power/wakeup of " + nic + " stays disabled" + (error.empty() ? "" : ": " + error) +
         "; write \"enabled\" to /sys/class/net/" + nic + "/device/power/wakeup";
}

}  // namespace

Result<NicQuestion> parse_nic_question(std::string_view line) {
  const auto blank = line.find(' ');
  const auto verb = line.substr(0, blank);
  const bool arm = verb == "arm";
  if (blank == std::string_view::npos || (!arm && verb != "status")) {
    return fail(Errc::invalid, "ask \"arm NIC\" or \"status NIC\"");
  }
  const auto nic = line.substr(blank + 1);
  // It becomes a part of a path in sysfs.
  if (!is_interface_name(nic)) return fail(Errc::invalid, "that is no name of a network interface");
  return NicQuestion{arm ? NicQuestion::Verb::arm : NicQuestion::Verb::status, std::string(nic)};
}

NicAnswer answer_of(const NicQuestion& question, WakeOnLanDriver& driver, const fs::path& sysfs) {
  const auto& nic = question.nic;
  std::error_code missing;
  if (!fs::exists(sysfs / "class/net" / nic, missing)) return unknown("there is no NIC " + nic);
  if (!fs::exists(sysfs / "class/net" / nic / "device", missing)) {
    return unknown(nic + " has no hardware behind it: nothing could wake the machine through it");
  }
  const auto file = wakeup_file(sysfs, nic);
  auto wol = driver.get(nic);
  if (!wol) return no_driver_answer(nic, wol.error(), read_wakeup(file));
  std::string error;
  const bool can = (wol->supported & kWakeMagic) != 0;
  if (question.verb == NicQuestion::Verb::arm && can) {
    if ((wol->enabled & kWakeMagic) == 0) {
      auto wanted = *wol;
      wanted.enabled |= kWakeMagic;
      if (const auto set = driver.set(nic, wanted); !set) error = set.error().message;
      wol = driver.get(nic);
      if (!wol) return no_driver_answer(nic, wol.error(), read_wakeup(file));
    }
    // Most drivers have done it by themselves.
    if (error.empty() && read_wakeup(file) == Wakeup::disabled) {
      if (const int failed = write_small_file(file, "enabled\n"); failed != 0)
        error = std::strerror(failed);
    }
  }
  NicAnswer answer{true, wol->supported, wol->enabled, read_wakeup(file), {}};
  answer.problem = why_not(question, answer, error);
  return answer;
}

}  // namespace ecokube::agent
