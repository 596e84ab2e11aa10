#include "coordinator/core/node_planner.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/boot_proof.h"
#include "coordinator/core/candidates.h"
#include "coordinator/core/eviction.h"
#include "coordinator/core/lifecycle.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/node_actions.h"
#include "coordinator/core/node_steps.h"
#include "coordinator/core/placement.h"
#include "coordinator/core/power.h"
#include "coordinator/core/relays.h"
#include "coordinator/core/requests.h"
#include "coordinator/core/safety_spread.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core {
namespace {

/// Written at one time in the whole fleet, so that other steps find their way to the API server.
constexpr std::int64_t kSoftTaintsMax = 8;

}  // namespace

NodePlanner::NodePlanner(const World& world, const Policy& policy, const FleetCounts& fleet,
                         InrushBook& inrush, const Node& node, TimePoint now, NodeWant& want,
                         Plan& plan)
    : world_(world),
      policy_(policy),
      fleet_(fleet),
      inrush_(inrush),
      node_(node),
      now_(now),
      want_(want),
      plan_(plan) {}

void NodePlanner::run() {
  if (node_.hold_unsaved && node_.kube) {
    add(Verb::record_hold, RecordHold{node_.hold ? format_hold(*node_.hold) : std::string()},
        {"PersonAsked", "a person's hold belongs to the Node object"});
  }
  if (auto words = request_to_record(world_, policy_, node_, now_)) {
    add(Verb::record_request, std::move(words->record), std::move(words->reason));
  }
  if (quarantine_is_to_end(node_)) {
    const std::string why = node_.request->reason.empty() ? "" : ": " + node_.request->reason;
    add(Verb::quarantine, QuarantineNode{{}, 0, true},
        {"PersonAskedUnquarantine", "ended by " + node_.request->by + why});
    return;
  }
  if (fail_over()) return;
  if (node_.agent.heard_at && node_.agent.connected) {
    look_again(*node_.agent.heard_at + policy_.heartbeat_age_max);
  }
  const auto planned = plan_.steps.size();
  const bool candidate = is_candidate_now();
  go_on();
  if (plan_.steps.size() == planned) soft_taint(candidate);
}

void NodePlanner::go_on() {
  switch (state_at(node_, policy_, now_)) {
    case Lifecycle::ready: return ready();
    case Lifecycle::draining: return draining();
    case Lifecycle::powering_down: return powering_down();
    case Lifecycle::powered_down: return powered_down();
    case Lifecycle::powering_up: return powering_up();
    case Lifecycle::quarantined:
      if (node_.quarantined_until) look_again(*node_.quarantined_until);
      return wake_if_wanted();
    case Lifecycle::unknown: return unknown();
    case Lifecycle::maintenance: return wake_if_wanted();
  }
}

bool NodePlanner::is_candidate_now() {
  const bool waits = want_.on && want_.reason.code == "NotUnneededLongEnough";
  const bool idle = !want_.on && want_.reason.code == "Idle";
  if ((!waits && !idle) || node_.state != Lifecycle::ready) return false;
  return is_candidate(node_, want_, reasons());
}

const std::vector<Violation>& NodePlanner::reasons() {
  if (!reasons_) reasons_ = blockers(world_, policy_, fleet_, node_, now_);
  return *reasons_;
}

void NodePlanner::soft_taint(bool candidate) {
  const auto change = soft_taint_change(world_, policy_, node_, candidate, now_);
  if (!change) return;
  const auto planned = std::count_if(plan_.steps.begin(), plan_.steps.end(), [](const Step& step) {
    return step.id.verb == Verb::soft_taint;
  });
  if (fleet_.soft_taints + planned >= kSoftTaintsMax) return;
  add(Verb::soft_taint, *change,
      change->present ? Reason{"Candidate", "idle; schedulers should prefer other nodes"}
                      : Reason{"NoCandidate", "it is not about to be put down"});
}

