#include "lab/kubernetes/truth_events.h"

#include "common/names.h"

namespace ecokube::lab {
namespace {

std::string condition(const json::object& object, std::string_view type, std::string_view field) {
  for (const auto& entry : array_field(object, {"status", "conditions"})) {
    const auto* fields = entry.if_object();
    if (fields != nullptr && text_field(*fields, {"type"}) == type) {
      return text_field(*fields, {field});
    }
  }
  return {};
}

bool is_unschedulable(const json::object& pod) {
  return condition(pod, "PodScheduled", "status") == "False" &&
         condition(pod, "PodScheduled", "reason") == "Unschedulable";
}

bool is_ready_node(const json::object& node) {
  return condition(node, "Ready", "status") == "True";
}

bool is_marked(const json::object& node) {
  for (const auto& taint : array_field(node, {"spec", "taints"})) {
    const auto* fields = taint.if_object();
    if (fields != nullptr && text_field(*fields, {"key"}) == names::kTaint) return true;
  }
  return false;
}

void log_pod(JsonLines& log, const StoreEvent& event, const json::object& before) {
  const json::object& pod = *event.object;
  const std::string uid = text_field(pod, {"metadata", "uid"});
  const std::string node = text_field(pod, {"spec", "nodeName"});
  const std::string phase = text_field(pod, {"status", "phase"});
  if (event.type == StoreEvent::Type::deleted) {
    log.write("pod_deleted", {{"uid", uid}, {"node", node}});
    return;
  }
  if (event.type == StoreEvent::Type::added) {
    log.write("pod_created", {{"uid", uid}, {"name", event.key.name}});
  }
  if (is_unschedulable(pod) && !is_unschedulable(before)) {
    log.write("pod_unschedulable", {{"uid", uid}, {"name", event.key.name}});
  }
  if (!node.empty() && text_field(before, {"spec", "nodeName"}).empty()) {
    log.write("pod_bound", {{"uid", uid}, {"node", node}});
  }
  if (phase != text_field(before, {"status", "phase"})) {
    log.write("pod_phase", {{"uid", uid}, {"phase", phase}});
  }
}

void log_node(JsonLines& log, const StoreEvent& event, const json::object& before) {
  const std::string& node = event.key.name;
  const bool gone = event.type == StoreEvent::Type::deleted;
  const bool ready = !gone && is_ready_node(*event.object);
  const bool marked = !gone && is_marked(*event.object);
  if (ready != is_ready_node(before)) {
    log.write(ready ? "node_ready" : "node_not_ready", {{"node", node}});
  }
  if (marked != is_marked(before)) {
    log.write(marked ? "node_tainted" : "node_untainted", {{"node", node}});
  }
}

void log_workload(JsonLines& log, const StoreEvent& event, const json::object& before) {
  if (event.type != StoreEvent::Type::modified) return;
  const auto* now = find_field(*event.object, {"spec", "replicas"});
  const auto* then = find_field(before, {"spec", "replicas"});
  if (now == nullptr || (then != nullptr && *now == *then)) return;
  const std::string target =
      text_field(*event.object, {"kind"}) + "/" + event.key.name_space + "/" + event.key.name;
  log.write("scaled", {{"target", target}, {"replicas", *now}});
}

}  // namespace

void log_truth(JsonLines& log, const StoreEvent& event) {
  static const json::object kNothing;
  const json::object& before = event.previous ? *event.previous : kNothing;
  if (event.key.collection == "v1/pods") log_pod(log, event, before);
  if (event.key.collection == "v1/nodes") log_node(log, event, before);
  if (event.key.collection.starts_with("apps/")) log_workload(log, event, before);
}

}  // namespace ecokube::lab
