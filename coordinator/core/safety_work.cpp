#include "coordinator/core/safety_work.h"

#include <algorithm>

#include "coordinator/core/eviction.h"
#include "coordinator/core/placement.h"

namespace ecokube::core {

void s1_empty(const World& world, const Node& node, Violations& out) {
  const auto work = work_on(world, node);
  if (work.empty()) return;
  const auto& pod = *work.front();
  out.push_back({"S1", "NotEmpty", "pod " + pod.ns + "/" + pod.name + " is bound to it"});
}

void s1_listed(const Policy& policy, const Node& node, Violations& out) {
  const auto& down = node.down;
  if (!down.mark_revision || !down.listed_revision || !down.listed_at ||
      *down.listed_revision < *down.mark_revision ||
      *down.listed_at < *down.marked_at + policy.settle) {
    out.push_back({"S1", "NotListed", "no list of its pods since our mark settled"});
  } else if (down.work_found) {
    out.push_back({"S1", "NotEmpty", "a pod was bound to it while it was being emptied"});
  }
}

void s1_off(const World& world, const Node& node, Violations& out) {
  const bool said_goodbye = node.state == Lifecycle::powering_down && node.agent.goodbye;
  if (node.agent.connected || (node.state != Lifecycle::powered_down && !said_goodbye)) {
    out.push_back({"S1", "NotOff", "it is not known to be off"});
  }
  s1_empty(world, node, out);
}

void s12_movable(const World& world, const Policy& policy, const Node& node, TimePoint now,
                 Violations& out) {
  const auto work = work_on(world, node);
  for (const auto* pod : work) {
    if (pod->deleting) continue;
    if (auto reason = why_not_movable(world, *pod)) {
      out.push_back({"S12", std::move(reason->code), std::move(reason->text)});
      return;
    }
    const auto* budget = node.marked ? nullptr : exhausted_budget(world, *pod);
    if (budget != nullptr) {
      out.push_back({"S12", "NotEnoughPdb",
                     "the budget " + budget->key() + " allows no pod to be moved now"});
      return;
    }
  }
  if (node.marked || work.empty() || fits_elsewhere(world, policy, node, work, now)) return;
  out.push_back({"S12", "NoPlaceToMovePods",
                 "no other node that is on has room for its pods; wake one first"});
}

void s12_detached(const World& world, const Node& node, Violations& out) {
  for (const auto& [name, attachment] : world.attachments) {
    if (attachment.node != node.name) continue;
    out.push_back(
        {"S12", "VolumeAttached", "the volume " + attachment.volume + " is still attached to it"});
    return;
  }
}

void s14_storage(const World& world, const Node& node, Violations& out) {
  for (const auto& [name, volume] : world.local_volumes) {
    if (std::find(volume.nodes.begin(), volume.nodes.end(), node.name) == volume.nodes.end()) {
      continue;
    }
    out.push_back(
        {"S14", "LocalVolume", "the local volume " + name + " of " + volume.claim + " is on it"});
    return;
  }
}

void s12_marked(const Node& node, const EvictPods& evict, TimePoint now, Violations& out) {
  if (node.state != Lifecycle::draining || !node.down.mark_revision || !mark_stands(node)) {
    out.push_back({"S12", "NotMarked", "our mark does not keep pods away from it"});
  }
  if (!may_be_drained(node, now)) {
    out.push_back({"S12", "NotAsked", "no person has asked to empty it"});
  }
  const bool known = std::all_of(evict.pods.begin(), evict.pods.end(), [&](const auto& pod) {
    return node.down.evicting.contains(pod.uid);
  });
  if (!known) out.push_back({"S12", "WorkCame", "a pod that came after the mark is not moved"});
}

}  // namespace ecokube::core
