// The mini fleet's Kubernetes: objects with revisions, a watch, and what its API does.
#include <algorithm>
#include <limits>

#include "bench.h"
#include "coordinator/core/marks.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

bool put_there_by_us(const Taint& taint) {
  return taint.key == names::kTaint || taint.key == names::kCandidate;
}
bool is_out_of_service(const Taint& taint) { return taint.key == names::kOutOfServiceTaint; }

}  // namespace

void MiniFleet::list_all(bool went_backwards) {
  ClusterListed listed{revision_, {}, {}, {}};
  listed.went_backwards = went_backwards;
  for (const auto& [name, node] : nodes_) listed.nodes.push_back(node);
  for (const auto& [uid, pod] : pods_) listed.pods.push_back(pod);
  watched_ = revision_;
  watch_until_ = now;
  post(std::move(listed));
}

/// New revisions may have grown past the old ones by the time of the list; a leader's Lease tells.
void MiniFleet::restore() {
  ++past_;
  nodes_ = backup_.nodes;
  pods_ = backup_.pods;
  revision_ = backup_.revision + draw(0, 500);
  watched_ = std::numeric_limits<Revision>::max();  // until it is listed, nothing is heard
  for (const auto& [uid, pod] : pods_) {
    if (!pod.node.empty()) at(now + lives_[uid], [this, uid = uid] { end_pod(uid); });
  }
  if (!running_) return;
  post(ClusterLost{"the API server is restored"});
  in_process(500, 8000, [this] { list_all(true); });
}

/// Changes come in their order, each a little late.
void MiniFleet::watch(Fact fact) {
  watch_until_ = std::max(watch_until_, now + Duration(draw(1, 400)));
  at(watch_until_,
     [this, process = process_, past = past_, revision = revision_, fact = std::move(fact)] {
       if (!running_ || process != process_ || past != past_ || revision <= watched_) return;
       watched_ = revision;
       post(fact);
     });
}

void MiniFleet::changed(const NodeName& name) {
  nodes_[name].revision = ++revision_;
  watch(NodeSeen{nodes_[name]});
}

void MiniFleet::changed_pod(const std::string& uid) {
  pods_[uid].revision = ++revision_;
  watch(PodSeen{pods_[uid]});
}

StepEnded MiniFleet::perform(const Step& step) {
  switch (step.id.verb) {
    case Verb::mark: return mark(step);
    case Verb::unmark: return unmark(step);
    case Verb::list_pods: return list(step);
    case Verb::shutdown: return shutdown(step);
    case Verb::wake: wake(step); break;
    case Verb::record_off:
    case Verb::record_wake:
    case Verb::quarantine:
    case Verb::record_hold:
    case Verb::record_request: return annotate(step);
    case Verb::power_off: return order_off(step);
    case Verb::out_of_service:
    case Verb::in_service: return set_service(step);
    case Verb::record_freeze:
    case Verb::scale: break;
    case Verb::evict: return evict(step);
    case Verb::bind: return bind_for_us(step);
    case Verb::report_unschedulable: return report(step);
    case Verb::soft_taint: return soft_taint(step);
  }
  return {step.id, Outcome::done, "", 0, {}};
}

StepEnded MiniFleet::mark(const Step& step) {
  const auto& mark = std::get<MarkNode>(step.action);
  KubeNode& node = nodes_[step.id.subject];
  if (node.revision != mark.expected_revision) {
    return {step.id, Outcome::failed, "the Node changed", 0, {}};
  }
  std::erase_if(node.taints, put_there_by_us);
  node.taints.push_back({std::string(names::kTaint), "", "NoSchedule"});
  node.annotations[std::string(names::kIntent)] =
      format_intent(intent_of(mark, step.id.transition));
  node.annotations[std::string(names::kWakeRecipe)] = mark.wake_recipe;
  if (!mark.already_cordoned) node.annotations[std::string(names::kCordonedByUs)] = "true";
  node.unschedulable = true;
  marked_at_[node.name] = now;
  changed(node.name);
  return {step.id, Outcome::done, "", revision_, {}};
}

StepEnded MiniFleet::unmark(const Step& step) {
  const auto& proof = std::get<UnmarkNode>(step.action).wake_proof;
  KubeNode& node = nodes_[step.id.subject];
  std::erase_if(node.taints, put_there_by_us);
  if (node.annotations.erase(std::string(names::kCordonedByUs)) > 0) node.unschedulable = false;
  for (const auto name : {names::kIntent, names::kPower, names::kQuarantine, names::kWaking}) {
    node.annotations.erase(std::string(name));
  }
  if (node.annotations.erase(std::string(names::kOutOfServiceByUs)) > 0) {
    std::erase_if(node.taints, is_out_of_service);
  }
  if (!proof.empty()) node.annotations[std::string(names::kWakeProof)] = proof;
  changed(node.name);
  return {step.id, Outcome::done, "", revision_, {}};
}

StepEnded MiniFleet::soft_taint(const Step& step) {
  KubeNode& node = nodes_[step.id.subject];
  std::erase_if(node.taints, [](const Taint& taint) { return taint.key == names::kCandidate; });
  if (std::get<SoftTaint>(step.action).present) {
    node.taints.push_back({std::string(names::kCandidate), "", "PreferNoSchedule"});
  }
  changed(node.name);
  return {step.id, Outcome::done, "", revision_, {}};
}