void NodePlanner::ready() {
  // A person put our taint back, an old mark was seen late, or it died without one and is back.
  if (node_.marked || node_.off_recorded) {
    add(Verb::unmark, UnmarkNode{}, {"LeftOver", "our mark is on a node that stays on"});
    return;
  }
  if (want_.on) return;
  // Idle nodes were looked at together; one with pods to move takes room from the others.
  if (reasons().empty() && may_be_drained(node_, now_)) {
    s22_node_loss(world_, policy_, node_, now_, *reasons_);
  }
  if (!reasons().empty()) {
    if (node_.down_not_before) look_again(*node_.down_not_before);
    return block({reasons().front().code, reasons().front().text});
  }
  if (const auto going = marked_in_plan(); !going.empty()) {
    auto why = last_relay(world_, policy_, node_, now_, going);
    if (why) return block(*std::move(why));
  }
  if (would_prove_wake(policy_, node_, now_) && !turn_for_proof()) {
    return block({"AnotherProof", "one node of a pool is tested at a time"});
  }
  if (boot_unproven(policy_, node_) && !room_for_doubt()) {
    return block({"BootNotProven", "what it boots next has changed; others prove it first"});
  }
  // Until its view is ours.
  if (node_.kube->revision < std::max(node_.soft_taint_revision, node_.marks_revision)) return;
  // A mark now would only meet the conflict with what a person's words change on the Node.
  if (request_waits(node_, policy_)) return;
  if (auto wait = inrush_.mark_waits(node_)) {
    want_.on = true;
    return wait_for_turn(*std::move(wait));
  }
  if (want_.reason.code == "Idle" && would_prove_wake(policy_, node_, now_)) {
    want_.reason = {"ProvesWake", "it is idle; it is put down to be woken at once"};
  }
  if (add(Verb::mark, mark_of(world_, policy_, node_, now_), want_.reason))
    inrush_.take_mark(node_);
}

void NodePlanner::draining() {
  if (may_obey_another(world_, node_)) return;  // until its agent has seen our fence
  if (node_.down.give_up || node_.down.refused || node_.down.work_found || work_came()) {
    return go_back({"WorkCame", "work came, or a step failed, while it was being emptied"});
  }
  if (want_.on) return go_back(want_.reason);
  if (!reasons().empty()) return go_back({reasons().front().code, reasons().front().text});
  if (!node_.down.mark_revision) return;  // the mark is on its way
  if (!mark_stands(node_)) {
    return go_back({"MarkGone", "our taint was taken off while it was being emptied"});
  }
  if (node_.work_pods > 0) return move_work();
  const auto settled_at = *node_.down.marked_at + policy_.settle;
  if (now_ < settled_at) return look_again(settled_at);
  if (!node_.down.listed_at) {
    add(Verb::list_pods, ListPods{*node_.down.mark_revision},
        {"Settled", "the mark has settled; is the node really empty?"});
    return;
  }
  const auto attached =
      std::any_of(world_.attachments.begin(), world_.attachments.end(),
                  [&](const auto& entry) { return entry.second.node == node_.name; });
  if (attached) {
    wait_for_drain({"VolumeAttached", "its volumes were not detached in time"});
    return;
  }
  if (auto wait = inrush_.down_waits(node_)) return wait_for_turn(*std::move(wait));
  ShutdownNode shutdown{node_.agent.sequence, node_.down.may_remain, node_.sleep.mode};
  if (!add(Verb::shutdown, std::move(shutdown), want_.reason)) return;
  plan_.steps.back().tokens = down_tokens(policy_, node_);
  inrush_.take_down(node_);
}

bool NodePlanner::work_came() const {
  const auto work = work_on(world_, node_);
  return std::any_of(work.begin(), work.end(),
                     [&](const KubePod* pod) { return !node_.down.evicting.contains(pod->uid); });
}

void NodePlanner::move_work() {
  EvictPods evict;
  for (const auto* pod : work_on(world_, node_)) {
    if (!pod->deleting) evict.pods.push_back(ref_of(*pod));
  }
  if (wait_for_drain({"DrainTimedOut", "its pods did not go in time: " + node_.last_problem})) {
    return;
  }
  if (!evict.pods.empty()) {
    auto pods = evict.pods;
    add(Verb::evict, std::move(evict), want_.reason, std::move(pods));
  }
}

bool NodePlanner::wait_for_drain(Reason too_late) {
  const auto deadline = *node_.down.marked_at + policy_.drain_deadline;
  look_again(deadline);
  if (now_ < deadline) return false;
  go_back(std::move(too_late));
  return true;
}

