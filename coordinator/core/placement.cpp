#include "coordinator/core/placement.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "coordinator/core/binding.h"
#include "coordinator/core/eviction.h"
#include "coordinator/core/failover.h"
#include "coordinator/core/lost_work.h"
#include "coordinator/core/packing.h"
#include "coordinator/core/recovery.h"
#include "coordinator/core/wake_budget.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube::core {
namespace {

/// Taints that only say that the node is off or being switched; gone when it is back.
bool passes_when_awake(const KubeNode& kube, const Taint& taint) {
  if (taint.key == names::kOutOfServiceTaint) return out_of_service_by_us(kube);
  return taint.key == names::kTaint || taint.key == "node.kubernetes.io/unschedulable" ||
         taint.key == "node.kubernetes.io/not-ready" ||
         taint.key == "node.kubernetes.io/unreachable";
}

std::optional<Tier> tier_of(const World& world, const Policy& policy, const Node& node,
                            TimePoint now) {
  // A person wants it off: what it had to run is demand for others.
  if (may_be_drained(node, now)) return std::nullopt;
  switch (state_at(node, policy, now)) {
    case Lifecycle::ready:
      if (node.kube->ready != Readiness::ready) return std::nullopt;
      return Tier::on;
    case Lifecycle::powering_up:
      // A promise that has expired is no capacity (S7), nor is a boot that nobody asked for and
      // that does not get Ready.
      if (now >= promised_until(node, policy).value_or(now)) return std::nullopt;
      if (node.quarantined_until && now < *node.quarantined_until) return std::nullopt;
      // Nor is a machine that died with its pods, which wait for room elsewhere.
      if (node.up.out_of_silence && !node.up.boot_proven) return std::nullopt;
      return Tier::coming_up;
    case Lifecycle::draining: return Tier::going_down;
    case Lifecycle::powering_down:
    case Lifecycle::powered_down:
    case Lifecycle::quarantined:
      if (!may_be_woken(world, policy, node, now)) return std::nullopt;
      return node.state == Lifecycle::quarantined ? Tier::silent : Tier::asleep;
    case Lifecycle::unknown:
      if (!may_be_woken(world, policy, node, now)) return std::nullopt;
      return Tier::silent;
    case Lifecycle::maintenance: return std::nullopt;
  }
  return std::nullopt;
}

/// Cheapest first: watts, then time to wake, then the name so that the order is one.
auto cost_of(const Node& node) {
  constexpr auto kUnknown = std::numeric_limits<std::int64_t>::max();
  const auto watts = node.inventory.idle ? node.inventory.idle->milliwatts() : kUnknown;
  const auto boot = node.boot_times.empty() ? kUnknown : node.boot_times.back().count();
  return std::tuple(watts, boot, node.name);
}

std::vector<Bin> bins_of(const World& world, const Policy& policy, TimePoint now) {
  std::vector<Bin> bins;
  for (const auto& [name, node] : world.nodes) {
    if (!node.kube || cordoned_by_other(node)) continue;
    const auto tier = tier_of(world, policy, node, now);
    if (!tier) continue;
    const auto up_for = *tier == Tier::coming_up ? node.up.asker_ns : std::string();
    bins.push_back({*tier, &node, room_on(world, node), up_for});
  }
  std::sort(bins.begin(), bins.end(), [](const Bin& a, const Bin& b) {
    if (a.tier != b.tier) return a.tier < b.tier;
    if (!a.asleep()) return a.node->name < b.node->name;
    return cost_of(*a.node) < cost_of(*b.node);
  });
  return bins;
}

/// Of a pod that is bound to no node.
bool is_pending_demand(const Policy& policy, const KubePod& pod) {
  if (pod.deleting || pod.phase != PodPhase::pending || pod.owner_kind == "DaemonSet") return false;
  if (waits_for_us(policy, pod)) return pod.not_placeable.empty();
  return pod.unschedulable;
}

bool belongs_to(const KubePod& pod, const KubeWorkload& workload) {
  return workload.selects(pod.ns, pod.labels);
}

bool runs(const KubePod& pod, const BoundMeanwhile& bound) {
  return (!pod.node.empty() || bound.contains(pod.uid)) && !pod.deleting && !is_over(pod);
}

}  // namespace

Resources room_on(const World& world, const Node& node) {
  Resources room = node.kube->allocatable;
  const auto requested = world.requested_on.find(node.name);
  if (requested != world.requested_on.end()) room -= requested->second;
  return room;
}

bool takes_pods_now(const Node& node, const Policy& policy, TimePoint now) {
  return node.kube && node.kube->ready == Readiness::ready && !cordoned_by_other(node) &&
         !may_be_drained(node, now) && state_at(node, policy, now) == Lifecycle::ready;
}

