#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/units.h"
#include "node-agent/sensors/energy_counter.h"

namespace ecokube::agent {

/// One cumulative counter as it travels in a heartbeat.
struct EnergyReading {
  std::string source;  ///< "rapl" or "model"
  std::string domain;  ///< "package-0", "package-0/core", "dram", "node"
  Energy energy = Energy::microjoules(0);
  bool counts_for_node = false;  ///< the node is the sum of these
  std::uint64_t unknown_intervals = 0;
  bool operator==(const EnergyReading&) const = default;
};

/// The powercap zones (RAPL) below a sysfs root. What counts for the node: psys alone where there
/// is one, else the packages and the DRAM beside them (Intel's package counter leaves DRAM out);
/// core and uncore are parts of a package.
class Powercap {
 public:
  /// `power_max`: what the machine can draw at most, where a zone does not say more itself.
  Powercap(std::filesystem::path sysfs_root, std::optional<Power> power_max);

  /// Reads each zone once; `at` is CLOCK_BOOTTIME.
  void sample(std::chrono::nanoseconds at);

  [[nodiscard]] std::vector<EnergyReading> readings() const;
  /// True when every zone that counts for the node could be read at its last sample.
  [[nodiscard]] bool measures_node() const;
  /// What keeps zones from being read, said once each: for the log.
  [[nodiscard]] std::vector<std::string> take_problems();

 private:
  struct Zone {
    std::filesystem::path folder;
    std::string id;      // "intel-rapl:0:1"
    std::string name;    // "core"
    std::string domain;  // "package-0/core"
    CounterLimits limits;
    CumulativeEnergy energy;
    bool counts = false;
    bool readable = false;
    bool complained = false;
  };

  void find_zones();
  void add_zone(const std::filesystem::path& folder);
  void add_zones_below(const std::filesystem::path& folder, int depth);
  void name_domains();
  void choose_counted();
  void complain(Zone& zone, int error);

  std::filesystem::path sysfs_root_;
  std::optional<Power> power_max_;
  std::vector<Zone> zones_;
  std::vector<std::string> problems_;
  bool found_ = false;
};

}  // namespace ecokube::agent
