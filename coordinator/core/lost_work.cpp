#include "coordinator/core/lost_work.h"

#include <algorithm>
#include <chrono>

#include "coordinator/core/replicas.h"

namespace ecokube::core {
namespace {

constexpr Duration kLostFor{std::chrono::hours(1)};
constexpr std::size_t kLostMax = 1000;

bool is_forgotten(const LostPod& lost, TimePoint now) { return now - lost.at >= kLostFor; }

/// It comes up, or has come up a moment ago; a wake that is late or has failed is none.
bool is_woken_for(const World& world, const LostPod& lost) {
  const auto at = world.nodes.find(lost.woken);
  if (at == world.nodes.end()) return false;
  const Node& node = at->second;
  return node.state == Lifecycle::ready || (node.state == Lifecycle::powering_up && !node.up.late);
}

/// Nothing has come in its place yet.
bool is_open(const World& world, const LostPod& lost, TimePoint now) {
  return !is_forgotten(lost, now) && !is_woken_for(world, lost);
}

}  // namespace

std::int64_t lost_of(const World& world, const std::string& controller, TimePoint now) {
  if (controller.empty()) return 0;
  return std::ranges::count_if(world.lost_pods, [&](const LostPod& lost) {
    return lost.controller == controller && is_open(world, lost, now);
  });
}

std::string lost_controller_of(const World& world, const KubeWorkload& workload, TimePoint now) {
  const auto found = std::ranges::find_if(world.lost_pods, [&](const LostPod& lost) {
    return is_open(world, lost, now) && workload.selects(lost.ns, lost.labels);
  });
  return found == world.lost_pods.end() ? "" : found->controller;
}

void note_ended(World& world, const KubePod& before, TimePoint now) {
  if (before.node.empty() || before.deleting || is_over(before) || before.mirror) return;
  const auto controller = controller_key(before);
  if (controller.empty() || before.owner_kind == "DaemonSet") return;
  const auto at = world.nodes.find(before.node);
  const bool well =
      at != world.nodes.end() && at->second.kube && at->second.kube->ready == Readiness::ready;
  if (well) return;
  std::erase_if(world.lost_pods, [&](const LostPod& lost) { return is_forgotten(lost, now); });
  if (world.lost_pods.size() >= kLostMax) return;
  world.lost_pods.push_back({before.ns, controller, before.labels, now, {}});
}

void note_bound(World& world, const KubePod& pod) {
  if (world.lost_pods.empty()) return;
  const auto controller = controller_key(pod);
  auto& all = world.lost_pods;
  auto found = std::ranges::find_if(all, [&](const LostPod& lost) {
    return lost.controller == controller && lost.woken == pod.node;
  });
  if (found == all.end()) found = std::ranges::find(all, controller, &LostPod::controller);
  if (found != all.end()) all.erase(found);
}

void note_woken_for(World& world, const Asker& asker, const NodeName& node, TimePoint now) {
  const auto found = std::ranges::find_if(world.lost_pods, [&](const LostPod& lost) {
    return lost.controller == asker.controller && is_open(world, lost, now);
  });
  if (found != world.lost_pods.end()) found->woken = node;
}

}  // namespace ecokube::core