bool may_be_woken(const World& world, const Policy& policy, const Node& node, TimePoint now) {
  const Pool* pool = node.kube ? pool_of(policy, node.name, node.kube->labels) : nullptr;
  const bool asked = (node.request && node.request->verb != PersonVerb::sleep) || wake_all(world);
  if (pool == nullptr || hold_at(node, now) != nullptr) return false;
  if (pool->mode != Mode::act && !asked) return false;
  if (wake_methods(node, policy).empty()) return false;
  if (!asked && rests_after_ups(policy, node, now)) return false;
  switch (state_at(node, policy, now)) {
    case Lifecycle::powered_down: return true;
    // It said goodbye: packets are repeated until it is deaf no more.
    case Lifecycle::powering_down: return node.agent.goodbye.has_value();
    case Lifecycle::quarantined: return !node.quarantined_until || now >= *node.quarantined_until;
    case Lifecycle::unknown: {
      // Agents get time to come back to a new coordinator; a kubelet that speaks proves it is on.
      const auto silent_since = std::max(node.since, node.agent.heard_at.value_or(node.since));
      const bool quarantine_over = !node.quarantined_until || now >= *node.quarantined_until;
      return quarantine_over && node.kube->ready != Readiness::ready &&
             now - silent_since > policy.heartbeat_age_max;
    }
    // A person's off is undone by a person alone, who asked after it (S10).
    case Lifecycle::maintenance:
      return node.request && node.request->verb != PersonVerb::sleep &&
             node.request->at >= node.since && !node.agent.connected;
    case Lifecycle::ready:
    case Lifecycle::draining:
    case Lifecycle::powering_up: return false;
  }
  return false;
}

bool could_run_on(const Node& node, const Labels& selector,
                  const std::vector<Toleration>& tolerations,
                  const std::vector<NodeTerm>& node_affinity) {
  if (!node.kube || !matches(selector, node.kube->labels)) return false;
  if (!matches(node_affinity, node.name, node.kube->labels)) return false;
  return std::all_of(node.kube->taints.begin(), node.kube->taints.end(), [&](const Taint& taint) {
    return taint.effect == "PreferNoSchedule" || passes_when_awake(*node.kube, taint) ||
           tolerates(tolerations, taint);
  });
}

std::optional<Resources> requests_of(const World& world, const KubeWorkload& workload) {
  if (workload.requests) return workload.requests;
  std::optional<Resources> most;
  for (const auto& [uid, pod] : world.pods) {
    if (!belongs_to(pod, workload)) continue;
    if (!most) most = pod.requests;
    most->cpu_millicores = std::max(most->cpu_millicores, pod.requests.cpu_millicores);
    most->memory_bytes = std::max(most->memory_bytes, pod.requests.memory_bytes);
  }
  return most;
}

std::vector<Demand> demand_of(const World& world, const Policy& policy,
                              const std::vector<ScalerWant>& scalers, const BoundMeanwhile& bound) {
  std::vector<Demand> demand;
  std::vector<const KubeWorkload*> counted;  // their pending pods are counted as replicas
  for (const auto& want : scalers) {
    if (want.workload == nullptr || !want.workload->over.empty()) continue;
    const auto requests = requests_of(world, *want.workload);
    if (!requests) continue;
    counted.push_back(want.workload);
    const auto running = std::count_if(world.pods.begin(), world.pods.end(), [&](const auto& pod) {
      return belongs_to(pod.second, *want.workload) && runs(pod.second, bound);
    });
    const auto wanted = std::min(want.replicas, want.workload->pods_max.value_or(want.replicas));
    if (wanted <= running) continue;
    const Asker asker{want.workload->ns, lost_controller_of(world, *want.workload, world.now)};
    for (auto missing = wanted - running; missing > 0; --missing) {
      demand.push_back({"scaler " + want.scaler->name,
                        *requests,
                        want.workload->node_selector,
                        want.workload->tolerations,
                        {},
                        want.workload->node_affinity,
                        asker});
    }
  }
  for (const auto& uid : world.pods_unbound) {
    const auto& pod = world.pods.at(uid);
    if (bound.contains(uid) || !is_pending_demand(policy, pod)) continue;
    const bool scaled =
        std::any_of(counted.begin(), counted.end(),
                    [&](const KubeWorkload* workload) { return belongs_to(pod, *workload); });
    if (scaled) continue;
    demand.push_back({"pod " + pod.ns + "/" + pod.name,
                      pod.requests,
                      pod.node_selector,
                      pod.tolerations,
                      ref_of(pod),
                      pod.node_affinity,
                      {pod.ns, controller_key(pod)}});
  }
  return demand;
}

bool fits_elsewhere(const World& world, const Policy& policy, const Node& node,
                    const std::vector<const KubePod*>& pods, TimePoint now) {
  auto bins = bins_of(world, policy, now);
  std::erase_if(
      bins, [&](const Bin& bin) { return bin.tier != Tier::on || bin.node->name == node.name; });
  std::vector<Demand> demand;
  for (const auto* pod : pods) {
    demand.push_back(
        {pod->name, pod->requests, pod->node_selector, pod->tolerations, {}, pod->node_affinity});
  }
  WakeBudget budget(world, policy, now);
  return Packing(world, std::move(bins), budget).run(std::move(demand)).unplaced.empty();
}

Placement place(const World& world, const Policy& policy, std::vector<Demand> demand, TimePoint now,
                const BoundMeanwhile& bound) {
  auto bins = bins_of(world, policy, now);
  std::map<NodeName, Demand> bound_to;
  for (const auto& [uid, name] : bound) {
    const auto& pod = world.pods.at(uid);
    bound_to.try_emplace(
        name, Demand{"pod " + pod.ns + "/" + pod.name, pod.requests, {}, {}, ref_of(pod)});
    if (!pod.node.empty()) continue;  // its room is taken already
    const auto bin = std::find_if(bins.begin(), bins.end(),
                                  [&](const Bin& one) { return one.node->name == name; });
    if (bin != bins.end()) bin->room -= pod.requests;
  }
  WakeBudget budget(world, policy, now);
  auto placement = Packing(world, std::move(bins), budget).run(std::move(demand));
  bound_to.merge(placement.needed_for);  // what is bound there came first
  placement.needed_for = std::move(bound_to);
  return placement;
}

}  // namespace ecokube::core
