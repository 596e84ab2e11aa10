#include "node-agent/sensors/firmware.h"

#include <algorithm>
#include <cerrno>

#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

std::string words_of(const SmallFile& read) {
  constexpr std::size_t kWordsMax = 64;
  auto text = read.text.substr(0, kWordsMax);
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

fs::path rtc_alarm_file(const fs::path& sysfs) { return sysfs / "class/rtc/rtc0/wakealarm"; }

Firmware read_firmware(const MachineRoots& roots) {
  const auto folder = roots.sysfs / "class/dmi/id";
  const auto words = [&](const char* name) { return words_of(read_small_file(folder / name)); };
  const auto uuid = read_small_file(folder / "product_uuid");
  Firmware firmware;
  firmware.smbios_uuid = words_of(uuid);
  firmware.uuid_denied = uuid.error == EACCES;
  firmware.serial = words("product_serial");
  firmware.vendor = words("bios_vendor");
  firmware.version = words("bios_version");
  firmware.date = words("bios_date");
  std::error_code missing;
  firmware.rtc_alarm = fs::exists(rtc_alarm_file(roots.sysfs), missing);
  return firmware;
}

}  // namespace ecokube::agent
