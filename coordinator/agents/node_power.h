#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/units.h"
#include "ecokube/v1/agent.pb.h"

namespace ecokube {

/// What a heartbeat's counters say of the whole node.
struct NodePowerSample {
  std::optional<Power> power;    ///< mean since the heartbeat before; absent: not known
  std::string source;            ///< "rapl", "model", "model+rapl"; empty without counters
  std::optional<Energy> energy;  ///< since the agent's start
  std::uint64_t unknown_intervals = 0;
};

/// Turns cumulative counters into power, from one heartbeat of a connection to the next. Where a
/// counter was reset, appeared, went or fell, that interval's power is unknown, never a guess.
/// Counters of the time that was told before say nothing new: the figure stays.
class NodePower {
 public:
  /// `uptime` is the machine's own at which they were read, so that a late message gives no wrong
  /// figure.
  [[nodiscard]] Result<NodePowerSample> update(
      const google::protobuf::RepeatedPtrField<v1::EnergyCounter>& counters,
      std::chrono::milliseconds uptime);

 private:
  struct Totals {
    std::vector<std::string> domains;  ///< "rapl package-0", those that count, sorted
    Energy energy = Energy::microjoules(0);
    std::uint64_t unknown_intervals = 0;
    std::chrono::milliseconds uptime{};
  };
  std::optional<Totals> last_;
  NodePowerSample sample_;
};

}  // namespace ecokube
