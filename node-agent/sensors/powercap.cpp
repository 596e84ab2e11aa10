#include "node-agent/sensors/powercap.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 4;
constexpr std::size_t kZonesMax = 256;

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code unreadable;
    if (it->is_directory(unreadable)) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool is_zone(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "name", error) && fs::exists(folder / "energy_uj", error);
}

// "intel-rapl:0:1" lies below "intel-rapl:0", which lies below none.
std::string parent_id(const std::string& id) {
  const auto colons = std::count(id.begin(), id.end(), ':');
  return colons < 2 ? std::string() : id.substr(0, id.rfind(':'));
}

// What a zone can draw at most. Short turbo peaks go above its long-term limit, so all limits it
// names are looked at, and twice the highest is the bound.
Power power_bound(const fs::path& zone, std::optional<Power> configured) {
  constexpr std::uint64_t kSaneMicrowatts = 10'000'000'000;
  std::uint64_t highest = 0;
  for (const auto* file : {"constraint_0_max_power_uw", "constraint_0_power_limit_uw",
                           "constraint_1_max_power_uw", "constraint_1_power_limit_uw"}) {
    const auto limit = parse_number(read_small_file(zone / file).text).value_or(0);
    if (limit < kSaneMicrowatts) highest = std::max(highest, limit);
  }
  if (highest == 0) return configured.value_or(CounterLimits{}.power_max);
  const auto twice = Power::milliwatts(static_cast<std::int64_t>(highest * 2 / 1000));
  return configured ? std::max(twice, *configured) : twice;
}

}  // namespace

Powercap::Powercap(fs::path sysfs_root, std::optional<Power> power_max)
    : sysfs_root_(std::move(sysfs_root)), power_max_(power_max) {}

// The kernel shows each zone twice below class/powercap: beside the others as a link, and inside
// its parent. One of both is walked, never both.
void Powercap::find_zones() {
  const auto top = folders_in(sysfs_root_ / "class/powercap");
  const bool flat = std::any_of(top.begin(), top.end(), [](const fs::path& folder) {
    return is_zone(folder) && !parent_id(folder.filename()).empty();
  });
  for (const auto& folder : top) {
    if (flat) {
      if (is_zone(folder)) add_zone(folder);
    } else {
      add_zones_below(folder, 0);
    }
  }
  found_ = !zones_.empty();
  name_domains();
  choose_counted();
}

void Powercap::add_zones_below(const fs::path& folder, int depth) {
  if (depth > kDepthMax) return;
  if (is_zone(folder)) add_zone(folder);
  // Only folders named as zones are entered: "device" and "subsystem" are links that lead in rings.
  for (const auto& below : folders_in(folder)) {
    if (below.filename().string().find(':') != std::string::npos) add_zones_below(below, depth + 1);
  }
}

void Powercap::add_zone(const fs::path& folder) {
  Zone zone;
  zone.folder = folder;
  zone.id = folder.filename();
  zone.name = read_small_file(folder / "name").text;
  const auto same = [&](const Zone& z) { return z.id == zone.id && z.name == zone.name; };
  if (zone.name.empty() || zones_.size() >= kZonesMax ||
      std::any_of(zones_.begin(), zones_.end(), same)) {
    return;
  }
  zone.limits.range_uj =
      parse_number(read_small_file(folder / "max_energy_range_uj").text).value_or(0);
  zone.limits.power_max = power_bound(folder, power_max_);
  zones_.push_back(std::move(zone));
}

void Powercap::name_domains() {
  std::set<std::string> taken;
  for (auto& zone : zones_) {
    zone.domain = zone.name;
    const auto parent = std::find_if(zones_.begin(), zones_.end(), [&](const Zone& other) {
      return other.id == parent_id(zone.id);
    });
    if (parent != zones_.end()) zone.domain = parent->name + "/" + zone.name;
    if (!taken.insert(zone.domain).second) zone.domain += "@" + zone.id;
    taken.insert(zone.domain);
  }
}

void Powercap::choose_counted() {
  const auto named = [](const Zone& zone, std::string_view word) {
    return zone.name.starts_with(word);
  };
  const bool psys = std::any_of(zones_.begin(), zones_.end(),
                                [&](const Zone& zone) { return named(zone, "psys"); });
  for (auto& zone : zones_) {
    // "@": the same package once more by another interface (intel-rapl-mmio).
    const bool doubled = zone.domain.find('@') != std::string::npos;
    const bool wanted = psys ? named(zone, "psys") : named(zone, "package") || named(zone, "dram");
    zone.counts = wanted && !doubled;
  }
}

void Powercap::sample(std::chrono::nanoseconds at) {
  if (!found_) find_zones();
  for (auto& zone : zones_) {
    const auto file = read_small_file(zone.folder / "energy_uj");
    const auto value = file.ok() ? parse_number(file.text) : std::nullopt;
    zone.readable = value.has_value();
    if (value) {
      zone.energy.read(*value, at, zone.limits);
    } else {
      zone.energy.lost();
      complain(zone, file.ok() ? EINVAL : file.error);
    }
  }
}

void Powercap::complain(Zone& zone, int error) {
  if (std::exchange(zone.complained, true)) return;
  const auto file = (zone.folder / "energy_uj").string();
  if (error != EACCES && error != EPERM) {
    problems_.push_back("cannot read " + file + ": " + std::strerror(error));
    return;
  }
  // One line for all: the kernel gives the counters to root alone.
  const bool said = std::any_of(zones_.begin(), zones_.end(), [&](const Zone& other) {
    return &other != &zone && other.complained && !other.readable;
  });
  if (said) return;
  problems_.push_back("no permission to read " + file +
                      " (energy counters are readable by root only): power is not measured; run "
                      "the agent with CAP_DAC_READ_SEARCH or make the file readable for it");
}

std::vector<EnergyReading> Powercap::readings() const {
  const bool whole = measures_node();
  std::vector<EnergyReading> result;
  for (const auto& zone : zones_) {
    if (!zone.readable && zone.energy.total() == Energy::microjoules(0)) continue;
    result.push_back({"rapl", zone.domain, zone.energy.total(), zone.counts && whole,
                      zone.energy.unknown_intervals()});
  }
  return result;
}

bool Powercap::measures_node() const {
  // A sum with a package missing would be a wrong figure: better none.
  const auto counts = [](const Zone& zone) { return zone.counts; };
  return std::any_of(zones_.begin(), zones_.end(), counts) &&
         std::none_of(zones_.begin(), zones_.end(),
                      [](const Zone& zone) { return zone.counts && !zone.readable; });
}

std::vector<std::string> Powercap::take_problems() { return std::exchange(problems_, {}); }

}  // namespace ecokube::agent
