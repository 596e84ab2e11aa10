#include "node-agent/sensors/boot_state.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "node-agent/sensors/firmware.h"
#include "node-agent/sensors/folder_entries.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kReadEvery{30};
constexpr std::size_t kFilesMax = 256;
constexpr std::string_view kKernel = "vmlinuz-";

/// FNV-1a of 64 bits: it tells a change, and nobody gains by a forged one on his own machine.
class Print {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      hash_ ^= static_cast<unsigned char>(c);
      hash_ *= 0x100000001b3ULL;
    }
    // Between two words, so that their border counts.
    hash_ ^= text.size();
    hash_ *= 0x100000001b3ULL;
  }
  [[nodiscard]] std::string text() const {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string digits;
    for (int shift = 60; shift >= 0; shift -= 4) digits += kDigits[hash_ >> shift & 15U];
    return digits;
  }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

/// The names in a folder in their order; nullopt: it can't be listed.
std::optional<std::vector<std::string>> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  FolderEntries entries(folder.c_str());
  while (const auto entry = entries.next()) {
    names.emplace_back(entry->name);
    if (names.size() >= kFilesMax) break;
  }
  if (entries.error() != 0 && entries.error() != ENOENT) return std::nullopt;
  std::sort(names.begin(), names.end());
  return names;
}

/// Name, size and time of change; stat(2) needs no right to read the file itself.
void add_stat(Print& print, const fs::path& file) {
  print.add(file.filename().string());
  struct stat seen{};
  if (::stat(file.c_str(), &seen) != 0) return print.add("-");
  print.add(std::to_string(seen.st_size) + " " + std::to_string(seen.st_mtim.tv_sec) + "." +
            std::to_string(seen.st_mtim.tv_nsec));
}

/// Some tools write the same configuration anew on each boot: what can be read counts by its text.
void add_text(Print& print, const fs::path& file) {
  const auto read = read_small_file(file);
  if (!read.ok()) return add_stat(print, file);
  print.add(file.filename().string());
  print.add(read.text);
}

/// As boot loaders choose by default: the highest version. Empty: none is known.
std::string newest_kernel(const std::vector<std::string>& boot_files) {
  std::string newest;
  for (const auto& name : boot_files) {
    if (!name.starts_with(kKernel) || name.ends_with(".old") || name.ends_with(".bak")) continue;
    const auto release = name.substr(kKernel.size());
    if (newest.empty() || ::strverscmp(release.c_str(), newest.c_str()) > 0) newest = release;
  }
  return newest;
}

void add_boot_files(Print& print, const fs::path& boot, const std::string& kernel) {
  if (!kernel.empty()) {
    add_stat(print, boot / (std::string(kKernel) + kernel));
    add_stat(print, boot / ("initrd.img-" + kernel));
    add_stat(print, boot / ("initramfs-" + kernel + ".img"));
  }
  add_stat(print, boot / "grub/grub.cfg");
  add_stat(print, boot / "grub2/grub.cfg");
  const auto entries = names_in(boot / "loader/entries");
  if (!entries) return print.add("?");
  for (const auto& entry : *entries) add_stat(print, boot / "loader/entries" / entry);
}

void add_network(Print& print, const fs::path& etc) {
  constexpr std::array<std::string_view, 6> kFolders{"network/interfaces.d",
                                                     "systemd/network",
                                                     "netplan",
                                                     "NetworkManager/system-connections",
                                                     "sysconfig/network",
                                                     "sysconfig/network-scripts"};
  add_text(print, etc / "network/interfaces");
  for (const auto folder : kFolders) {
    print.add(folder);
    const auto names = names_in(etc / folder);
    if (!names) {
      print.add("?");
      continue;
    }
    for (const auto& name : *names) add_text(print, etc / folder / name);
  }
}

std::string pending(const MachineRoots& roots, const std::string& newest) {
  const auto running = read_small_file(roots.procfs / "sys/kernel/osrelease").text;
  if (!newest.empty() && !running.empty() && newest != running) {
    constexpr std::size_t kReleaseMax = 128;
    return "kernel " + newest.substr(0, kReleaseMax) + " is installed, " +
           running.substr(0, kReleaseMax) + " runs";
  }
  std::error_code missing;
  if (fs::exists(roots.system / "run/reboot-required", missing)) {
    return "the system asks for a reboot (/run/reboot-required)";
  }
  return {};
}

}  // namespace

BootState read_boot_state(const MachineRoots& roots) {
  Print print;
  const auto boot = roots.system / "boot";
  const auto files = names_in(boot);
  const auto kernel = files ? newest_kernel(*files) : std::string();
  print.add(files ? kernel : "?");
  add_boot_files(print, boot, kernel);
  print.add(read_small_file(roots.procfs / "cmdline").text);
  add_network(print, roots.system / "etc");
  const auto firmware = read_firmware(roots);
  for (const auto& word : {firmware.vendor, firmware.version, firmware.date}) print.add(word);
  return {print.text(), pending(roots, kernel)};
}

const BootState& BootWatch::at(std::chrono::nanoseconds now) {
  if (!read_at_ || now - *read_at_ >= kReadEvery) {
    state_ = read_boot_state(roots_);
    read_at_ = now;
  }
  return state_;
}

}  // namespace ecokube::agent
