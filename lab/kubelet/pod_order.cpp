#include "lab/kubelet/pod_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::lab {
namespace {

using boost::json::object;
using kubernetes::find_array;
using kubernetes::find_int;
using kubernetes::find_object;
using kubernetes::find_text;

constexpr std::int64_t kGraceSecondsDefault = 30;
constexpr std::int64_t kGraceSecondsMax = 24L * 3600;

RestartPolicy parse_restart(std::string_view text) {
  if (text == "Never") return RestartPolicy::never;
  return text == "OnFailure" ? RestartPolicy::on_failure : RestartPolicy::always;
}

void append_texts(const object& container, std::string_view key, std::vector<std::string>* to) {
  for (const auto& word : find_array(container, {key})) {
    if (const auto* text = word.if_string()) to->emplace_back(*text);
  }
}

/// The fields of a pod that the downward API gives to programs and that the lab needs.
std::string field_of_pod(const object& pod, std::string_view path) {
  if (path == "metadata.name") return std::string(find_text(pod, {"metadata", "name"}));
  if (path == "metadata.namespace") return std::string(find_text(pod, {"metadata", "namespace"}));
  if (path == "metadata.uid") return std::string(find_text(pod, {"metadata", "uid"}));
  if (path == "spec.nodeName") return std::string(find_text(pod, {"spec", "nodeName"}));
  return {};
}

void read_environment(const object& pod, const object& container, PodOrder* order) {
  for (const auto& entry : find_array(container, {"env"})) {
    const auto* variable = entry.if_object();
    if (variable == nullptr) continue;
    const std::string name(find_text(*variable, {"name"}));
    const auto field = find_text(*variable, {"valueFrom", "fieldRef", "fieldPath"});
    if (name.empty()) continue;
    auto value =
        field.empty() ? std::string(find_text(*variable, {"value"})) : field_of_pod(pod, field);
    order->environment.emplace_back(name, std::move(value));
  }
}

void read_container(const object& pod, PodOrder* order) {
  const auto& containers = find_array(pod, {"spec", "containers"});
  const auto* container = containers.empty() ? nullptr : containers.front().if_object();
  if (container == nullptr) {
    order->unrunnable = "the pod has no container";
    return;
  }
  order->container = find_text(*container, {"name"});
  order->image = find_text(*container, {"image"});
  order->working_directory = find_text(*container, {"workingDir"});
  append_texts(*container, "command", &order->argv);
  if (order->argv.empty()) {
    order->unrunnable =
        "the first container has no command; the lab's kubelet runs commands, not images";
    return;
  }
  append_texts(*container, "args", &order->argv);
  order->environment.emplace_back("HOSTNAME", order->name);
  read_environment(pod, *container, order);
}

}  // namespace

Result<PodOrder> parse_pod_order(const object& pod) {
  PodOrder order;
  order.uid = find_text(pod, {"metadata", "uid"});
  order.ns = find_text(pod, {"metadata", "namespace"});
  order.name = find_text(pod, {"metadata", "name"});
  if (order.uid.empty() || order.ns.empty() || order.name.empty()) {
    return fail(Errc::invalid,
                fmt::format("pod {}/{}: without uid, namespace or name", order.ns, order.name));
  }
  read_container(pod, &order);
  const auto requests = kubernetes::parse_requests(find_object(pod, {"spec"}));
  if (!requests && order.unrunnable.empty()) order.unrunnable = requests.error().message;
  const auto millicores = requests ? requests->cpu_millicores : 0;
  // Last, so that no container can hide from the machine that counts its pods by them.
  order.environment.emplace_back("ECOKUBE_LAB_POD", order.uid);
  order.environment.emplace_back("ECOKUBE_LAB_POD_CPU_MILLICORES", std::to_string(millicores));
  order.restart = parse_restart(find_text(pod, {"spec", "restartPolicy"}));
  const auto of_spec =
      find_int(pod, {"spec", "terminationGracePeriodSeconds"}, kGraceSecondsDefault);
  const auto seconds = find_int(pod, {"metadata", "deletionGracePeriodSeconds"}, of_spec);
  order.grace = std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kGraceSecondsMax));
  order.deleting = !find_text(pod, {"metadata", "deletionTimestamp"}).empty();
  order.phase = find_text(pod, {"status", "phase"});
  return order;
}

}  // namespace ecokube::lab
