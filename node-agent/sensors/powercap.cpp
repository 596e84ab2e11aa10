#include "node-agent/sensors/powercap.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ecokube::agent {
namespace {

constexpr std::chrono::seconds kScanPause{10};
constexpr std::chrono::seconds kScanPauseAfterLoss{1};
constexpr std::chrono::seconds kStillTime{5};
constexpr int kStillSamples = 3;

bool is_denied(int error) { return error == EACCES || error == EPERM; }

// "package-0" of "package-0-die-1".
std::string_view package_of(std::string_view name) { return name.substr(0, name.find("-die-")); }

}  // namespace

Powercap::Powercap(std::filesystem::path sysfs_root, std::optional<Power> power_max)
    : sysfs_root_(std::move(sysfs_root)), power_max_(power_max) {}

// A zone that was there before goes on counting; one that is not found any more keeps its total, so
// that the node's sum does not fall.
void Powercap::scan(const Stamp& now) {
  scanned_at_ = now.monotonic;
  someone_gone_ = false;
  for (auto& zone : zones_) zone.gone = true;
  for (auto& found : scan_powercap(sysfs_root_, power_max_)) adopt(std::move(found));
  for (auto& zone : zones_) {
    if (!zone.gone) continue;
    zone.file.close();
    zone.value.reset();
  }
  relate_zones();
}

void Powercap::adopt(PowercapZone found) {
  const auto known = std::find_if(zones_.begin(), zones_.end(),
                                  [&](const Zone& zone) { return zone.found.same_as(found); });
  auto& zone = known != zones_.end() ? *known : zones_.emplace_back();
  zone.gone = false;
  zone.found = std::move(found);
  if (!zone.found.twin_of.empty() || (zone.file.is_open() && zone.error == 0)) return;
  zone.error = zone.file.open((zone.found.folder / "energy_uj").c_str());
  if (zone.error != 0) complain(zone);
}

void Powercap::relate_zones() {
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    auto& zone = zones_[i];
    const auto parent = std::find_if(zones_.begin(), zones_.end(), [&](const Zone& other) {
      return other.found.id == zone.found.parent_id && !other.gone;
    });
    zone.parent = parent == zones_.end() ? -1 : static_cast<int>(parent - zones_.begin());
    zone.mirrored = -1;
    const auto role = zone.found.role;
    if (role != ZoneRole::package && role != ZoneRole::psys) continue;
    for (std::size_t j = 0; j < i && zone.mirrored < 0; ++j) {
      const auto& other = zones_[j].found;
      if (other.role == role && other.twin_of.empty() && zone.found.twin_of.empty() &&
          other.control_type == zone.found.control_type &&
          package_of(other.name) == package_of(zone.found.name)) {
        zone.mirrored = static_cast<int>(j);
      }
    }
  }
}

void Powercap::sample(SampleClock& clock) {
  const auto now = clock.now();
  const bool lacking = zones_.empty() || std::any_of(zones_.begin(), zones_.end(), [](auto& zone) {
                         return zone.error != 0 && !zone.gone;
                       });
  const auto pause = someone_gone_ ? kScanPauseAfterLoss : kScanPause;
  if (!scanned_at_ || ((lacking || someone_gone_) && now.monotonic - *scanned_at_ >= pause)) {
    scan(now);
  }
  for (auto& zone : zones_) {
    if (!zone.gone && zone.found.twin_of.empty()) read(zone, clock);
  }
  for (auto& zone : zones_) {
    if (zone.mirrored < 0 || !zone.value) continue;
    const auto& other = zones_[static_cast<std::size_t>(zone.mirrored)];
    if (!other.value) continue;
    zone.mirror.compare(*other.value, *zone.value, elapsed_between(other.at, zone.at),
                        zone.found.limits);
  }
}

void Powercap::read(Zone& zone, SampleClock& clock) {
  zone.value.reset();
  if (!zone.file.is_open()) return;
  const auto before = clock.now();
  const auto read = zone.file.read_number();
  zone.at = {before, clock.now()};
  zone.error = read.error;
  if (read.error == 0) {
    zone.value = read.value;
    zone.energy.read(read.value, zone.at, zone.found.limits);
    note_movement(zone);
    return;
  }
  zone.energy.lost();
  if (attribute_gone(read.error)) {
    someone_gone_ = true;
    zone.file.close();
  }
  complain(zone);
}

void Powercap::note_movement(Zone& zone) {
  const bool first = !zone.last_value;
  if (first || *zone.last_value != *zone.value) {
    zone.moved = zone.moved || !first;
    zone.still_since = zone.at.after.monotonic;
    zone.still_samples = 0;
  } else {
    ++zone.still_samples;
  }
  zone.last_value = zone.value;
}

void Powercap::complain(Zone& zone) {
  if (std::exchange(zone.complained, true)) return;
  const auto file = (zone.found.folder / "energy_uj").string();
  if (!is_denied(zone.error)) {
    problems_.push_back("cannot read " + file + ": " + std::strerror(zone.error));
    return;
  }
  // One line for all: the kernel gives the counters to root alone.
  const bool said = std::any_of(zones_.begin(), zones_.end(), [&](const Zone& other) {
    return &other != &zone && other.complained && is_denied(other.error);
  });
  if (said) return;
  problems_.push_back("no permission to read " + file +
                      " (energy counters are readable by root only): power is not measured; give "
                      "the agent CAP_DAC_READ_SEARCH or make the file readable for its group");
}

