#include "node-agent/sensors/firmware.h"

#include <algorithm>
#include <cerrno>

#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

std::string words_of(const fs::path& file) {
  constexpr std::size_t kWordsMax = 64;
  auto text = read_small_file(file).text.substr(0, kWordsMax);
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

Firmware read_firmware(const MachineRoots& roots) {
  const auto folder = roots.sysfs / "class/dmi/id";
  Firmware firmware;
  firmware.smbios_uuid = words_of(folder / "product_uuid");
  firmware.uuid_denied = read_small_file(folder / "product_uuid").error == EACCES;
  firmware.serial = words_of(folder / "product_serial");
  firmware.vendor = words_of(folder / "bios_vendor");
  firmware.version = words_of(folder / "bios_version");
  firmware.date = words_of(folder / "bios_date");
  std::error_code missing;
  firmware.rtc_alarm = fs::exists(roots.sysfs / "class/rtc/rtc0/wakealarm", missing);
  return firmware;
}

}  // namespace ecokube::agent