/// As the API server does it: it looks at the pod alone, not at the node.
StepEnded MiniFleet::bind_for_us(const Step& step) {
  const auto& wanted = std::get<BindPod>(step.action);
  const auto pod = pods_.find(wanted.pod.uid);
  if (pod == pods_.end()) return {step.id, Outcome::refused, "not found", 0, {}};
  if (!pod->second.node.empty()) {
    return {step.id, Outcome::refused, "already assigned to " + pod->second.node, 0, {}};
  }
  bind(pod->second, wanted.node);
  ++binds_;
  return {step.id, Outcome::done, "", 0, {}};
}

StepEnded MiniFleet::report(const Step& step) {
  const auto& said = std::get<ReportUnschedulable>(step.action);
  const auto pod = pods_.find(said.pod.uid);
  if (pod == pods_.end()) return {step.id, Outcome::refused, "not found", 0, {}};
  pod->second.unschedulable = pod->second.node.empty();
  pod->second.refusal = said.message;
  changed_pod(pod->first);
  return {step.id, Outcome::done, "", 0, {}};
}

StepEnded MiniFleet::annotate(const Step& step) {
  KubeNode& node = nodes_[step.id.subject];
  if (const auto* off = std::get_if<RecordOff>(&step.action)) {
    if (off->mark) {
      const auto marked = mark({step.id, *off->mark, {}});
      if (marked.outcome != Outcome::done) return marked;
    }
    node.annotations[std::string(names::kPower)] = format_off(off->power, off->since);
  }
  if (const auto* quarantine = std::get_if<QuarantineNode>(&step.action)) {
    node.annotations[std::string(names::kQuarantine)] = format_quarantine(*quarantine);
    if (quarantine->ended) node.annotations.erase(std::string(names::kQuarantine));
  }
  if (const auto* wake = std::get_if<RecordWake>(&step.action)) {
    node.annotations[std::string(names::kWaking)] = format_waking(wake->at);
  }
  if (const auto* request = std::get_if<RecordRequest>(&step.action)) {
    auto& text = node.annotations[std::string(names::kRequest)];
    text = request->text;
    if (text.empty()) node.annotations.erase(std::string(names::kRequest));
  }
  changed(node.name);
  return {step.id, Outcome::done, "", revision_, {}};
}

/// What still runs there would run twice: it must be off.
StepEnded MiniFleet::set_service(const Step& step) {
  const NodeName name = step.id.subject;
  KubeNode& node = nodes_[name];
  const auto* taken = std::get_if<TakeOutOfService>(&step.action);
  if (taken == nullptr) {
    if (node.annotations.erase(std::string(names::kOutOfServiceByUs)) > 0) {
      std::erase_if(node.taints, is_out_of_service);
    }
    changed(name);
    return {step.id, Outcome::done, "", revision_, {}};
  }
  if (node.revision != taken->expected_revision) {
    return {step.id, Outcome::failed, "the Node changed", 0, {}};
  }
  if (machines[name].phase != Machine::Phase::off) error(name + " was failed over while on");
  ++failovers_;
  node.annotations[std::string(names::kOutOfServiceByUs)] = "true";
  node.taints.push_back({std::string(names::kOutOfServiceTaint), "nodeshutdown", "NoExecute"});
  changed(name);
  for (const auto& [uid, pod] : pods_) {
    if (pod.node != name) continue;
    in(100, 3000, [this, uid = uid, life = lives_[uid], size = pod.requests.cpu_millicores] {
      if (!pods_.contains(uid)) return;
      end_pod(uid);
      add_pod(life, size);
    });
  }
  return {step.id, Outcome::done, "", revision_, {}};
}

/// As the Eviction API does it: accepted, the pod is deleted a while later and its ReplicaSet makes
/// another; or refused by the budget.
StepEnded MiniFleet::evict(const Step& step) {
  StepEnded ended{step.id, Outcome::done, "", 0, {}};
  for (const auto& wanted : std::get<EvictPods>(step.action).pods) {
    const auto at_pod = pods_.find(wanted.uid);
    if (at_pod == pods_.end() || at_pod->second.deleting) continue;
    std::erase_if(evicted_at_, [&](TimePoint at) { return now - at > seconds(60); });
    if (std::ssize(evicted_at_) >= evictions_a_minute_) {
      ended = {step.id, Outcome::refused, "the budget allows none of " + wanted.name, 0, {}};
      continue;
    }
    evicted_at_.push_back(now);
    ++evictions_;
    at_pod->second.deleting = true;
    changed_pod(wanted.uid);
    in(500, 30'000,
       [this, uid = wanted.uid, life = lives_[wanted.uid],
        millicores = at_pod->second.requests.cpu_millicores, scheduler = at_pod->second.scheduler] {
         end_pod(uid);
         add_pod(life, millicores, scheduler);
       });
  }
  return ended;
}

void MiniFleet::ask(const NodeName& name, PersonVerb verb) {
  if (running_) post(PersonAsked{name, verb, "anna", "test", seconds(1800)});
}

StepEnded MiniFleet::list(const Step& step) {
  StepEnded ended{step.id, Outcome::done, "", revision_, {}};
  for (const auto& [uid, pod] : pods_) {
    if (pod.node == step.id.subject) ended.pods.push_back(pod);
  }
  return ended;
}

void MiniFleet::cordon(const NodeName& name) {
  nodes_[name].unschedulable = true;
  changed(name);
}

void MiniFleet::taint(const NodeName& name, Taint taint) {
  nodes_[name].taints.push_back(std::move(taint));
  changed(name);
}

}  // namespace ecokube::core::test
