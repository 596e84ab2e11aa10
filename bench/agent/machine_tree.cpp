#include "bench/agent/machine_tree.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <string>
#include <utility>

namespace ecokube::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kRangeUj = 262'143'328'850;  // of a server's package
constexpr std::uint64_t kStartUj = 100'000'000'000;
constexpr std::size_t kPackages = 2;
constexpr std::uint64_t kJiffies = 100;  // a second of one CPU, in /proc/stat
constexpr std::uint64_t kPodUsec = 9'000;

struct Part {
  const char* name;
  std::uint64_t watts;
};
constexpr std::array<Part, 3> kParts{{{"core", 30}, {"uncore", 2}, {"dram", 6}}};
constexpr std::uint64_t kPackageWatts = 45;

/// Over what stands there and never shorter than it, so that a reader who keeps the file open never
/// sees it empty.
Result<void> overwrite(const fs::path& file, const std::string& text) {
  std::fstream out(file, std::ios::in | std::ios::out);
  out << text << std::flush;
  if (!out) return fail(Errc::io, "can't write " + file.string());
  return {};
}

Result<void> put(const fs::path& file, const std::string& text) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::ofstream out(file);
  out << text << std::flush;
  if (!out) return fail(Errc::io, "can't write " + file.string());
  return {};
}

/// class/powercap/NAME, which leads to the folder of that name below devices.
Result<void> link_class(const fs::path& sysfs, const fs::path& device) {
  const auto link = sysfs / "class/powercap" / device.filename();
  std::error_code error;
  fs::create_directories(link.parent_path(), error);
  fs::create_directory_symlink(device.lexically_relative(link.parent_path()), link, error);
  if (!error) return {};
  return fail(Errc::io, fmt::format("can't link {}: {}", link.string(), error.message()));
}

std::string pod_slice(std::size_t number) {
  return fmt::format("kubepods-burstable-pod{:08x}_1111_4222_8333_444444444444.slice", number);
}

}  // namespace

Result<void> MachineTree::add_zone(const fs::path& zone, const std::string& name,
                                   std::uint64_t watts) {
  for (const auto& [file, text] : {std::pair{"name", name}, std::pair{"enabled", std::string("1")},
                                   std::pair{"max_energy_range_uj", std::to_string(kRangeUj)},
                                   std::pair{"energy_uj", std::to_string(kStartUj)}}) {
    if (auto done = put(zone / file, text + "\n"); !done) return done;
  }
  zones_.push_back({zone / "energy_uj", kStartUj, watts});
  return link_class(sysfs(), zone);
}

Result<void> MachineTree::add_powercap() {
  const auto rapl = sysfs() / "devices/virtual/powercap/intel-rapl";
  for (std::size_t package = 0; package < kPackages; ++package) {
    const auto id = fmt::format("intel-rapl:{}", package);
    auto done = add_zone(rapl / id, fmt::format("package-{}", package), kPackageWatts);
    for (std::size_t part = 0; done && part < kParts.size(); ++part) {
      done = add_zone(rapl / id / fmt::format("{}:{}", id, part), kParts[part].name,
                      kParts[part].watts);
    }
    if (!done) return done;
  }
  return link_class(sysfs(), rapl);
}

Result<void> MachineTree::add_pod(std::size_t number) {
  const auto pod = cgroup() / "kubepods.slice/kubepods-burstable.slice" / pod_slice(number);
  if (auto done = put(pod / "cgroup.events", "populated 1\nfrozen 0\n"); !done) return done;
  pods_.push_back(pod / "cpu.stat");
  return put(pods_.back(), "usage_usec 0\n");
}

Result<MachineTree> MachineTree::make(fs::path folder, std::size_t pods) {
  MachineTree tree(std::move(folder));
  const auto boot_id = tree.procfs() / "sys/kernel/random/boot_id";
  const auto nic = tree.sysfs() / "class/net/eno1";
  for (const auto& [file, text] :
       {std::pair{tree.machine_id(), "0123456789abcdef0123456789abcdef\n"},
        std::pair{boot_id, "5f7d0c1e-aaaa-4bbb-8ccc-0123456789ab\n"},
        std::pair{tree.procfs() / "uptime", "100.00 50.00\n"},
        std::pair{tree.procfs() / "stat", ""},
        std::pair{tree.cgroup() / "cgroup.controllers", "cpuset cpu io memory pids\n"},
        std::pair{nic / "address", "02:00:00:00:00:11\n"}, std::pair{nic / "operstate", "up\n"},
        std::pair{nic / "device/power/wakeup", "enabled\n"}}) {
    if (auto done = put(file, text); !done) return std::unexpected(std::move(done.error()));
  }
  if (auto done = tree.add_powercap(); !done) return std::unexpected(std::move(done.error()));
  for (std::size_t pod = 0; pod < pods; ++pod) {
    if (auto done = tree.add_pod(pod); !done) return std::unexpected(std::move(done.error()));
  }
  if (auto done = tree.write_moving(); !done) return std::unexpected(std::move(done.error()));
  return tree;
}

Result<void> MachineTree::second() {
  constexpr std::uint64_t kMicro = 1'000'000;
  ++seconds_;
  for (auto& zone : zones_) zone.energy_uj += zone.watts * kMicro;
  return write_moving();
}

Result<void> MachineTree::write_moving() {
  for (const auto& zone : zones_) {
    auto done = overwrite(zone.energy_file, std::to_string(zone.energy_uj) + "\n");
    if (!done) return done;
  }
  for (const auto& pod : pods_) {
    auto done = overwrite(pod, fmt::format("usage_usec {}\n", seconds_ * kPodUsec));
    if (!done) return done;
  }
  return overwrite(procfs() / "stat",
                   fmt::format("cpu  {0} 0 0 {0} 0 0 0 0 0 0\n", seconds_ * kJiffies));
}

}  // namespace ecokube::bench
