#include "node-agent/sensors/machine.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <string_view>

#include "node-agent/sensors/folder_entries.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdBytesMax = 64;
constexpr std::size_t kNicsMax = 32;

Result<std::string> read_id(const fs::path& file) {
  auto read = read_small_file(file);
  if (!read.ok()) {
    return fail(Errc::io, "cannot read " + file.string() + ": " + std::strerror(read.error));
  }
  const auto good = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  if (read.text.empty() || read.text.size() > kIdBytesMax ||
      !std::all_of(read.text.begin(), read.text.end(), good)) {
    return fail(Errc::io, file.string() + " holds no id");
  }
  return std::move(read.text);
}

// "0-3,6" has five.
std::int64_t count_in_ranges(std::string_view text) {
  std::int64_t count = 0;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto dash = part.find('-');
    const auto first = parse_number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1));
    if (!first || !last || *last < *first || *last > 65535) return 0;
    count += static_cast<std::int64_t>(*last - *first + 1);
  }
  return count;
}

}  // namespace

Result<std::string> read_boot_id(const MachineRoots& roots) {
  return read_id(roots.procfs / "sys/kernel/random/boot_id");
}

Result<std::string> read_machine_id(const MachineRoots& roots) {
  return read_id(roots.machine_id_file);
}

Result<std::chrono::milliseconds> read_uptime(const MachineRoots& roots) {
  const auto file = roots.procfs.native() + "/uptime";
  const auto read = read_small_file(file.c_str());
  if (!read.ok()) return fail(Errc::io, "cannot read " + file + ": " + std::strerror(read.error));
  // "12345.67 54321.00": seconds with hundredths.
  const std::string_view text(read.text);
  const auto word = text.substr(0, text.find(' '));
  const auto dot = word.find('.');
  const auto seconds = parse_number(word.substr(0, dot));
  std::string thousandths(dot == std::string_view::npos ? "" : word.substr(dot + 1));
  thousandths.resize(3, '0');
  const auto millis = parse_number(thousandths);
  constexpr std::uint64_t kSecondsMax = 1'000'000'000'000;
  if (!seconds || !millis || *seconds > kSecondsMax) {
    return fail(Errc::io, file + " holds no uptime");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000 + *millis));
}

void read_state(const MachineRoots& roots, Nic& nic) {
  const auto folder = roots.sysfs.native() + "/class/net/" + nic.name;
  const auto says = [&](const char* attribute, std::string_view text) {
    return read_small_file((folder + attribute).c_str()).text == text;
  };
  nic.link_up = says("/operstate", "up");
  nic.wake_armed = says("/device/power/wakeup", "enabled");
}

std::vector<Nic> read_nics(const MachineRoots& roots) {
  std::vector<Nic> nics;
  const auto folder = roots.sysfs.native() + "/class/net";
  FolderEntries entries(folder.c_str());
  while (const auto entry = entries.next()) {
    const auto nic = folder + "/" + std::string(entry->name);
    if (entry->name == "lo" || ::access((nic + "/device").c_str(), F_OK) != 0) continue;
    const auto mac = MacAddress::parse(read_small_file((nic + "/address").c_str()).text);
    if (!mac || *mac == MacAddress({0, 0, 0, 0, 0, 0})) continue;
    nics.push_back({std::string(entry->name), *mac});
    read_state(roots, nics.back());
  }
  // The armed ones first: if there are too many to tell, these matter.
  std::sort(nics.begin(), nics.end(), [](const Nic& a, const Nic& b) {
    return a.wake_armed != b.wake_armed ? a.wake_armed : a.name < b.name;
  });
  if (nics.size() > kNicsMax) nics.erase(nics.begin() + kNicsMax, nics.end());
  return nics;
}

bool any_wake_armed(const std::vector<Nic>& nics) {
  return std::any_of(nics.begin(), nics.end(), [](const Nic& nic) { return nic.wake_armed; });
}

std::int64_t read_cpu_millicores(const MachineRoots& roots) {
  return 1000 * count_in_ranges(read_small_file(roots.sysfs / "devices/system/cpu/online").text);
}

std::int64_t read_memory_bytes(const MachineRoots& roots) {
  std::istringstream lines(read_small_file(roots.procfs / "meminfo").text);
  std::string key, unit;
  std::uint64_t kibibytes = 0;
  constexpr std::uint64_t kSaneKibibytes = 1ULL << 50;
  if (!(lines >> key >> kibibytes >> unit) || key != "MemTotal:" || unit != "kB" ||
      kibibytes > kSaneKibibytes) {
    return 0;
  }
  return static_cast<std::int64_t>(kibibytes * 1024);
}

}  // namespace ecokube::agent
