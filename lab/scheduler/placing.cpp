#include "lab/scheduler/placing.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <string_view>
#include <utility>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::lab {
namespace {

namespace json = boost::json;
using kubernetes::find_array;
using kubernetes::find_text;

struct Room {
  const core::KubeNode* node;
  Resources used{};
};
using Rooms = std::vector<Room>;

bool finished(const core::KubePod& pod) {
  return pod.phase == core::PodPhase::succeeded || pod.phase == core::PodPhase::failed;
}

NodeName node_of(const SchedulerView& view, const core::KubePod& pod) {
  if (!pod.node.empty()) return pod.node;
  const auto assumed = view.assumed->find(pod.uid);
  return assumed == view.assumed->end() ? NodeName{} : assumed->second;
}

Rooms count_rooms(const SchedulerView& view) {
  std::map<NodeName, Room> rooms;
  for (const auto& [key, node] : *view.nodes) rooms.emplace(node.name, Room{&node});
  for (const auto& [key, seen] : *view.pods) {
    if (finished(seen.pod)) continue;
    const auto room = rooms.find(node_of(view, seen.pod));
    if (room != rooms.end()) room->second.used += seen.pod.requests;
  }
  Rooms result;
  for (const auto& [name, room] : rooms) result.push_back(room);
  return result;
}

std::string_view forbidding_taint(const core::KubePod& pod, const core::KubeNode& node) {
  for (const auto& taint : node.taints) {
    if (taint.effect != "NoSchedule" && taint.effect != "NoExecute") continue;
    if (!core::tolerates(pod.tolerations, taint)) return taint.key;
  }
  return {};
}

/// A taint asks pods to prefer other nodes, and the pod does not tolerate it.
bool is_unwelcome(const core::KubePod& pod, const core::KubeNode& node) {
  return std::ranges::any_of(node.taints, [&](const core::Taint& taint) {
    return taint.effect == "PreferNoSchedule" && !core::tolerates(pod.tolerations, taint);
  });
}

/// Why the pod can't go on this node; empty when it can.
std::string obstacle(const core::KubePod& pod, const Room& room) {
  const auto& node = *room.node;
  if (node.unschedulable) return "cordoned";
  if (node.ready != core::Readiness::ready) return "not ready";
  if (const auto key = forbidding_taint(pod, node); !key.empty()) {
    return fmt::format("with taint {} that the pod does not tolerate", key);
  }
  if (!core::matches(pod.node_selector, node.labels)) return "without the pod's node selector";
  Resources total = room.used;
  total += pod.requests;
  if (total.cpu_millicores > node.allocatable.cpu_millicores) return "short of cpu";
  if (total.memory_bytes > node.allocatable.memory_bytes) return "short of memory";
  if (total.pods > node.allocatable.pods) return "full of pods";
  return {};
}

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

double fullness(const core::KubePod& pod, const Room& room) {
  Resources total = room.used;
  total += pod.requests;
  const auto& all = room.node->allocatable;
  return share(total.cpu_millicores, all.cpu_millicores) +
         share(total.memory_bytes, all.memory_bytes);
}

std::string describe(const std::map<std::string, std::size_t>& obstacles, std::size_t nodes) {
  std::string text = fmt::format("0 of {} nodes can take this pod", nodes);
  std::string_view before = ": ";
  for (const auto& [why, count] : obstacles) {
    text += fmt::format("{}{} {}", before, count, why);
    before = ", ";
  }
  return text;
}

Placing place(const SchedulerPod& waiting, Rooms& rooms) {
  Room* best = nullptr;
  auto best_rank = std::pair(false, 0.0);
  std::map<std::string, std::size_t> obstacles;
  for (auto& room : rooms) {
    if (auto why = obstacle(waiting.pod, room); !why.empty()) {
      ++obstacles[std::move(why)];
      continue;
    }
    const auto rank =
        std::pair(!is_unwelcome(waiting.pod, *room.node), fullness(waiting.pod, room));
    if (best != nullptr && rank <= best_rank) continue;
    best = &room;
    best_rank = rank;
  }
  if (best == nullptr) return {&waiting, {}, describe(obstacles, rooms.size())};
  best->used += waiting.pod.requests;
  return {&waiting, best->node->name, {}};
}

}  // namespace

Result<SchedulerPod> parse_scheduler_pod(const json::object& pod) {
  auto parsed = kubernetes::parse_pod(pod);
  if (!parsed) return std::unexpected(parsed.error());
  SchedulerPod result;
  result.pod = std::move(*parsed);
  const auto scheduler = find_text(pod, {"spec", "schedulerName"});
  result.ours = scheduler.empty() || scheduler == "default-scheduler";
  result.created = find_text(pod, {"metadata", "creationTimestamp"});
  for (const auto& condition : find_array(pod, {"status", "conditions"})) {
    const auto* fields = condition.if_object();
    if (fields == nullptr) continue;
    if (find_text(*fields, {"type"}) != "PodScheduled") {
      result.otherwise.push_back(condition);
    } else if (result.pod.unschedulable) {
      result.refusal = find_text(*fields, {"message"});
    }
  }
  return result;
}

std::vector<Placing> place_waiting_pods(const SchedulerView& view) {
  std::vector<const SchedulerPod*> waiting;
  for (const auto& [key, seen] : *view.pods) {
    if (!seen.ours || seen.pod.deleting || finished(seen.pod)) continue;
    if (node_of(view, seen.pod).empty()) waiting.push_back(&seen);
  }
  std::ranges::stable_sort(waiting, {}, [](const SchedulerPod* pod) { return pod->created; });
  auto rooms = count_rooms(view);
  std::vector<Placing> result;
  result.reserve(waiting.size());
  for (const auto* pod : waiting) result.push_back(place(*pod, rooms));
  return result;
}

json::object binding_of(const core::KubePod& pod, const NodeName& node) {
  return {{"apiVersion", "v1"},
          {"kind", "Binding"},
          {"metadata", {{"namespace", pod.ns}, {"name", pod.name}, {"uid", pod.uid}}},
          {"target", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", node}}}};
}

json::object refusal_patch(const SchedulerPod& pod, const std::string& refusal,
                           const std::string& now) {
  // A merge patch replaces the whole list, so the other conditions are repeated.
  json::array conditions = pod.otherwise;
  conditions.push_back({{"type", "PodScheduled"},
                        {"status", "False"},
                        {"reason", "Unschedulable"},
                        {"message", refusal},
                        {"lastTransitionTime", now}});
  return {
      {"metadata", {{"uid", pod.pod.uid}, {"resourceVersion", std::to_string(pod.pod.revision)}}},
      {"status", {{"conditions", std::move(conditions)}}}};
}

}  // namespace ecokube::lab
