#include "coordinator/core/bind_bins.h"

#include <algorithm>
#include <map>

#include "coordinator/core/eviction.h"

namespace ecokube::core {
namespace {

const Taint* untolerated(const KubePod& pod, const KubeNode& node, bool soft) {
  const auto taint = std::find_if(node.taints.begin(), node.taints.end(), [&](const Taint& one) {
    return (one.effect == "PreferNoSchedule") == soft && !tolerates(pod.tolerations, one);
  });
  return taint == node.taints.end() ? nullptr : &*taint;
}

bool has_room(const BindBin& bin, const KubePod& pod) { return pod.requests.fits_in(bin.room); }

bool admits(const BindBin& bin, const KubePod& pod, const Neighbours::Rules& rules) {
  const auto& kube = *bin.node->kube;
  return has_room(bin, pod) && untolerated(pod, kube, false) == nullptr &&
         matches(pod.node_selector, kube.labels) &&
         matches(pod.node_affinity, kube.name, kube.labels) && rules.obstacle(kube).empty();
}

constexpr std::int64_t kWhole = 10'000;

/// What is taken of `whole`, in parts of kWhole.
std::int64_t share(std::int64_t room, std::int64_t whole) {
  return whole > 0 ? (whole - room) * kWhole / whole : 0;
}

/// Of CPU and memory together, with the pod in it.
std::int64_t fullness(const BindBin& bin, const KubePod& pod) {
  const auto& whole = bin.node->kube->allocatable;
  return share(bin.room.cpu_millicores - pod.requests.cpu_millicores, whole.cpu_millicores) +
         share(bin.room.memory_bytes - pod.requests.memory_bytes, whole.memory_bytes);
}

/// Of one node that does not admit the pod.
std::vector<std::string> obstacles(const BindBin& bin, const KubePod& pod,
                                   const Neighbours::Rules& rules) {
  const auto& kube = *bin.node->kube;
  if (!bin.closed.empty()) return {std::string(bin.closed)};
  if (const auto* taint = untolerated(pod, kube, false)) {
    return {"node(s) had untolerated taint {" + taint->key + ": " + taint->value + "}"};
  }
  if (!matches(pod.node_selector, kube.labels) ||
      !matches(pod.node_affinity, kube.name, kube.labels)) {
    return {"node(s) didn't match Pod's node affinity/selector"};
  }
  std::vector<std::string> lacking;
  if (pod.requests.pods > bin.room.pods) lacking.emplace_back("Too many pods");
  if (pod.requests.cpu_millicores > bin.room.cpu_millicores) {
    lacking.emplace_back("Insufficient cpu");
  }
  if (pod.requests.memory_bytes > bin.room.memory_bytes) {
    lacking.emplace_back("Insufficient memory");
  }
  if (lacking.empty()) lacking.emplace_back(rules.obstacle(kube));
  return lacking;
}

}  // namespace

std::string_view why_closed(const Node& node, const Policy& policy, TimePoint now) {
  if (!node.kube) return "node(s) were deleted";
  if (node.marked) return "node(s) were asleep or being switched";
  if (node.kube->unschedulable) return "node(s) were unschedulable";
  if (node.kube->ready != Readiness::ready) return "node(s) were not Ready";
  if (may_be_drained(node, now)) return "node(s) were asked to sleep";
  const auto state = state_at(node, policy, now);
  // Without an agent, or one that has yet to come back to a new coordinator, Kubernetes' word
  // counts.
  const bool no_agent = state == Lifecycle::unknown && !node.agent.heard_at;
  if (state != Lifecycle::ready && !no_agent) return "node(s) were asleep or being switched";
  return {};
}

std::vector<BindBin> open_bins(const World& world, const Policy& policy, TimePoint now) {
  std::vector<BindBin> bins;
  for (const auto& [name, node] : world.nodes) {
    if (!node.kube) continue;
    auto room = node.kube->allocatable;
    const auto requested = world.requested_on.find(name);
    if (requested != world.requested_on.end()) room -= requested->second;
    bins.push_back({&node, room, why_closed(node, policy, now)});
  }
  return bins;
}

BindBin* fullest_that_fits(std::vector<BindBin>& bins, const KubePod& pod,
                           const Neighbours::Rules& rules) {
  BindBin* best = nullptr;
  auto best_rank = std::pair(false, std::int64_t{0});
  for (auto& bin : bins) {
    if (!bin.closed.empty() || !has_room(bin, pod)) continue;
    const auto rank =
        std::pair(untolerated(pod, *bin.node->kube, true) == nullptr, fullness(bin, pod));
    if (best != nullptr && rank <= best_rank) continue;
    if (!admits(bin, pod, rules)) continue;
    best = &bin;
    best_rank = rank;
  }
  return best;
}

std::string why_nowhere(const std::vector<BindBin>& bins, const KubePod& pod,
                        const Neighbours::Rules& rules) {
  if (bins.empty()) return "no nodes available to schedule pods";
  std::string text = "0/" + std::to_string(std::ssize(bins)) + " nodes are available: ";
  if (!pod.not_placeable.empty()) return text + pod.not_placeable + ".";
  std::map<std::string, std::int64_t> counted;
  for (const auto& bin : bins) {
    for (auto& why : obstacles(bin, pod, rules)) ++counted[std::move(why)];
  }
  std::vector<std::string> parts;
  for (const auto& [why, nodes] : counted) parts.push_back(std::to_string(nodes) + " " + why);
  std::sort(parts.begin(), parts.end());
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : ", ") + parts[i];
  return text + ".";
}

}  // namespace ecokube::core
