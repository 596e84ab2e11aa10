// Our own steps: begun, and ended.
#include <algorithm>
#include <utility>

#include "common/backoff.h"
#include "coordinator/core/apply.h"
#include "coordinator/core/eviction.h"
#include "coordinator/core/inrush.h"
#include "coordinator/core/lifecycle.h"
#include "coordinator/core/lost_work.h"

namespace ecokube::core::detail {
namespace {

constexpr Duration kRetryBase{200};
constexpr Duration kRefusalWaitBase{std::chrono::seconds(30)};
constexpr Duration kRefusalWaitMax{std::chrono::hours(4)};
constexpr std::size_t kDownsKept = 200;

void note_spread(const World& world, Node& node) {
  for (const auto* pod : work_on(world, node)) {
    const auto* replicas = replicas_of(world, *pod);
    if (replicas != nullptr && is_spread(world, *replicas)) {
      node.down.spread.insert(controller_key(*pod));
    }
  }
}

void begin(Node& node, const MarkNode& mark, const Step& /*step*/, TimePoint now) {
  node.down = WayDown{};
  node.down.boot_id = mark.boot_id;
  node.down.evicting.insert(mark.pods_to_evict.begin(), mark.pods_to_evict.end());
  node.marked = true;  // from now on it may be, even if no answer comes
  node.marked_unproven = mark.boot_unproven;
  node.marked_proof = mark.proves_wake;
  node.sleep = {mark.mode, mark.boot_id, false, {}, {}};
  enter(node, Lifecycle::draining, now);
}

void begin(Node& node, const ShutdownNode& /*shutdown*/, const Step& step, TimePoint now) {
  node.down.shutdown_at = now;
  node.down.command_id = step.id.text();
  node.downs.push_back(now);
  if (node.downs.size() > kDownsKept) node.downs.erase(node.downs.begin());
  enter(node, Lifecycle::powering_down, now);
}

void begin(Node& node, const PowerOff& /*off*/, const Step& /*step*/, TimePoint now) {
  ++node.down.offs_ordered;
  node.down.off_ordered_at = now;
}

void begin(Node& node, const RecordOff& record, const Step& /*step*/, TimePoint now) {
  if (record.mark) {
    node.marked = true;  // from now on it may be, even if no answer comes
    node.marked_unproven = record.mark->boot_unproven;
    node.marked_proof = record.mark->proves_wake;
  }
  if (node.request && node.request->verb == PersonVerb::sleep) {
    node.request.reset();
    node.request_unsaved = true;
  }
  node.refusals = 0;
  node.sleep.since = record.since;
  enter(node, Lifecycle::powered_down, now);
}

void begin(Node& node, const RecordWake& record, const Step& /*step*/, TimePoint /*now*/) {
  node.waking_at = record.at;
  node.waking_unsent = true;
}

void begin(Node& node, const WakeNode& wake, const Step& step, TimePoint now) {
  auto& up = node.up;
  if (node.state != Lifecycle::powering_up) {
    const bool silent = node.state == Lifecycle::unknown || node.state == Lifecycle::ready ||
                        node.state == Lifecycle::draining;
    up = WayUp{};
    up.out_of_silence = silent && !node.marked;
    up.old_boot_id = node.inventory.boot_id;
    const bool forgotten = up.old_boot_id.empty() && node.sleep.mode != SleepMode::power_off;
    if (forgotten) up.old_boot_id = node.sleep.life;
    up.asked_at = up.method_at = now;
    up.method = wake.method;
    up.why = step.reason.text;
    if (step.asker) up.asker_ns = step.asker->ns;
    enter(node, Lifecycle::powering_up, now);
  } else if (up.method != wake.method) {
    up.method = wake.method;
    up.method_at = now;
    up.late = true;
  }
  up.tried_at = now;
  node.waking_unsent = false;
  if (!node.sleep.woken_at) node.sleep.woken_at = now;
  node.bmc.on.reset();  // what was read before says nothing of after
  node.bmc.equal = 0;
  ++(wake.method == WakeMethod::wol ? up.packets : up.orders);
}

void begin(Node& node, const QuarantineNode& quarantine, const Step& /*step*/, TimePoint now) {
  node.quarantine_ends = quarantine.ended;
  if (quarantine.ended) return;
  node.wake_failures = quarantine.failures;
  node.quarantined_until = quarantine.until;
  node.last_problem = "did not come up before its deadline; " + tries_text(node.up);
  enter(node, Lifecycle::quarantined, now);
}

void begin(Node& node, const UnmarkNode& /*unmark*/, const Step& /*step*/, TimePoint now) {
  const bool drain_failed = !node.down.evicting.empty() && node.work_pods > 0;
  if (node.down.refused || node.state == Lifecycle::powering_down || drain_failed) {
    ++node.refusals;  // each refusal doubles the wait before the next try (S3)
    node.down_not_before = now + next_delay(static_cast<unsigned>(node.refusals), 0,
                                            kRefusalWaitBase, kRefusalWaitMax);
  } else if (node.down.give_up) {
    node.down_not_before = now + kRetryBase;
  }
}

void begin(Node& node, const RecordHold& /*hold*/, const Step& /*step*/, TimePoint /*now*/) {
  node.hold_unsaved = false;
}

void begin(Node& node, const RecordRequest& record, const Step& /*step*/, TimePoint /*now*/) {
  node.request_unsaved = false;
  if (record.text.empty()) node.request.reset();
}

void begin(Node&, const EvictPods&, const Step&, TimePoint) {}
void begin(Node&, const ListPods&, const Step&, TimePoint) {}
void begin(Node&, const TakeOutOfService&, const Step&, TimePoint) {}
void begin(Node&, const PutInService&, const Step&, TimePoint) {}
void begin(Node&, const RecordFreeze&, const Step&, TimePoint) {}
void begin(Node&, const ScaleWorkload&, const Step&, TimePoint) {}
void begin(Node&, const BindPod&, const Step&, TimePoint) {}
void begin(Node&, const ReportUnschedulable&, const Step&, TimePoint) {}

void begin(Node& node, const SoftTaint& /*taint*/, const Step& /*step*/, TimePoint now) {
  node.soft_tainted_at = now;
}

void end_mark(Node& node, const StepEnded& fact, TimePoint now) {
  if (fact.outcome != Outcome::done) {
    node.down.give_up = true;
    return;
  }
  node.down.mark_revision = fact.revision;
  node.down.marked_at = now;
  node.marks_revision = std::max(node.marks_revision, fact.revision);
}

void end_list(const World& world, Node& node, const StepEnded& fact, TimePoint now) {
  if (fact.outcome != Outcome::done) return;
  node.down.listed_revision = fact.revision;
  node.down.listed_at = now;
  node.down.may_remain.clear();
  for (const auto& pod : fact.pods) {
    if (may_remain(pod, world.daemonsets_may_stop, world.services)) {
      node.down.may_remain.push_back(pod.uid);
      if (!pod.static_uid.empty()) node.down.may_remain.push_back(pod.static_uid);
    } else {
      node.down.work_found = true;
    }
  }
}

void end_unmark(Node& node, const StepEnded& fact, TimePoint now) {
  if (fact.outcome != Outcome::done) return;
  node.marked = false;
  node.off_recorded = false;
  node.waking_at.reset();
  node.marks_revision = std::max(node.marks_revision, fact.revision);
  const bool was_going_down =
      node.state == Lifecycle::draining || node.state == Lifecycle::powering_down;
  if (was_going_down) {
    node.down = WayDown{};
    node.work_ended_at = now;
    enter(node, Lifecycle::ready, now);
  }
  follow_evidence(node, now);
  if (node.state == Lifecycle::ready) node.sleep = {};
}

/// What a person asked for stands on the Node, or must be written again.
void end_saying(Node& node, const StepEnded& fact) {
  if (fact.outcome == Outcome::done) {
    node.said_revision = std::max(node.said_revision, fact.revision);
  } else {
    (fact.id.verb == Verb::record_hold ? node.hold_unsaved : node.request_unsaved) = true;
  }
}

/// Whether a node whose quarantine has ended is asleep or dead nobody knows: it is woken to be
/// known.
void end_quarantine(Node& node, const StepEnded& fact, TimePoint now) {
  node.marks_revision = std::max(node.marks_revision, fact.revision);
  if (fact.outcome != Outcome::done || !std::exchange(node.quarantine_ends, false)) return;
  node.quarantined_until.reset();
  node.wake_failures = 0;
  node.last_problem.clear();
  if (node.state == Lifecycle::quarantined) enter(node, Lifecycle::unknown, now);
}

void end_node_step(const World& world, Node& node, const StepEnded& fact, TimePoint now) {
  node.in_flight.erase(fact.id);
  if (fact.outcome != Outcome::done) {
    node.last_problem = std::string(to_string(fact.id.verb)) + ": " + fact.message;
    node.retry_not_before[fact.id.verb] = retry_at(fact, now);
  }
  switch (fact.id.verb) {
    case Verb::mark: return end_mark(node, fact, now);
    case Verb::list_pods: return end_list(world, node, fact, now);
    case Verb::shutdown:
      // Taken up anew under another fence, the order that this answers is given up anyway.
      if (fact.outcome == Outcome::refused && node.state == Lifecycle::powering_down) {
        node.down.refused = true;
      }
      return;
    case Verb::record_off:
      node.off_recorded = fact.outcome == Outcome::done;
      node.marks_revision = std::max(node.marks_revision, fact.revision);
      return;
    case Verb::out_of_service:
    case Verb::in_service:
      if (fact.outcome == Outcome::done) {
        node.marks_revision = std::max(node.marks_revision, fact.revision);
      }
      return;
    case Verb::unmark: return end_unmark(node, fact, now);
    case Verb::record_hold:
    case Verb::record_request: return end_saying(node, fact);
    case Verb::soft_taint:
      node.soft_taint_revision = std::max(node.soft_taint_revision, fact.revision);
      return;
    case Verb::record_wake:
      node.marks_revision = std::max(node.marks_revision, fact.revision);
      // Waking waits for nobody's words on the Node: where they fail it is woken all the same.
      node.retry_not_before.erase(fact.id.verb);
      return;
    case Verb::quarantine: return end_quarantine(node, fact, now);
    case Verb::evict:
    case Verb::power_off:
    case Verb::wake:
    case Verb::record_freeze:
    case Verb::bind:
    case Verb::report_unschedulable:
    case Verb::scale: return;
  }
}

/// An answer for an order that a newer one has replaced says nothing of the newer one.
void end_fleet_step(FreezeView& freeze, const StepEnded& fact, TimePoint now) {
  freeze.in_flight.erase(fact.id);
  if (fact.id.transition != freeze.transition) return;
  if (fact.outcome == Outcome::done) {
    freeze.unsaved = false;
  } else {
    freeze.retry_not_before = retry_at(fact, now);
  }
}

constexpr std::string_view kScalerPrefix = "scaler/";

ScalerView* scaler_of(World& world, const StepId& id) {
  if (!id.subject.starts_with(kScalerPrefix)) return nullptr;
  const auto at = world.scalers.find(id.subject.substr(kScalerPrefix.size()));
  return at == world.scalers.end() ? nullptr : &at->second;
}

}  // namespace

TimePoint retry_at(const StepEnded& failed, TimePoint now) {
  constexpr Duration kRetryMax{10'000};
  return now + next_delay(static_cast<unsigned>(failed.id.attempt), 0, kRetryBase, kRetryMax);
}

void on(World& world, const StepStarted& fact, TimePoint now) {
  const auto& step = fact.step;
  if (auto* scaler = scaler_of(world, step.id)) {
    scaler->in_flight[step.id] = now;
    ++scaler->transition;
    return;
  }
  if (step.id.subject == kFleetSubject) {
    world.freeze.attempts = step.id.attempt;
    world.freeze.in_flight[step.id] = now;
    return;
  }
  if (step.id.subject.starts_with(kPodPrefix)) return begin_placing(world, step, now);
  take_tokens(world.buckets, step.tokens, now);
  Node& node = node_at(world, step.id.subject, now);
  if (step.asker) note_woken_for(world, *step.asker, node.name, now);
  std::visit([&](const auto& action) { begin(node, action, step, now); }, step.action);
  if (step.id.verb == Verb::mark) note_spread(world, node);
  node.attempts[step.id.verb] = step.id.attempt;
  node.in_flight[step.id] = now;
}

void on(World& world, const StepEnded& fact, TimePoint now) {
  if (auto* scaler = scaler_of(world, fact.id)) {
    scaler->in_flight.erase(fact.id);
    if (fact.outcome == Outcome::done) {
      scaler->retry_not_before.reset();
    } else {
      scaler->problem = fact.message;
      scaler->retry_not_before = now + std::chrono::seconds(1);
    }
    return;
  }
  if (fact.id.subject == kFleetSubject) return end_fleet_step(world.freeze, fact, now);
  if (fact.id.subject.starts_with(kPodPrefix)) return end_placing(world, fact, now);
  const auto at = world.nodes.find(fact.id.subject);
  if (at != world.nodes.end()) end_node_step(world, at->second, fact, now);
}

}  // namespace ecokube::core::detail
