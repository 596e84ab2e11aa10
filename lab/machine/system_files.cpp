#include "lab/machine/system_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "common/whole_file.h"

namespace ecokube::lab {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCard = "class/net/eth0";
constexpr std::string_view kPackage = "class/powercap/intel-rapl:0";
constexpr std::string_view kCore = "class/powercap/intel-rapl:0:0";

Result<void> replace(const fs::path& file, std::string_view text) {
  return write_whole_file(file, std::string(text) + '\n');
}

// The kernel's attributes stay the same file for who has them open.
Result<void> write_in_place(const fs::path& file, std::uint64_t value) {
  constexpr int kWidth = 23;
  const std::string text = fmt::format("{:<{}}\n", value, kWidth);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return fail(Errc::io, "opening " + file.string() + ": " + std::strerror(errno));
  const auto written = ::pwrite(fd, text.data(), text.size(), 0);
  const int error = errno;
  ::close(fd);
  if (written != static_cast<ssize_t>(text.size())) {
    return fail(Errc::io, "writing " + file.string() + ": " + std::strerror(error));
  }
  return {};
}

Result<void> create_file(const fs::path& file, std::string_view text) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) {
    return fail(Errc::io, "creating " + file.parent_path().string() + ": " + error.message());
  }
  return replace(file, text);
}

}  // namespace

Result<void> SystemFiles::create(const MacAddress& mac, bool wake_armed, const PowerMeter& meter,
                                 std::uint64_t energy_range_uj) const {
  const std::string range = std::to_string(energy_range_uj);
  const std::string limit_uw = std::to_string(meter.model().peak.milliwatts() * 1000);
  const std::initializer_list<std::pair<fs::path, std::string>> files = {
      {sysfs_ / kCard / "address", mac.text()},
      {sysfs_ / kCard / "type", "1"},
      {sysfs_ / kCard / "operstate", "down"},
      {sysfs_ / "fs/cgroup/cgroup.controllers", ""},
      {sysfs_ / kCard / "device/power/wakeup", wake_armed ? "enabled" : "disabled"},
      {sysfs_ / kPackage / "name", "package-0"},
      {sysfs_ / kPackage / "enabled", "1"},
      {sysfs_ / kPackage / "max_energy_range_uj", range},
      {sysfs_ / kPackage / "constraint_0_name", "long_term"},
      {sysfs_ / kPackage / "constraint_0_max_power_uw", limit_uw},
      {sysfs_ / kCore / "name", "core"},
      {sysfs_ / kCore / "enabled", "0"},
      {sysfs_ / kCore / "max_energy_range_uj", range},
      {procfs_ / "sys/kernel/random/boot_id", make_boot_id()},
      {procfs_ / "uptime", "0.00 0.00"},
  };
  for (const auto& [file, text] : files) {
    if (auto done = create_file(file, text); !done) return done;
  }
  return write_energy(meter);
}

Result<void> SystemFiles::write_boot_id(const std::string& boot_id) const {
  return replace(procfs_ / "sys/kernel/random/boot_id", boot_id);
}

Result<void> SystemFiles::write_uptime(std::chrono::milliseconds uptime) const {
  constexpr double kMsPerSecond = 1000.0;
  const double seconds = static_cast<double>(uptime.count()) / kMsPerSecond;
  return replace(procfs_ / "uptime", fmt::format("{:.2f} {:.2f}", seconds, seconds));
}

Result<void> SystemFiles::write_energy(const PowerMeter& meter) const {
  if (auto done = write_in_place(sysfs_ / kPackage / "energy_uj", meter.counter_uj()); !done) {
    return done;
  }
  return write_in_place(sysfs_ / kCore / "energy_uj", meter.core_counter_uj());
}

Result<void> SystemFiles::write_link(bool up) const {
  return replace(sysfs_ / kCard / "operstate", up ? "up" : "down");
}

bool SystemFiles::wake_armed() const {
  std::ifstream in(sysfs_ / kCard / "device/power/wakeup");
  std::string word;
  in >> word;
  return word == "enabled";
}

std::string make_boot_id() {
  std::array<std::uint8_t, 16> bytes{};
  // The kernel fills up to 256 bytes without interruption.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return "";
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // variant of RFC 9562
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

}  // namespace ecokube::lab
