// The mini fleet's pods, its scheduler and its kubelets.
#include <algorithm>

#include "bench.h"
#include "mini_fleet.h"

namespace ecokube::core::test {
namespace {

bool is_ours(const Taint& taint) {
  return taint.key == names::kTaint || taint.key == names::kCandidate;
}

bool forbids(const Taint& taint) { return taint.effect != "PreferNoSchedule"; }

}  // namespace

void MiniFleet::add_pod(Duration life, std::int64_t millicores, const std::string& scheduler) {
  KubePod pod = pending_pod("p" + std::to_string(++pods_made_), millicores);
  pod.unschedulable = false;
  pod.scheduler = scheduler;
  lives_[pod.uid] = life;
  pods_[pod.uid] = pod;
  added_at_[pod.uid] = now;
  changed_pod(pod.uid);
}

/// By a view of that age: our mark may be too young to be in it, less than two seconds.
bool MiniFleet::bindable(const KubeNode& node, Duration view_age) const {
  if (node.ready != Readiness::ready) return false;
  const bool clean =
      !node.unschedulable && std::none_of(node.taints.begin(), node.taints.end(), forbids);
  const auto marked = marked_at_.find(node.name);
  return clean || (marked != marked_at_.end() && now - marked->second < view_age &&
                   std::all_of(node.taints.begin(), node.taints.end(), is_ours));
}

void MiniFleet::bind(KubePod& pod, const NodeName& node) {
  const auto added = added_at_.find(pod.uid);
  if (added != added_at_.end()) longest_wait_ = std::max(longest_wait_, now - added->second);
  if (added != added_at_.end()) added_at_.erase(added);
  pod.node = node;
  pod.unschedulable = false;
  pod.phase = PodPhase::running;
  pod.ready = true;
  changed_pod(pod.uid);
  at(now + lives_[pod.uid], [this, uid = pod.uid] { end_pod(uid); });
}

void MiniFleet::end_pod(const std::string& uid) {
  added_at_.erase(uid);
  if (pods_.erase(uid) == 0) return;  // it was evicted and is gone already
  ++revision_;
  watch(PodDeleted{uid, revision_});
}

void MiniFleet::schedule_pods() {
  in(100, 1500, [this] {
    const Duration view_age(draw(0, 1) == 0 ? 0 : draw(0, 1900));
    std::vector<std::string> waiting;
    for (const auto& [uid, pod] : pods_) {
      if (pod.node.empty() && pod.scheduler.empty()) waiting.push_back(uid);
    }
    if (!waiting.empty()) schedule(waiting, view_age);
    schedule_pods();
  });
}

void MiniFleet::schedule(const std::vector<std::string>& waiting, Duration view_age) {
  std::map<NodeName, Resources> room;
  for (const auto& [name, node] : nodes_) {
    if (bindable(node, view_age)) room[name] = node.allocatable;
  }
  for (const auto& [uid, bound] : pods_) {
    const auto at = room.find(bound.node);
    if (at != room.end()) at->second -= bound.requests;
  }
  for (const auto& uid : waiting) {
    KubePod& pod = pods_.at(uid);
    const auto node = std::find_if(room.begin(), room.end(), [&](const auto& entry) {
      return pod.requests.fits_in(entry.second);
    });
    if (node != room.end()) {
      node->second -= pod.requests;
      bind(pod, node->first);
    } else if (!pod.unschedulable) {
      pod.unschedulable = true;
      changed_pod(uid);
    }
  }
}

/// Says Ready some seconds after the machine is up; its silence is noted after forty.
void MiniFleet::kubelet(const NodeName& name) {
  in(2000, 8000, [this, name] {
    KubeNode& node = nodes_[name];
    Machine& machine = machines[name];
    const bool alive = machine.phase == Machine::Phase::up && machine.agent_up;
    if (alive) machine.kubelet_seen = now;
    const auto ready = alive                                      ? Readiness::ready
                       : now - machine.kubelet_seen > seconds(40) ? Readiness::unknown
                                                                  : node.ready;
    const std::string boot = alive ? boot_of(name, machine.boot) : node.boot_id;
    if (ready != node.ready || boot != node.boot_id) {
      node.ready = ready;
      node.boot_id = boot;
      changed(name);
    }
    kubelet(name);
  });
}

}  // namespace ecokube::core::test
