#pragma once

#include <string>
#include <vector>

#include "coordinator/core/neighbours.h"
#include "coordinator/core/placement.h"
#include "coordinator/core/wake_budget.h"

namespace ecokube::core {

/// In this order demand fills nodes.
enum class Tier { on, coming_up, going_down, asleep, silent };

struct Bin {
  Tier tier;
  const Node* node;
  Resources room;
  std::string up_for;  ///< the namespace that a machine is woken for
  WattsBook::Part watts{};

  /// A machine has to be woken for who comes first.
  [[nodiscard]] bool asleep() const { return tier == Tier::asleep || tier == Tier::silent; }
};

/// Puts demand into bins, the first that fits, largest first. What a cap in watts keeps asleep is
/// taken only where nothing else has room; what a quota keeps asleep, not at all.
class Packing {
 public:
  Packing(const World& world, std::vector<Bin> bins, WakeBudget& budget);
  [[nodiscard]] Placement run(std::vector<Demand> demand);

 private:
  /// One of each kind that has no place; more of it need not be tried.
  using Kinds = std::vector<const KubePod*>;

  [[nodiscard]] static bool contains(const Kinds& kinds, const KubePod* pod);
  static void remember(Kinds& kinds, const KubePod* pod);
  [[nodiscard]] static bool fits(const Bin& bin, const Demand& item,
                                 const Neighbours::Rules& rules);
  /// nullptr: it is none yet.
  [[nodiscard]] const KubePod* pod_of(const Demand& item) const;
  [[nodiscard]] Neighbours::Rules rules_for(const KubePod* pod);
  /// To what is on, or comes up for its own namespace; false: nothing of that fits.
  bool add_to_own(const Demand& item);
  void add(const Demand& item, bool may_wake);
  void put(Bin& bin, const Demand& item, const KubePod* pod);

  const World& world_;
  std::vector<Bin> bins_;
  WakeBudget& budget_;
  Neighbours neighbours_;
  Kinds misfits_, held_, without_own_;
  Placement placement_;
};

}  // namespace ecokube::core