void NodePlanner::powering_down() {
  if (node_.down.refused) return go_back({"Refused", node_.last_problem});
  if (node_.agent.goodbye && !node_.agent.connected) {
    const auto off_at = node_.agent.closed_at.value_or(node_.since) + policy_.silence_to_off;
    const bool woken = want_.on && may_be_woken(world_, policy_, node_, now_);
    auto wait = woken ? start_waits() : std::nullopt;
    if (woken && !wait) return wake();
    // Meanwhile it shows that it is off, which may be what others wait for.
    if (wait) wait_for_turn(*std::move(wait));
    if (bmc_tells_power(policy_, node_)) return woken ? record_proven_off() : off_by_bmc();
    if (now_ < off_at) return look_again(off_at);
    return record_off({"SaidGoodbye", "it said goodbye for our step and is silent since"});
  }
  const auto given_up_at = node_.down.shutdown_at.value_or(node_.since) + policy_.down_deadline;
  if (now_ < given_up_at) return look_again(given_up_at);
  if (!agent_alive(node_, policy_, now_)) return;
  go_back({"DidNotGoDown", "it took the order and is still up"});
}

void NodePlanner::go_back(Reason reason) { add(Verb::unmark, UnmarkNode{}, std::move(reason)); }

void NodePlanner::block(Reason reason) {
  want_.on = true;
  want_.reason = std::move(reason);
}

bool NodePlanner::room_for_doubt() const {
  const auto going = marked_in_plan();
  const auto planned = std::count_if(going.begin(), going.end(), [&](const NodeName& name) {
    return boot_unproven(policy_, world_.nodes.at(name));
  });
  return fleet_.sleep_unproven + planned < doubtful_max(fleet_.in_cluster);
}

std::set<NodeName> NodePlanner::marked_in_plan() const {
  std::set<NodeName> names;
  for (const auto& step : plan_.steps) {
    if (step.id.verb == Verb::mark) names.insert(step.id.subject);
  }
  return names;
}

bool NodePlanner::turn_for_proof() const {
  const Pool* pool = pool_of(policy_, node_.name, node_.kube->labels);
  const bool planned = std::any_of(plan_.steps.begin(), plan_.steps.end(), [&](const Step& step) {
    const auto* mark = std::get_if<MarkNode>(&step.action);
    if (mark == nullptr || !mark->proves_wake) return false;
    return pool_of(policy_, step.id.subject, world_.nodes.at(step.id.subject).kube->labels) == pool;
  });
  return !planned && other_proof(fleet_, pool, node_).empty();
}

bool NodePlanner::add(Verb verb, Action action, Reason reason, std::vector<PodRef> pods) {
  if (needs_lease(verb) && world_.fence == 0) return false;
  for (const auto& [id, at] : node_.in_flight) {
    // A packet may still be on its way out when the next step is due, and waits for nobody's
    // words on the Node; a soft taint keeps only the mark waiting, which would meet a changed
    // Node. Nothing else overlaps.
    const bool words = id.verb == Verb::record_hold || id.verb == Verb::record_request;
    const bool apart = id.verb == Verb::wake || id.verb == Verb::record_hold ||
                       (words && verb == Verb::wake) ||
                       (id.verb == Verb::soft_taint && verb != Verb::mark);
    if (id.verb == verb || !apart) return false;
  }
  const auto retry = node_.retry_not_before.find(verb);
  if (retry != node_.retry_not_before.end() && now_ < retry->second) {
    look_again(retry->second);
    return false;
  }
  const auto attempts = node_.attempts.find(verb);
  const auto attempt = attempts == node_.attempts.end() ? 1 : attempts->second + 1;
  plan_.steps.push_back(Step{{node_.name, verb, node_.transition, attempt},
                             std::move(action),
                             std::move(reason),
                             world_.fence,
                             std::move(pods)});
  return true;
}

void NodePlanner::wait_for_turn(InrushWait wait) {
  want_.reason = {std::move(wait.code),
                  want_.reason.text + "; it waits for its turn: " + wait.text};
  if (wait.due) look_again(*wait.due);
}

void NodePlanner::look_again(TimePoint at) {
  if (at <= now_) return;
  plan_.reconsider_at = plan_.reconsider_at ? std::min(*plan_.reconsider_at, at) : at;
}

void plan_node(const World& world, const Policy& policy, const FleetCounts& fleet,
               InrushBook& inrush, const Node& node, TimePoint now, NodeWant& want, Plan& plan) {
  NodePlanner(world, policy, fleet, inrush, node, now, want, plan).run();
}

}  // namespace ecokube::core
