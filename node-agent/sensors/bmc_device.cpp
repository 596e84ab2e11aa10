#include "node-agent/sensors/bmc_device.h"

#include <string_view>
#include <system_error>

namespace ecokube::agent {
namespace {

bool any_entry(const std::filesystem::path& folder, std::string_view prefix) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

bool has_ipmi_device(const std::filesystem::path& sysfs) {
  return any_entry(sysfs / "class/ipmi", "ipmi");
}

bool firmware_names_bmc(const std::filesystem::path& sysfs) {
  return any_entry(sysfs / "firmware/dmi/entries", "38-") ||
         any_entry(sysfs / "bus/acpi/devices", "IPI0001:");
}

}  // namespace ecokube::agent
