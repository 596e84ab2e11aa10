#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/units.h"
#include "node-agent/sensors/attribute_file.h"
#include "node-agent/sensors/energy_counter.h"
#include "node-agent/sensors/energy_reading.h"
#include "node-agent/sensors/mirror_watch.h"
#include "node-agent/sensors/sample_clock.h"
#include "node-agent/sensors/zone_scan.h"

namespace ecokube::agent {

/// What there is to say of a zone: why its figure counts, or why there is none.
enum class ZoneState {
  measured,   ///< its counter moves
  waiting,    ///< read, and did not move yet
  still,      ///< does not move: taken for absent, not for 0 W
  twin,       ///< another interface to a zone that is listed
  comparing,  ///< perhaps the same counter as another die's
  mirror,     ///< the same counter as another die's
  denied,     ///< no permission
  broken,     ///< read, but no number, or an error
  gone,       ///< was there; what it counted stays
};
[[nodiscard]] std::string_view to_string(ZoneState state);

struct ZoneView {
  PowercapZone zone;
  ZoneState state = ZoneState::waiting;
  Energy energy = Energy::microjoules(0);
  std::uint64_t unknown_intervals = 0;
  std::string detail;  ///< id of the twin or mirror, or the error's text
};

/// The powercap zones (RAPL) below a sysfs root, read once for each sample.
class Powercap {
 public:
  /// `power_max`: what the machine can draw at most, where a zone does not say more itself.
  Powercap(std::filesystem::path sysfs_root, std::optional<Power> power_max);

  /// Reads each zone once. Allocates nothing unless it looks for zones: at first, then each 10 s
  /// while none can be read, and when one is gone.
  void sample(SampleClock& clock);

  /// psys or rapl: every zone that this source is made of is measured. Only one psys is trusted.
  [[nodiscard]] bool measures(PowerSource source) const;
  /// Sum over that source's zones since the first sample.
  [[nodiscard]] Energy total(PowerSource source) const;
  [[nodiscard]] std::uint64_t unknown_intervals(PowerSource source) const;

  /// Zones with a figure. Those of `counted` count for the node, if it is measured.
  [[nodiscard]] std::vector<EnergyReading> readings(PowerSource counted) const;
  /// All that was found, and why some have no figure.
  [[nodiscard]] std::vector<ZoneView> zones() const;
  [[nodiscard]] bool denied() const;
  /// What keeps zones from being read, said once each: for the log.
  [[nodiscard]] std::vector<std::string> take_problems();

 private:
  struct Zone {
    PowercapZone found;
    AttributeFile file;
    int error = 0;  // of the last open or read
    CumulativeEnergy energy;
    std::optional<std::uint64_t> value;       // of this sample
    std::optional<std::uint64_t> last_value;  // of the last sample that had one
    ReadTime at;
    std::chrono::nanoseconds still_since{};  // monotonic
    int still_samples = 0;
    bool moved = false;
    bool gone = false;
    bool complained = false;
    int parent = -1;    // index
    int mirrored = -1;  // index of the zone it may mirror
    MirrorWatch mirror;
  };

  void scan(const Stamp& now);
  void adopt(PowercapZone found);
  void relate_zones();
  void read(Zone& zone, SampleClock& clock);
  void note_movement(Zone& zone);
  void complain(Zone& zone);
  [[nodiscard]] ZoneState state_of(const Zone& zone) const;
  [[nodiscard]] bool is_still(const Zone& zone) const;
  [[nodiscard]] bool is_part_of(const Zone& zone, PowerSource source) const;

  std::filesystem::path sysfs_root_;
  std::optional<Power> power_max_;
  std::vector<Zone> zones_;
  std::vector<std::string> problems_;
  std::optional<std::chrono::nanoseconds> scanned_at_;  // monotonic
  bool someone_gone_ = false;
};

}  // namespace ecokube::agent
