#include "node-agent/sensors/zone_scan.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 4;
constexpr std::size_t kZonesMax = 256;

/// "intel-rapl:10:2" after "intel-rapl:9": by its numbers.
std::vector<std::string> order_of(const std::string& id) {
  constexpr std::size_t kDigits = 6;
  std::vector<std::string> parts;
  std::string_view rest = id;
  while (!rest.empty()) {
    std::string part(rest.substr(0, rest.find(':')));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (parse_number(part) && part.size() < kDigits) part.insert(0, kDigits - part.size(), '0');
    parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code unreadable;
    if (it->is_directory(unreadable)) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return order_of(a.filename()) < order_of(b.filename());
  });
  return found;
}

bool is_zone(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "name", error) && fs::exists(folder / "energy_uj", error);
}

// "intel-rapl:0:1" lies below "intel-rapl:0", which lies below none.
std::string parent_of(const std::string& id) {
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

ZoneRole role_of(const PowercapZone& zone) {
  if (!zone.control_type.starts_with("intel-rapl")) return ZoneRole::unknown;
  if (zone.name.starts_with("package-")) return ZoneRole::package;
  if (zone.name == "dram") return ZoneRole::dram;
  if (zone.name == "psys") return ZoneRole::psys;
  if (zone.name == "core" || zone.name == "uncore") return ZoneRole::part;
  return ZoneRole::unknown;
}

class Scan {
 public:
  explicit Scan(std::optional<Power> configured_max) : configured_max_(configured_max) {}

  // The kernel shows each zone twice below class/powercap: beside the others as a link, and inside
  // its parent. One of both is walked, never both.
  void walk(const fs::path& sysfs_root) {
    const auto top = folders_in(sysfs_root / "class/powercap");
    const bool flat = std::any_of(top.begin(), top.end(), [](const fs::path& folder) {
      return is_zone(folder) && !parent_of(folder.filename()).empty();
    });
    for (const auto& folder : top) {
      if (!flat) {
        add_below(folder, 0);
      } else if (is_zone(folder)) {
        add(folder);
      }
    }
  }

  std::vector<PowercapZone> take() {
    find_twins(name_domains());
    return std::move(zones_);
  }

 private:
  void add_below(const fs::path& folder, int depth) {
    if (depth > kDepthMax) return;
    if (is_zone(folder)) add(folder);
    // Only folders named as zones are entered: "device" and "subsystem" are links that lead in
    // rings.
    for (const auto& below : folders_in(folder)) {
      if (below.filename().string().find(':') != std::string::npos) add_below(below, depth + 1);
    }
  }

  void add(const fs::path& folder) {
    PowercapZone zone;
    zone.folder = folder;
    zone.id = folder.filename();
    zone.control_type = zone.id.substr(0, zone.id.find(':'));
    zone.name = read_small_file(folder / "name").text;
    zone.parent_id = parent_of(zone.id);
    const auto same = [&](const PowercapZone& z) { return z.id == zone.id; };
    if (zone.name.empty() || zones_.size() >= kZonesMax ||
        std::any_of(zones_.begin(), zones_.end(), same)) {
      return;
    }
    zone.role = role_of(zone);
    zone.limits.range_uj =
        parse_number(read_small_file(folder / "max_energy_range_uj").text).value_or(0);
    zone.limits.power_max = power_bound(folder, configured_max_);
    zones_.push_back(std::move(zone));
  }

  /// Gives each zone its domain; returns the plain names, without index and control type.
  std::vector<std::string> name_domains() {
    std::vector<std::string> plain;
    std::map<std::string, int> uses;
    for (auto& zone : zones_) {
      // Parents come before their children in the order of ids.
      const auto parent =
          std::find_if(zones_.begin(), zones_.begin() + static_cast<std::ptrdiff_t>(plain.size()),
                       [&](const PowercapZone& other) { return other.id == zone.parent_id; });
      const auto at = static_cast<std::size_t>(parent - zones_.begin());
      const bool has_parent = at < plain.size();
      plain.push_back(has_parent ? plain[at] + "/" + zone.name : zone.name);
      zone.domain = has_parent ? parent->domain + "/" + zone.name : zone.name;
      const int use = ++uses[zone.control_type + " " + zone.domain];
      if (use > 1) zone.domain += "#" + std::to_string(use);
    }
    return plain;
  }

  // intel-rapl-mmio shows a package once more, by its other registers.
  void find_twins(const std::vector<std::string>& plain) {
    for (std::size_t i = 0; i < zones_.size(); ++i) {
      for (std::size_t j = 0; j < i && zones_[i].twin_of.empty(); ++j) {
        const bool rapl = zones_[i].control_type.starts_with("intel-rapl") &&
                          zones_[j].control_type.starts_with("intel-rapl");
        if (rapl && zones_[i].control_type != zones_[j].control_type && plain[i] == plain[j]) {
          zones_[i].twin_of = zones_[j].id;
        }
      }
    }
  }

  std::optional<Power> configured_max_;
  std::vector<PowercapZone> zones_;
};

}  // namespace

std::vector<PowercapZone> scan_powercap(const fs::path& sysfs_root,
                                        std::optional<Power> configured_max) {
  Scan scan(configured_max);
  scan.walk(sysfs_root);
  return scan.take();
}

}  // namespace ecokube::agent
