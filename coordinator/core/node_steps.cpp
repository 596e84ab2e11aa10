#include "coordinator/core/node_steps.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/candidates.h"
#include "coordinator/core/eviction.h"
#include "coordinator/core/failover.h"
#include "coordinator/core/lifecycle.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/node_actions.h"
#include "coordinator/core/placement.h"
#include "coordinator/core/power.h"
#include "coordinator/core/power_off.h"
#include "coordinator/core/requests.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/safety_spread.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube::core {
namespace {

/// Written at one time in the whole fleet, so that other steps find their way to the API server.
constexpr std::int64_t kSoftTaintsMax = 8;
/// Between two orders to switch on: a BMC is not hurried.
constexpr Duration kOrderRepeat{std::chrono::seconds(10)};

/// Plans one node. One function for each state of the lifecycle.
class NodePlanner {
 public:
  NodePlanner(const World& world, const Policy& policy, const FleetCounts& fleet, const Node& node,
              TimePoint now, NodeWant& want, Plan& plan)
      : world_(world),
        policy_(policy),
        fleet_(fleet),
        node_(node),
        now_(now),
        want_(want),
        plan_(plan) {}

  void run() {
    if (node_.hold_unsaved && node_.kube) {
      add(Verb::record_hold, RecordHold{node_.hold ? format_hold(*node_.hold) : std::string()},
          {"PersonAsked", "a person's hold belongs to the Node object"});
    }
    if (auto words = request_to_record(world_, policy_, node_, now_)) {
      add(Verb::record_request, std::move(words->record), std::move(words->reason));
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

 private:
  void go_on() {
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

  /// Asked before the planner says why it is not put down yet.
  bool is_candidate_now() {
    const bool waits = want_.on && want_.reason.code == "NotUnneededLongEnough";
    const bool idle = !want_.on && want_.reason.code == "Idle";
    if ((!waits && !idle) || node_.state != Lifecycle::ready) return false;
    return is_candidate(node_, want_, reasons());
  }

  /// Why it is not put down now.
  const std::vector<Violation>& reasons() {
    if (!reasons_) reasons_ = blockers(world_, policy_, fleet_, node_, now_);
    return *reasons_;
  }

  void soft_taint(bool candidate) {
    const auto change = soft_taint_change(world_, policy_, node_, candidate, now_);
    if (!change) return;
    const auto planned =
        std::count_if(plan_.steps.begin(), plan_.steps.end(),
                      [](const Step& step) { return step.id.verb == Verb::soft_taint; });
    if (fleet_.soft_taints + planned >= kSoftTaintsMax) return;
    add(Verb::soft_taint, *change,
        change->present ? Reason{"Candidate", "idle; schedulers should prefer other nodes"}
                        : Reason{"NoCandidate", "it is not about to be put down"});
  }

  /// The taint that frees what a dead machine left behind, and its end. Nothing else is done to the
  /// node in the same turn: least of all is it woken.
  bool fail_over() {
    if (!node_.kube || node_.kube->revision < node_.marks_revision || world_.fence == 0) {
      return false;
    }
    if (out_of_service_by_us(*node_.kube)) {
      auto reason = is_back(node_, policy_, now_);
      if (reason) add(Verb::in_service, PutInService{}, *std::move(reason));
      return reason.has_value();
    }
    auto reason = wants_failover(world_, policy_, node_, now_);
    if (reason) {
      add(Verb::out_of_service, TakeOutOfService{node_.kube->revision}, *std::move(reason));
    }
    return reason.has_value();
  }

  void ready() {
    // A person put our taint back, an old mark was seen late, or it died without one and is back.
    if (node_.marked || node_.off_recorded) {
      return add(Verb::unmark, UnmarkNode{}, {"LeftOver", "our mark is on a node that stays on"});
    }
    if (want_.on) return;
    if (node_.request && node_.request->verb == PersonVerb::test_wake && another_proof_runs()) {
      return block({"AnotherProof", "one node of a pool is tested at a time"});
    }
    // Idle nodes were looked at together; one with pods to move takes room from the others.
    if (reasons().empty() && may_be_drained(node_, now_)) {
      s22_node_loss(world_, policy_, node_, now_, *reasons_);
    }
    if (!reasons().empty()) {
      if (node_.down_not_before) look_again(*node_.down_not_before);
      return block({reasons().front().code, reasons().front().text});
    }
    if (node_.kube->revision < node_.soft_taint_revision) return;  // until its view is ours
    // A mark now would only meet the conflict with what a person's words change on the Node.
    if (request_waits(node_, policy_)) return;
    add(Verb::mark, mark_of(world_, policy_, node_), want_.reason);
  }

  void draining() {
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
      return add(Verb::list_pods, ListPods{*node_.down.mark_revision},
                 {"Settled", "the mark has settled; is the node really empty?"});
    }
    const auto attached =
        std::any_of(world_.attachments.begin(), world_.attachments.end(),
                    [&](const auto& entry) { return entry.second.node == node_.name; });
    if (attached) {
      wait_for_drain({"VolumeAttached", "its volumes were not detached in time"});
      return;
    }
    ShutdownNode shutdown{node_.agent.sequence, node_.down.may_remain};
    add(Verb::shutdown, std::move(shutdown), want_.reason);
  }

  /// A pod that was not there when the node was marked: the scheduler bound it from an old view, or
  /// it tolerates our taint.
  bool work_came() const {
    const auto work = work_on(world_, node_);
    return std::any_of(work.begin(), work.end(),
                       [&](const KubePod* pod) { return !node_.down.evicting.contains(pod->uid); });
  }

  /// Evicts what does not go yet, again and again, since a budget may allow it later.
  void move_work() {
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

  /// True when the time for emptying it is over and it goes back.
  bool wait_for_drain(Reason too_late) {
    const auto deadline = *node_.down.marked_at + policy_.drain_deadline;
    look_again(deadline);
    if (now_ < deadline) return false;
    go_back(std::move(too_late));
    return true;
  }

  void powering_down() {
    if (node_.down.refused) return go_back({"Refused", node_.last_problem});
    if (node_.agent.goodbye && !node_.agent.connected) {
      const auto off_at = node_.agent.closed_at.value_or(node_.since) + policy_.silence_to_off;
      if (want_.on && may_be_woken(world_, policy_, node_, now_)) return wake();
      if (has_bmc(policy_, node_.name)) return off_by_bmc();
      if (now_ < off_at) return look_again(off_at);
      return record_off({"SaidGoodbye", "it said goodbye for our step and is silent since"});
    }
    const auto given_up_at = node_.down.shutdown_at.value_or(node_.since) + policy_.down_deadline;
    if (now_ < given_up_at) return look_again(given_up_at);
    if (!agent_alive(node_, policy_, now_)) return;
    go_back({"DidNotGoDown", "it took the order and is still up"});
  }

  void powered_down() {
    if (want_.on) return wake_if_wanted();
    if (!node_.kube || (node_.off_recorded && node_.marked)) return;
    if (has_bmc(policy_, node_.name)) return record_proven_off();
    record_off(node_.off_recorded ? Reason{"MarkGone", "it sleeps, and our mark on it is gone"}
                                  : Reason{"RecordOff", "its power is not recorded"});
  }

  void off_by_bmc() {
    if (off_proven(node_, policy_, now_)) return record_proven_off();
    const auto due = power_off_due(world_, policy_, node_, now_);
    if (!due) return;
    if (now_ < *due) return look_again(*due);
    auto off = power_off_order(node_);
    add(Verb::power_off, std::move(off),
        {"HangsOnTheWayDown", "it said goodbye, is silent, and its BMC says that it is on"});
  }

  /// Where it has a BMC, silence proves nothing: while that does not answer, the power is unknown.
  void record_proven_off() {
    if (!off_proven(node_, policy_, now_)) return;
    record_off({"BmcSaysOff", "its BMC says off, twice since its agent's last word"});
  }

  /// With our mark where that is gone, so that no pod comes to it and a successor knows of it. A
  /// machine that has only just died may have pods that are to be freed first.
  void record_off(Reason reason) {
    const bool by_bmc = has_bmc(policy_, node_.name);
    RecordOff record{
        power_text({PowerState::off, by_bmc ? PowerEvidence::bmc : PowerEvidence::inferred})};
    const bool dead = node_.state == Lifecycle::unknown;
    if (!dead && !node_.marked && node_.kube) record.mark = mark_of_sleeper(policy_, node_);
    add(Verb::record_off, std::move(record), std::move(reason));
  }

  void powering_up() {
    if (node_.up.boot_proven && node_.marked && kube_ready(node_) &&
        agent_alive(node_, policy_, now_)) {
      const bool proven = node_.up.asked_at.has_value();
      UnmarkNode unmark{proven ? format_wake_proof(now_, node_.up.method) : std::string()};
      return add(Verb::unmark, std::move(unmark),
                 {"BootProven", "a new boot id and Ready in Kubernetes"});
    }
    if (node_.up.asked_at) keep_waking();
  }

  /// The same method again, the next one when its time is over, and no more after the last.
  void keep_waking() {
    const auto& up = node_.up;
    const auto next = method_after(node_, policy_, up.method);
    const auto time =
        up.boot_proven ? policy_.wake_deadline : method_timeout(node_, policy_, up.method);
    const auto deadline = *up.method_at + time;
    if (now_ >= deadline && (up.boot_proven || !next)) return quarantine();
    if (now_ >= deadline) {
      return wake_by(*next, {"MethodFailed", "not up in " + std::to_string(time.count() / 1000) +
                                                 " s by " + std::string(to_string(up.method))});
    }
    look_again(deadline);
    if (up.boot_proven) return;
    if (up.method == WakeMethod::ipmi && bmc_says_on(node_, policy_, now_)) return;  // it boots
    const auto pause = up.method == WakeMethod::ipmi ? kOrderRepeat : policy_.wake_repeat;
    const auto again_at = *up.tried_at + pause;
    if (now_ < again_at) return look_again(again_at);
    wake_by(up.method, {"NoBootYet", "no new boot id since the last try"});
  }

  /// No agent speaks. What we marked or ordered down and lost sight of is woken, so that no crash
  /// of ours strands a node (S8); other silence is a fault and left to Kubernetes, unless its room
  /// is needed.
  void unknown() {
    if (off_proven(node_, policy_, now_) && !want_.on) return record_proven_off();
    const bool ours = node_.marked || node_.state == Lifecycle::powering_down;
    if (ours && !want_.on) {
      want_.reason = {"LostSight", "put down by us and silent; it is woken to know its state"};
      want_.on = true;
    }
    wake_if_wanted();
    const auto silent_since = std::max(node_.since, node_.agent.heard_at.value_or(node_.since));
    look_again(silent_since + policy_.heartbeat_age_max + Duration(1));
  }

  void wake_if_wanted() {
    if (want_.on && may_be_woken(world_, policy_, node_, now_)) wake();
  }

  /// What another leads is woken by it, unless a person asked us: we may know less than it does.
  void wake() {
    const bool asked = node_.request && node_.request->verb == PersonVerb::wake && node_.asked_us;
    if (world_.fence == 0 && !world_.leader.empty() && !asked) return;
    std::vector<PodRef> pods;
    if (want_.needed_by) pods.push_back(*want_.needed_by);
    wake_by(wake_methods(node_, policy_).front(), want_.reason, std::move(pods));
  }

  void wake_by(WakeMethod method, Reason reason, std::vector<PodRef> pods = {}) {
    add(Verb::wake, wake_order(node_, policy_, method), std::move(reason), std::move(pods));
  }

  void quarantine() {
    constexpr std::int64_t kDoublingsMax = 10;
    const auto failures = node_.wake_failures + 1;
    const auto factor = std::int64_t{1} << std::min(failures - 1, kDoublingsMax);
    const auto until = now_ + policy_.quarantine_base * factor;
    add(Verb::quarantine, QuarantineNode{until, failures},
        {"WakeFailed", "not up at its deadline; " + tries_text(node_.up)});
  }

  void go_back(Reason reason) { add(Verb::unmark, UnmarkNode{}, std::move(reason)); }

  void block(Reason reason) {
    want_.on = true;
    want_.reason = std::move(reason);
  }

  bool another_proof_runs() const {
    const Pool* pool = pool_of(policy_, node_.name, node_.kube->labels);
    return std::any_of(world_.nodes.begin(), world_.nodes.end(), [&](const auto& entry) {
      const Node& other = entry.second;
      return other.name != node_.name && other.kube && other.request &&
             other.request->verb == PersonVerb::test_wake && other.state != Lifecycle::ready &&
             pool_of(policy_, other.name, other.kube->labels) == pool;
    });
  }

  void add(Verb verb, Action action, Reason reason, std::vector<PodRef> pods = {}) {
    if (needs_lease(verb) && world_.fence == 0) return;
    for (const auto& [id, at] : node_.in_flight) {
      // A packet may still be on its way out when the next step is due, and waits for nobody's
      // words on the Node; a soft taint keeps only the mark waiting, which would meet a changed
      // Node. Nothing else overlaps.
      const bool words = id.verb == Verb::record_hold || id.verb == Verb::record_request;
      const bool apart = id.verb == Verb::wake || id.verb == Verb::record_hold ||
                         (words && verb == Verb::wake) ||
                         (id.verb == Verb::soft_taint && verb != Verb::mark);
      if (id.verb == verb || !apart) return;
    }
    const auto retry = node_.retry_not_before.find(verb);
    if (retry != node_.retry_not_before.end() && now_ < retry->second) {
      return look_again(retry->second);
    }
    const auto attempts = node_.attempts.find(verb);
    const auto attempt = attempts == node_.attempts.end() ? 1 : attempts->second + 1;
    plan_.steps.push_back(Step{{node_.name, verb, node_.transition, attempt},
                               std::move(action),
                               std::move(reason),
                               world_.fence,
                               std::move(pods)});
  }

  void look_again(TimePoint at) {
    if (at <= now_) return;
    plan_.reconsider_at = plan_.reconsider_at ? std::min(*plan_.reconsider_at, at) : at;
  }

  const World& world_;
  const Policy& policy_;
  const FleetCounts& fleet_;
  const Node& node_;
  TimePoint now_;
  NodeWant& want_;
  Plan& plan_;
  std::optional<std::vector<Violation>> reasons_;
};

}  // namespace

void plan_node(const World& world, const Policy& policy, const FleetCounts& fleet, const Node& node,
               TimePoint now, NodeWant& want, Plan& plan) {
  NodePlanner(world, policy, fleet, node, now, want, plan).run();
}

}  // namespace ecokube::core
