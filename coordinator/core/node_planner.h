#pragma once

#include <optional>
#include <set>
#include <vector>

#include "coordinator/core/inrush.h"
#include "coordinator/core/plan.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/world.h"

namespace ecokube::core {

/// Plans one node: one function for each state of the lifecycle, in node_steps.cpp where it is on
/// or goes down, in node_wake_steps.cpp where it is off or comes up. Used by plan_node() alone.
class NodePlanner {
 public:
  NodePlanner(const World& world, const Policy& policy, const FleetCounts& fleet,
              InrushBook& inrush, const Node& node, TimePoint now, NodeWant& want, Plan& plan);
  void run();

 private:
  void go_on();
  /// Asked before the planner says why it is not put down yet.
  [[nodiscard]] bool is_candidate_now();
  /// Why it is not put down now.
  [[nodiscard]] const std::vector<Violation>& reasons();
  void soft_taint(bool candidate);
  /// The taint that frees what a dead machine left behind, and its end. Nothing else is done to the
  /// node in the same turn: least of all is it woken.
  [[nodiscard]] bool fail_over();
  void ready();
  void draining();
  /// A pod that was not there when the node was marked: the scheduler bound it from an old view, or
  /// it tolerates our taint.
  [[nodiscard]] bool work_came() const;
  /// Evicts what does not go yet, again and again, since a budget may allow it later.
  void move_work();
  /// True when the time for emptying it is over and it goes back.
  bool wait_for_drain(Reason too_late);
  void powering_down();
  void powered_down();
  void off_by_bmc();
  /// Where it has a BMC, silence proves nothing: while that does not answer, the power is unknown.
  void record_proven_off();
  /// With our mark where that is gone, so that no pod comes to it and a successor knows of it. A
  /// machine that has only just died may have pods that are to be freed first.
  void record_off(Reason reason);
  void powering_up();
  /// Its mark is taken off once its own services are back, or were waited for (S26).
  void take_back();
  /// The same method again, the next one when its time is over, and no more after the last.
  void keep_waking();
  /// No agent speaks. What we marked or ordered down and lost sight of is woken, so that no crash
  /// of ours strands a node (S8); other silence is a fault and left to Kubernetes, unless its room
  /// is needed.
  void unknown();
  void wake_if_wanted();
  /// What another leads is woken by it, unless a person asked us: we may know less than it does.
  void wake();
  void wake_by(WakeMethod method, Reason reason, std::vector<PodRef> pods = {});
  /// Where only so many may boot at once this one's place is written down first, so that a
  /// successor counts it.
  [[nodiscard]] bool record_wake_first();
  /// Why it is not started now.
  [[nodiscard]] std::optional<InrushWait> start_waits();
  /// Explains that it waits, and for what.
  void wait_for_turn(InrushWait wait);
  void quarantine();
  void go_back(Reason reason);
  void block(Reason reason);
  /// Those of this plan that are about to go down.
  [[nodiscard]] std::set<NodeName> marked_in_plan() const;
  /// No other node of its pool proves its wake, those of this plan counted (S15).
  [[nodiscard]] bool turn_for_proof() const;
  /// One more node may sleep whose boot is not proven, those of this plan counted (S18).
  [[nodiscard]] bool room_for_doubt() const;
  /// False where it is not the time for it yet.
  bool add(Verb verb, Action action, Reason reason, std::vector<PodRef> pods = {});
  void look_again(TimePoint at);

  const World& world_;
  const Policy& policy_;
  const FleetCounts& fleet_;
  InrushBook& inrush_;
  const Node& node_;
  TimePoint now_;
  NodeWant& want_;
  Plan& plan_;
  std::optional<std::vector<Violation>> reasons_;
};

}  // namespace ecokube::core
