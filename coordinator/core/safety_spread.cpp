#include "coordinator/core/safety_spread.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include "coordinator/core/eviction.h"
#include "coordinator/core/placement.h"

namespace ecokube::core {
namespace {

constexpr const char* kZoneLabel = "topology.kubernetes.io/zone";

std::string zone_of(const World& world, const NodeName& name) {
  const auto node = world.nodes.find(name);
  if (node == world.nodes.end() || !node->second.kube) return "";
  const auto zone = node->second.kube->labels.find(kZoneLabel);
  return zone == node->second.kube->labels.end() ? "" : zone->second;
}

/// Where the ready replicas are, and where they would be without those on one node.
struct Places {
  std::set<std::string> before, left;
};

struct Spread {
  Places nodes, zones;
  std::set<NodeName> coming;  ///< nodes on which another starts
};

Spread spread_of(const World& world, const Replicas& replicas, const NodeName& emptied) {
  Spread spread;
  for (const auto& uid : replicas.pods) {
    const auto& pod = world.pods.at(uid);
    if (pod.deleting || pod.node.empty()) continue;
    if (!pod.ready) {
      if (pod.phase == PodPhase::pending && pod.node != emptied) spread.coming.insert(pod.node);
      continue;
    }
    const auto zone = zone_of(world, pod.node);
    spread.nodes.before.insert(pod.node);
    if (!zone.empty()) spread.zones.before.insert(zone);
    if (pod.node == emptied) continue;
    spread.nodes.left.insert(pod.node);
    if (!zone.empty()) spread.zones.left.insert(zone);
  }
  return spread;
}

/// One of its replicas starts on such a node already, or there is room for it.
bool has_place(const World& world, const Policy& policy, const Node& emptied, const KubePod& pod,
               const Spread& spread, TimePoint now,
               const std::function<bool(const NodeName&)>& accept) {
  if (std::any_of(spread.coming.begin(), spread.coming.end(), accept)) return true;
  for (const auto& [name, node] : world.nodes) {
    if (name == emptied.name || !accept(name) || !takes_pods_now(node, policy, now)) continue;
    if (pod.requests.fits_in(room_on(world, node)) &&
        could_run_on(node, pod.node_selector, pod.tolerations, pod.node_affinity)) {
      return true;
    }
  }
  return false;
}

/// Pods that begin anew from their controller elsewhere. A Job's work and a DaemonSet's do not.
bool moves_elsewhere(const Replicas& replicas) {
  return replicas.kind != "DaemonSet" && replicas.kind != "Job" && replicas.kind != "Node";
}

/// What a scaler may take down to none is no service: its work waits in the queue.
bool may_be_none(const World& world, const Policy& policy, const Replicas& replicas) {
  return std::any_of(policy.scalers.begin(), policy.scalers.end(), [&](const Scaler& scaler) {
    if (scaler.min_replica_count > 0 || scaler.ns != replicas.ns) return false;
    const auto target = world.workloads.find(scaler.target_key());
    return target != world.workloads.end() && target->second.selects(replicas.ns, replicas.labels);
  });
}

}  // namespace

void s22_spread(const World& world, const Policy& policy, const Node& node, TimePoint now,
                Violations& out) {
  std::set<const Replicas*> seen;
  for (const auto* pod : work_on(world, node)) {
    const auto* replicas = replicas_of(world, *pod);
    if (pod->deleting || pod->safe_to_evict == true || replicas == nullptr) continue;
    if (!seen.insert(replicas).second) continue;
    const bool moving = node.state == Lifecycle::draining && node.down.mark_revision;
    if (moving && !node.down.spread.contains(controller_key(*pod))) continue;
    const auto spread = spread_of(world, *replicas, node.name);
    const auto place = [&](const std::function<bool(const NodeName&)>& accept) {
      return has_place(world, policy, node, *pod, spread, now, accept);
    };
    const auto& nodes = spread.nodes;
    if (nodes.before.size() >= 2 && nodes.left.size() < 2 &&
        !place([&](const NodeName& name) { return !nodes.left.contains(name); })) {
      out.push_back({"S22", "SpreadLost",
                     "without it all replicas of " + pod->owner_kind + " " + pod->ns + "/" +
                         pod->owner_name + " would be on " + *nodes.left.begin()});
      return;
    }
    const auto& zones = spread.zones;
    const auto lost = zone_of(world, node.name);
    if (zones.before.size() >= 2 && zones.left.size() < zones.before.size() &&
        !place([&](const NodeName& name) { return zone_of(world, name) == lost; })) {
      out.push_back({"S22", "ZoneLost",
                     "without it no replica of " + pod->owner_kind + " " + pod->ns + "/" +
                         pod->owner_name + " would be in zone " + lost});
      return;
    }
  }
}

void s22_node_loss(const World& world, const Policy& policy, const Node& node, TimePoint now,
                   Violations& out) {
  if (!policy.cover_node_loss || !node.kube) return;
  const LossTrial trial(world, policy, now, &node);
  for (const auto& left : trial.unplaced()) {
    const bool could_help = left.requests.fits_in(room_on(world, node)) &&
                            could_run_on(node, left.replicas->node_selector,
                                         left.replicas->tolerations, left.replicas->node_affinity);
    if (!could_help) continue;
    out.push_back({"S22", "NodeLossNotCovered",
                   "were " + left.lost + " lost, its pods would find no room without this node"});
    return;
  }
}

LossTrial::LossTrial(const World& world, const Policy& policy, TimePoint now, const Node* without)
    : world_(world) {
  if (world.replicas.on.empty()) return;
  find_what_counts(policy);
  find_bins(policy, now, without, least_asked());
  if (without == nullptr || !world.replicas.on.contains(without->name)) {
    lose_each(world.replicas.on);
    return;
  }
  auto carried = world.replicas.on;
  move_away(without->name, carried);
  lose_each(carried);
}

void LossTrial::lose_each(const Carried& carried) {
  for (const auto& [name, shares] : carried) lose(name, shares);
  for (const auto& bin : bins_) {
    if (bin.needed_for != nullptr) needed_for_[bin.node->name] = *bin.needed_for;
  }
}

void LossTrial::move_away(const NodeName& from, Carried& carried) {
  const auto moved = carried.extract(from);
  if (moved.empty()) return;
  Used used;
  for (const auto& share : moved.mapped()) {
    if (!moves_elsewhere(world_.replicas.all[share.replicas])) continue;
    auto& candidates = candidates_of(share);
    for (auto left = share.pods; left > 0; --left) {
      const auto bin = place(from, candidates, used);
      if (!bin) break;
      auto one = share;
      one.pods = 1;
      carried[bins_[*bin].node->name].push_back(one);
    }
  }
  for (const auto& [bin, taken] : used) bins_[bin].room -= taken;
  for (auto& bin : bins_) bin.needed_for = nullptr;
  candidates_.clear();
}

const NodeName* LossTrial::needs(const NodeName& node) const {
  const auto found = needed_for_.find(node);
  return found == needed_for_.end() ? nullptr : &found->second;
}

/// No pod that is tried asks for less.
Resources LossTrial::least_asked() const {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  Resources least{kMost, kMost, 1};
  for (const auto& [name, shares] : world_.replicas.on) {
    for (const auto& share : shares) {
      least.cpu_millicores = std::min(least.cpu_millicores, share.requests.cpu_millicores);
      least.memory_bytes = std::min(least.memory_bytes, share.requests.memory_bytes);
    }
  }
  return least;
}

/// Full nodes are left out at once, for they would be looked at for each workload.
void LossTrial::find_bins(const Policy& policy, TimePoint now, const Node* without,
                          const Resources& least) {
  for (const auto& [name, node] : world_.nodes) {
    if (&node == without || !takes_pods_now(node, policy, now)) continue;
    const auto room = room_on(world_, node);
    if (least.fits_in(room)) bins_.push_back({&node, room, nullptr});
  }
  std::stable_partition(bins_.begin(), bins_.end(),
                        [](const Bin& bin) { return bin.node->work_pods > 0; });
}

void LossTrial::find_what_counts(const Policy& policy) {
  for (const auto& replicas : world_.replicas.all) {
    several_.push_back(replicas.pods.size() >= 2);
    exempt_.push_back(!moves_elsewhere(replicas) || may_be_none(world_, policy, replicas));
  }
}

bool LossTrial::counts(const ReplicaIndex::Share& share) const {
  return !exempt_[share.replicas] && (several_[share.replicas] || share.budgeted);
}

LossTrial::Candidates& LossTrial::candidates_of(const ReplicaIndex::Share& share) {
  auto& known = candidates_[share.replicas];
  const auto same = std::find_if(known.begin(), known.end(), [&](const Candidates& candidates) {
    return candidates.requests == share.requests;
  });
  if (same != known.end()) return *same;
  known.push_back({share.replicas, share.requests, 0, {}});
  return known.back();
}

void LossTrial::lose(const NodeName& lost, const std::vector<ReplicaIndex::Share>& shares) {
  Used used;
  for (const auto& share : shares) {
    if (!counts(share)) continue;
    auto& candidates = candidates_of(share);
    for (auto left = share.pods; left > 0; --left) {
      if (place(lost, candidates, used)) continue;
      unplaced_.push_back({lost, &world_.replicas.all[share.replicas], share.requests});
      break;
    }
  }
}

std::optional<std::size_t> LossTrial::place(const NodeName& lost, Candidates& candidates,
                                            Used& used) {
  const auto& replicas = world_.replicas.all[candidates.replicas];
  for (std::size_t i = 0;; ++i) {
    while (i >= candidates.bins.size() && candidates.looked_at < bins_.size()) {
      const auto& bin = bins_[candidates.looked_at];
      if (candidates.requests.fits_in(bin.room) &&
          could_run_on(*bin.node, replicas.node_selector, replicas.tolerations,
                       replicas.node_affinity)) {
        candidates.bins.push_back(candidates.looked_at);
      }
      ++candidates.looked_at;
    }
    if (i >= candidates.bins.size()) return std::nullopt;
    auto& bin = bins_[candidates.bins[i]];
    if (bin.node->name == lost) continue;
    auto room = bin.room;
    const auto taken = used.find(candidates.bins[i]);
    if (taken != used.end()) room -= taken->second;
    if (!candidates.requests.fits_in(room)) continue;
    used[candidates.bins[i]] += candidates.requests;
    if (bin.needed_for == nullptr) bin.needed_for = &lost;
    return candidates.bins[i];
  }
}

}  // namespace ecokube::core
