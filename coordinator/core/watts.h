#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/observation.h"
#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

// S6: what all machines of a group may draw together. A machine counts with its peak until it is
// proven off, so one that was woken and is late counts, too.
namespace ecokube::core {

/// As configured of the node or its pool, else as its agent says; nullopt: nobody says it.
[[nodiscard]] std::optional<Power> known_peak(const Policy& policy, const Node& node);
/// That, else the policy's default, or what was measured where that is more: a lower figure is no
/// proof of a peak. Never 0 W.
[[nodiscard]] Power peak_of(const Policy& policy, const Node& node);

/// This heartbeat shows that the machine draws more than was known; nullopt: it does not.
[[nodiscard]] std::optional<Power> peak_shown(const Node& node, const AgentHeartbeat& beat);

/// Nothing proves that it is off, or a wake since may have switched it on. One whose Node was
/// deleted draws only while something says that it is on.
[[nodiscard]] bool may_draw(const Node& node, const Policy& policy, TimePoint now);

/// Of any group.
[[nodiscard]] bool watts_are_capped(const Policy& policy);
/// Of one that the node is of.
[[nodiscard]] bool watts_are_capped(const Policy& policy, const Node& node);

/// "1250 W"
[[nodiscard]] std::string watts_text(Power power);

/// What is counted in each group that has a cap: one walk over the fleet, none without a cap.
class WattsBook {
 public:
  WattsBook(const World& world, const Policy& policy, TimePoint now);

  struct Group {
    std::string name;  ///< "pool workers"
    Power cap;
    Power sum = Power::milliwatts(0);
    std::int64_t machines = 0;
    std::vector<NodeName> silent = {};  ///< the first few, neither proven off nor on
  };
  /// One machine's part: which groups, and how much it adds to them.
  struct Part {
    std::vector<Group*> groups;
    Power peak = Power::milliwatts(0);
    Power adds = Power::milliwatts(0);  ///< nothing where it counts already
  };
  [[nodiscard]] Part part_of(const Node& node);

  [[nodiscard]] static bool fits(const Part& part);
  /// What it waits for, and what would free it; empty: it fits.
  [[nodiscard]] static std::string waits(const Part& part);
  /// From now on it counts.
  static void take(const Part& part);

 private:
  /// Those that have a cap.
  [[nodiscard]] std::vector<Group*> groups_of(const Node& node);

  const Policy& policy_;
  TimePoint now_;
  std::map<std::string, Group> groups_;
};

}  // namespace ecokube::core