// We run on this package ourselves: its counter cannot stand still for so long, and 0 W would be a
// lie. A part of it, such as a graphics unit that is switched off, may.
bool Powercap::is_still(const Zone& zone) const {
  const bool part = zone.found.role != ZoneRole::package && zone.found.role != ZoneRole::psys;
  if (zone.moved && part) return false;
  return zone.still_samples >= kStillSamples &&
         zone.at.after.monotonic - zone.still_since >= kStillTime;
}

ZoneState Powercap::state_of(const Zone& zone) const {
  if (!zone.found.twin_of.empty()) return ZoneState::twin;
  if (zone.gone) return ZoneState::gone;
  if (zone.error != 0) return is_denied(zone.error) ? ZoneState::denied : ZoneState::broken;
  // The parts of a die that is a mirror are mirrors too.
  const auto* parent = zone.parent < 0 ? &zone : &zones_[static_cast<std::size_t>(zone.parent)];
  const auto& asked = parent->mirrored >= 0 ? *parent : zone;
  if (asked.mirrored >= 0) {
    if (asked.mirror.verdict() == MirrorWatch::Verdict::mirror) return ZoneState::mirror;
    if (asked.mirror.verdict() == MirrorWatch::Verdict::undecided) return ZoneState::comparing;
  }
  if (is_still(zone)) return ZoneState::still;
  return zone.moved ? ZoneState::measured : ZoneState::waiting;
}

bool Powercap::is_part_of(const Zone& zone, PowerSource source) const {
  if (!zone.found.twin_of.empty()) return false;
  if (source == PowerSource::psys) return zone.found.role == ZoneRole::psys;
  return source == PowerSource::rapl &&
         (zone.found.role == ZoneRole::package || zone.found.role == ZoneRole::dram);
}

// A sum with a package missing would be a wrong figure: better none. A zone that never moved is no
// part of it, a package that stopped moving is missing.
bool Powercap::measures(PowerSource source) const {
  int measured = 0;
  for (const auto& zone : zones_) {
    if (!is_part_of(zone, source)) continue;
    switch (state_of(zone)) {
      case ZoneState::measured: measured += zone.found.role != ZoneRole::dram ? 1 : 0; break;
      case ZoneState::still:
        if (zone.moved) return false;
        break;
      case ZoneState::waiting:
        if (zone.found.role != ZoneRole::dram) return false;
        break;
      case ZoneState::denied:
      case ZoneState::broken: return false;
      default: break;
    }
  }
  return source == PowerSource::psys ? measured == 1 : measured > 0;
}

Energy Powercap::total(PowerSource source) const {
  Energy sum = Energy::microjoules(0);
  for (const auto& zone : zones_) {
    const auto state = state_of(zone);
    if (is_part_of(zone, source) && (state == ZoneState::measured || state == ZoneState::gone)) {
      sum += zone.energy.total();
    }
  }
  return sum;
}

std::uint64_t Powercap::unknown_intervals(PowerSource source) const {
  std::uint64_t sum = 0;
  for (const auto& zone : zones_) {
    const auto state = state_of(zone);
    if (is_part_of(zone, source) && (state == ZoneState::measured || state == ZoneState::gone)) {
      sum += zone.energy.unknown_intervals();
    }
  }
  return sum;
}

std::vector<EnergyReading> Powercap::readings(PowerSource counted) const {
  std::vector<EnergyReading> result;
  for (const auto& zone : zones_) {
    const auto state = state_of(zone);
    const bool shown = state == ZoneState::measured ||
                       (zone.moved && (state == ZoneState::gone || state == ZoneState::broken));
    if (!shown) continue;
    const auto source = zone.found.role == ZoneRole::psys ? PowerSource::psys : PowerSource::rapl;
    result.push_back({source, zone.found.domain, zone.energy.total(),
                      is_part_of(zone, counted) && state != ZoneState::broken,
                      zone.energy.unknown_intervals()});
  }
  return result;
}

std::vector<ZoneView> Powercap::zones() const {
  std::vector<ZoneView> views;
  for (const auto& zone : zones_) {
    ZoneView view{
        zone.found, state_of(zone), zone.energy.total(), zone.energy.unknown_intervals(), {}};
    if (view.state == ZoneState::twin) view.detail = zone.found.twin_of;
    if (view.state == ZoneState::mirror && zone.mirrored >= 0) {
      view.detail = zones_[static_cast<std::size_t>(zone.mirrored)].found.id;
    }
    if (view.state == ZoneState::denied || view.state == ZoneState::broken) {
      view.detail = std::strerror(zone.error);
    }
    views.push_back(std::move(view));
  }
  return views;
}

bool Powercap::denied() const {
  return std::any_of(zones_.begin(), zones_.end(),
                     [&](const Zone& zone) { return state_of(zone) == ZoneState::denied; });
}

std::vector<std::string> Powercap::take_problems() { return std::exchange(problems_, {}); }

std::string_view to_string(ZoneState state) {
  switch (state) {
    case ZoneState::measured: return "measured";
    case ZoneState::waiting: return "waiting";
    case ZoneState::still: return "still";
    case ZoneState::twin: return "twin";
    case ZoneState::comparing: return "comparing";
    case ZoneState::mirror: return "mirror";
    case ZoneState::denied: return "denied";
    case ZoneState::broken: return "broken";
    case ZoneState::gone: return "gone";
  }
  return "?";
}

}  // namespace ecokube::agent
