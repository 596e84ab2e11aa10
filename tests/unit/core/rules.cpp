#include "rules.h"

#include <set>

#include "bench.h"
#include "rules_power.h"

namespace ecokube::core::test {
namespace {

/// May be taken off a node, as far as its own fields and its kind tell. No budget is in these
/// tests.
bool movable(const World& world, const KubePod& pod) {
  if (pod.deleting) return true;
  int kin = 0;
  for (const auto& [uid, other] : world.pods) {
    const bool same = other.owner_kind == pod.owner_kind && other.owner_name == pod.owner_name;
    if (same && other.ready && !other.deleting && uid != pod.uid) ++kin;
  }
  return pod.owner_kind == "ReplicaSet" && !pod.local_storage && pod.safe_to_evict != false &&
         !pod.labels.contains("ecokube.io/quorum") && kin > 0;
}

bool asked_to_empty(const Node& node, TimePoint now) {
  return asked_down(node, now) && node.request->verb == PersonVerb::sleep;
}

bool awake(const Node& node, const Policy& policy, TimePoint now) {
  const bool theirs = node.kube && node.kube->unschedulable &&
                      !node.kube->annotations.contains("ecokube.io/cordoned");
  return node.kube && node.state == Lifecycle::ready && speaks(node, policy, now) &&
         node.kube->ready == Readiness::ready && !theirs && !asked_to_empty(node, now);
}

std::int64_t free_millicores(const World& world, const Node& node) {
  auto left = node.kube->allocatable.cpu_millicores;
  for (const auto& [uid, pod] : world.pods) {
    const bool over = pod.phase == PodPhase::succeeded || pod.phase == PodPhase::failed;
    if (pod.node == node.name && !over) left -= pod.requests.cpu_millicores;
  }
  return left;
}

/// Of its ready replicas those that stay are on two nodes, or there is another node for the moved.
void spread(const World& world, const Policy& policy, const Node& node, TimePoint now,
            Broken& out) {
  for (const auto& [uid, pod] : world.pods) {
    if (pod.node != node.name || pod.deleting || !works(pod) || pod.safe_to_evict == true) continue;
    std::set<NodeName> before, left;
    bool place = false;
    for (const auto& [other_uid, other] : world.pods) {
      const bool kin = other.owner_kind == pod.owner_kind && other.owner_name == pod.owner_name;
      if (!kin || other.deleting || other.node.empty()) continue;
      if (other.ready) before.insert(other.node);
      if (other.ready && other.node != node.name) left.insert(other.node);
    }
    for (const auto& [name, other] : world.nodes) {
      if (name == node.name || left.contains(name) || !awake(other, policy, now)) continue;
      place = place || pod.requests.cpu_millicores <= free_millicores(world, other);
    }
    for (const auto& [other_uid, other] : world.pods) {
      const bool kin = other.owner_kind == pod.owner_kind && other.owner_name == pod.owner_name;
      const bool starts = kin && !other.deleting && other.phase == PodPhase::pending;
      if (starts && !other.node.empty() && other.node != node.name) {
        place = place || !left.contains(other.node);
      }
    }
    const auto controller = pod.ns + "/" + pod.owner_kind + "/" + pod.owner_name;
    const bool by_us = node.down.marked_at && !node.down.spread.contains(controller);
    if (before.size() >= 2 && left.size() < 2 && !place && !by_us)
      out.push_back("S22 spread " + uid);
  }
}

void view(const World& world, const Policy& policy, const Node& node, Verb verb, TimePoint now,
          Broken& out) {
  for (const auto& [uid, pod] : world.pods) {
    if (pod.node != node.name || !works(pod)) continue;
    const bool moves = verb != Verb::shutdown && asked_to_empty(node, now) && movable(world, pod);
    if (!moves) out.push_back("S1 " + uid);
  }
  if (world.freeze.now) out.push_back("S27 frozen");
  for (const auto& [name, volume] : world.local_volumes) {
    for (const auto& on : volume.nodes) {
      if (on == node.name) out.push_back("S14 " + name);
    }
  }
  for (const auto& [name, attachment] : world.attachments) {
    if (verb == Verb::shutdown && attachment.node == node.name) out.push_back("S12 " + name);
  }
  if (!node.kube->owned_by.empty()) out.push_back("S25 owned");
  const bool fresh = world.cluster_ok && world.cluster_seen_at &&
                     *world.cluster_seen_at + policy.cluster_view_age_max >= now;
  if (!fresh) out.push_back("S2 stale view");
  if (world.went_backwards_at && *world.went_backwards_at + policy.cluster_view_age_max >= now) {
    out.push_back("S2 went backwards");
  }
  if (!speaks(node, policy, now)) out.push_back("S2 silent agent");
  if (node.kube->ready != Readiness::ready) out.push_back("S2 not Ready");
}

void power_path(const Policy& policy, const Node& node, Broken& out) {
  bool armed = false;
  for (const auto& nic : node.agent.nics) armed = armed || nic.wake_armed;
  if (!armed) out.push_back("S3 no NIC armed");
  if (node.inventory.wake_address.empty() && node.inventory.nics.front().subnets.empty() &&
      !policy.nodes.contains(node.name)) {
    out.push_back("S3 no address");
  }
  if (!node.agent.vetoes.empty()) out.push_back("S13 veto");
}

void floors(const World& world, const Policy& policy, const Node& node, TimePoint now,
            Broken& out) {
  if (!in_pool(node)) out.push_back("S4 in no pool");
  if (node.kube->labels.contains("node-role.kubernetes.io/control-plane")) {
    out.push_back("S4 control plane");
  }
  if (node.name == policy.host_node) out.push_back("S4 our host");
  if (held(node, now)) out.push_back("S4 held");
  const auto& pool = policy.pools.front();
  std::int64_t others = 0, expected = 0, unready = 0;
  for (const auto& [name, other] : world.nodes) {
    if (name == node.name || !other.kube || other.state != Lifecycle::ready) continue;
    const bool well = other.kube->ready == Readiness::ready && speaks(other, policy, now);
    ++expected;
    if (!well) ++unready;
    if (well && in_pool(other)) ++others;
  }
  if (others < pool.min_on) out.push_back("S4 minimum");
  if (100 * unready > policy.unready_percent_max * expected) out.push_back("S16 unwell");
  if (pool.mode != Mode::act && !asked_down(node, now)) out.push_back("S10 mode");
}

bool sleeps_unproven(const Policy& policy, const Node& node) {
  const auto& next = node.inventory.boot.fingerprint;
  const bool proven = goes_down_to(policy, node) == SleepMode::suspend || next.empty() ||
                      (node.wake_proven_at && node.wake_proven_boot == next);
  const bool down = node.state != Lifecycle::ready && node.state != Lifecycle::maintenance &&
                    (node.state != Lifecycle::unknown || node.marked);
  const bool by_itself = node.state == Lifecycle::powering_up && !node.up.asked_at;
  return !proven && down && !by_itself;
}

/// S19 and S18 by what each node's agent and kubelet say.
void identity(const World& world, const Policy& policy, const Node& node, TimePoint now,
              Broken& out) {
  const auto& self = node.inventory;
  const auto differ = [](const std::string& one, const std::string& other) {
    return !one.empty() && !other.empty() && one != other;
  };
  if (differ(self.machine_id, node.kube->machine_id)) out.push_back("S19 another machine id");
  if (differ(self.machine.smbios_uuid, node.kube->system_uuid)) out.push_back("S19 another UUID");
  std::int64_t unproven = 0;
  for (const auto& [name, other] : world.nodes) {
    if (name == node.name) continue;
    const auto& them = other.inventory;
    const bool same =
        them.machine_id == self.machine_id ||
        (!self.machine.smbios_uuid.empty() && them.machine.smbios_uuid == self.machine.smbios_uuid);
    if (same && speaks(other, policy, now) && speaks(node, policy, now)) {
      out.push_back("S19 twin of " + name);
    }
    if (sleeps_unproven(policy, other)) ++unproven;
  }
  const auto& next = self.boot.fingerprint;
  const bool proven = goes_down_to(policy, node) == SleepMode::suspend || next.empty() ||
                      (node.wake_proven_at && node.wake_proven_boot == next);
  if (!proven && unproven >= 1) out.push_back("S18 one more unproven boot");
}

void writer(const World& world, const Step& step, TimePoint now, Broken& out) {
  if (world.fence <= 0 || !world.lease_valid_until || *world.lease_valid_until <= now) {
    out.push_back("S5 no Lease");
  }
  if (world.fence_highest_seen > world.fence) out.push_back("S5 older than another");
  if (step.fence != world.fence) out.push_back("S5 of another Lease");
}

void flapping(const Policy& policy, const Node& node, TimePoint now, Broken& out) {
  if (asked_down(node, now)) return;
  std::int64_t downs = 0;
  for (const auto at : node.downs) downs += now - at < std::chrono::hours(24) ? 1 : 0;
  if (downs >= policy.downs_per_day_max) out.push_back("S17 downs");
  if (node.work_ended_at && *node.work_ended_at + *policy.pools.front().unneeded_time > now) {
    out.push_back("S17 just worked");
  }
}

void emptied(const Policy& policy, const Node& node, Broken& out) {
  const auto& down = node.down;
  const bool listed = down.marked_at && down.mark_revision && down.listed_at &&
                      down.listed_revision && *down.listed_revision >= *down.mark_revision &&
                      *down.listed_at - *down.marked_at >= policy.settle;
  if (!listed) out.push_back("S1 not listed after the mark settled");
  if (down.work_found) out.push_back("S1 work came");
  if (node.state != Lifecycle::draining) out.push_back("S1 not draining");
  if (node.agent.boot_id != down.boot_id) out.push_back("S1 another boot");
  bool tainted = false;
  for (const auto& taint : node.kube->taints) {
    tainted = tainted || (taint.key == "ecokube.io/powering-down" && taint.effect == "NoSchedule");
  }
  const bool seen = listed && node.kube->revision >= *down.mark_revision;
  if (seen && !tainted) out.push_back("S1 the mark is gone");
}

void evicting(const World& world, const Node& node, const EvictPods& evict, TimePoint now,
              Broken& out) {
  if (!asked_to_empty(node, now)) out.push_back("S12 nobody asked");
  if (node.state != Lifecycle::draining || !node.down.marked_at) out.push_back("S12 not marked");
  for (const auto& pod : evict.pods) {
    const auto known = world.pods.find(pod.uid);
    if (!node.down.evicting.contains(pod.uid)) out.push_back("S12 came later " + pod.uid);
    if (known != world.pods.end() && known->second.node != node.name) {
      out.push_back("S12 of another node " + pod.uid);
    }
  }
}

void binding(const World& world, const Policy& policy, const BindPod& bind, TimePoint now,
             Broken& out) {
  const bool fresh = world.cluster_ok && world.cluster_seen_at &&
                     *world.cluster_seen_at + policy.cluster_view_age_max >= now;
  if (!fresh) out.push_back("S2 stale view");
  const auto pod = world.pods.find(bind.pod.uid);
  if (pod == world.pods.end()) {
    out.push_back("S8 no such pod");
  } else {
    if (pod->second.scheduler != "ecokube" || policy.scheduler_name != "ecokube") {
      out.push_back("S11 of another scheduler");
    }
    if (!pod->second.node.empty() && pod->second.node != bind.node) out.push_back("S8 is bound");
    if (pod->second.deleting) out.push_back("S8 goes");
  }
  const auto found = world.nodes.find(bind.node);
  if (found == world.nodes.end() || !found->second.kube) {
    out.push_back("S2 no Node");
    return;
  }
  const Node& node = found->second;
  bool tainted = false;
  for (const auto& taint : node.kube->taints) {
    tainted = tainted || taint.key == "ecokube.io/powering-down";
  }
  if (node.marked || tainted) out.push_back("S1 marked");
  if (node.kube->unschedulable) out.push_back("S11 cordoned");
  if (node.kube->ready != Readiness::ready) out.push_back("S2 not Ready");
  const bool never_spoke = node.state == Lifecycle::unknown && !node.agent.heard_at;
  const bool ready = node.state == Lifecycle::ready && speaks(node, policy, now);
  if (!never_spoke && !ready) out.push_back("S1 not on");
}

void waking(const Node& node, TimePoint now, Broken& out) {
  if (held(node, now)) out.push_back("S10 held");
  const bool asked_after =
      node.request && node.request->verb != PersonVerb::sleep && node.request->at >= node.since;
  if (node.state == Lifecycle::maintenance && !asked_after) out.push_back("S10 a person's off");
}

}  // namespace

std::vector<std::string> broken_rules(const World& world, const Policy& policy, const Step& step,
                                      TimePoint now) {
  Broken out;
  if (policy.dry_run) out.push_back("S9");
  if (step.id.verb == Verb::scale || step.id.verb == Verb::record_freeze) return out;
  if (const auto* bind = std::get_if<BindPod>(&step.action)) {
    writer(world, step, now, out);
    binding(world, policy, *bind, now, out);
    return out;
  }
  if (step.id.verb == Verb::report_unschedulable) return out;
  const Node& node = world.nodes.at(step.id.subject);
  if (step.id.transition != node.transition) out.push_back("S8 old step");
  if (step.id.verb == Verb::wake) waking(node, now, out);
  if (step.id.verb == Verb::wake || step.id.verb == Verb::shutdown) {
    switching(world, policy, step, node, now, out);
  }
  if (step.id.verb == Verb::record_off) seen_off(policy, node, now, out);
  if (const auto* off = std::get_if<PowerOff>(&step.action)) {
    cut_off(world, policy, node, *off, now, out);
  }
  if (step.id.verb == Verb::out_of_service) freed(world, policy, node, step, now, out);
  const bool says = step.id.verb == Verb::record_hold || step.id.verb == Verb::record_request;
  const bool writes_node = step.id.verb != Verb::wake && !says;
  if (writes_node) writer(world, step, now, out);
  if (step.id.verb == Verb::unmark && node.state == Lifecycle::draining && node.down.resumed &&
      node.agent.fence < world.fence) {
    out.push_back("S1 may be dying");
  }
  if (step.id.verb == Verb::unmark) taken_back(world, policy, node, now, out);
  const auto* off = std::get_if<RecordOff>(&step.action);
  if (off != nullptr && off->mark) {
    const bool leaves = node.state == Lifecycle::powering_down && node.agent.goodbye.has_value();
    if (node.state != Lifecycle::powered_down && !leaves) out.push_back("S1 mark of what is on");
    if (node.agent.connected) out.push_back("S1 mark of what speaks");
    for (const auto& [uid, pod] : world.pods) {
      if (pod.node == node.name && works(pod)) out.push_back("S1 " + uid);
    }
  }
  const bool takes =
      step.id.verb == Verb::mark || step.id.verb == Verb::evict || step.id.verb == Verb::shutdown;
  if (!takes) return out;
  const auto& kept = policy.recovery.names;
  if (std::find(kept.begin(), kept.end(), node.name) != kept.end()) out.push_back("S24 kept on");
  if (!node.kube) {
    out.push_back("S2 no Node");
    return out;
  }
  view(world, policy, node, step.id.verb, now, out);
  if (step.id.verb != Verb::shutdown) spread(world, policy, node, now, out);
  power_path(policy, node, out);
  wake_seen(world, policy, node, now, out);
  relays_stay(world, policy, node, now, out);
  floors(world, policy, node, now, out);
  flapping(policy, node, now, out);
  identity(world, policy, node, now, out);
  kubelet_let_in(node, now, out);
  const bool theirs =
      node.kube->unschedulable && !node.kube->annotations.contains("ecokube.io/cordoned");
  if (theirs) out.push_back("S11 cordoned by another");
  if (const auto* evict = std::get_if<EvictPods>(&step.action)) {
    evicting(world, node, *evict, now, out);
  }
  if (const auto* shutdown = std::get_if<ShutdownNode>(&step.action)) {
    emptied(policy, node, out);
    if (shutdown->mode == SleepMode::suspend && !can_be_suspended(policy, node)) {
      out.push_back("S3 cannot suspend");
    }
    if (shutdown->mode != goes_down_to(policy, node)) out.push_back("S15 another mode");
  }
  for (const auto& [uid, placing] : world.placings) {
    const bool open = placing.in_flight || placing.uncertain;
    if (open && placing.node == node.name) out.push_back("S1 being bound " + uid);
  }
  return out;
}

}  // namespace ecokube::core::test
