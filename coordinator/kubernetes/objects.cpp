#include "coordinator/kubernetes/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "common/names.h"
#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/quantity.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::string_view kOurPrefix = "ecokube.io/";
constexpr std::string_view kMachineAnnotation = "cluster.x-k8s.io/machine";
constexpr std::string_view kKuredAnnotation = "weave.works/kured-reboot-in-progress";
constexpr std::string_view kAutoscalerTaint = "ToBeDeletedByClusterAutoscaler";

/// A quantity, given as text or as a bare number; absent is 0.
Result<std::int64_t> read_quantity(const object& amounts, std::string_view name,
                                   std::int64_t scale) {
  const auto* value = amounts.if_contains(name);
  if (value == nullptr) return 0;
  std::optional<std::int64_t> parsed;
  if (const auto* text = value->if_string()) parsed = parse_quantity(*text, scale);
  if (const auto* number = value->if_int64(); number != nullptr) {
    parsed = parse_quantity(std::to_string(*number), scale);
  }
  if (!parsed) return fail(Errc::invalid, fmt::format("'{}' is no quantity that we know", name));
  return *parsed;
}

Result<Resources> read_resources(const object& amounts) {
  constexpr std::int64_t kMilli = 1000;
  const auto cpu = read_quantity(amounts, "cpu", kMilli);
  if (!cpu) return std::unexpected(cpu.error());
  const auto memory = read_quantity(amounts, "memory", 1);
  if (!memory) return std::unexpected(memory.error());
  const auto pods = read_quantity(amounts, "pods", 1);
  if (!pods) return std::unexpected(pods.error());
  return Resources{*cpu, *memory, *pods};
}

/// A container's requests; where only a limit is set, the API's defaulting makes it the request.
Result<Resources> container_requests(const object& container) {
  object amounts = find_object(container, {"resources", "requests"});
  for (const auto& [key, value] : find_object(container, {"resources", "limits"})) {
    if (!amounts.contains(key)) amounts.emplace(key, value);
  }
  auto result = read_resources(amounts);
  if (!result) {
    return fail_while(fmt::format("container {}", find_text(container, {"name"})), result.error());
  }
  result->pods = 0;
  return result;
}

Resources larger_of(const Resources& a, const Resources& b) {
  return {std::max(a.cpu_millicores, b.cpu_millicores), std::max(a.memory_bytes, b.memory_bytes),
          std::max(a.pods, b.pods)};
}

/// A condition's status: "True", "False", "Unknown"; empty: the node has no such condition.
std::string condition_status(const object& node, std::string_view type) {
  for (const auto& condition : find_array(node, {"status", "conditions"})) {
    const auto* fields = condition.if_object();
    if (fields == nullptr || find_text(*fields, {"type"}) != type) continue;
    return std::string(find_text(*fields, {"status"}));
  }
  return {};
}

core::Readiness parse_readiness(const object& node) {
  const auto status = condition_status(node, "Ready");
  if (status == "True") return core::Readiness::ready;
  return status == "False" ? core::Readiness::not_ready : core::Readiness::unknown;
}

/// Extended resources have a domain that is not Kubernetes' own.
std::set<std::string> parse_devices(const object& node) {
  std::set<std::string> devices;
  for (const auto& [key, amount] : find_object(node, {"status", "allocatable"})) {
    const std::string_view name(key);
    const auto domain = name.substr(0, name.find('/'));
    if (domain == name || domain == "kubernetes.io" || domain.ends_with(".kubernetes.io")) continue;
    const auto* text = amount.if_string();
    if (text != nullptr && !text->empty() && *text != "0") devices.emplace(name);
  }
  return devices;
}

/// Who else decides over the node's power or health (S25); empty: nobody, or a person has paused
/// it.
std::string parse_owner(const object& node) {
  if (annotation_of(node, names::kOwnerPaused) == "true") return {};
  const auto machine = annotation_of(node, kMachineAnnotation);
  if (!machine.empty()) return fmt::format("Cluster API's Machine {}", machine);
  if (!annotation_of(node, kKuredAnnotation).empty()) return "kured";
  for (const auto& taint : find_array(node, {"spec", "taints"})) {
    const auto* fields = taint.if_object();
    if (fields != nullptr && find_text(*fields, {"key"}) == kAutoscalerTaint) {
      return "cluster-autoscaler";
    }
  }
  return {};
}

}  // namespace

Result<core::Revision> check_identity(const object& thing, std::string_view kind) {
  const auto name = find_text(thing, {"metadata", "name"});
  if (name.empty()) return fail(Errc::invalid, fmt::format("a {} without metadata.name", kind));
  const auto revision = revision_of(thing);
  if (revision <= 0) {
    return fail(Errc::invalid,
                fmt::format("{} {}: metadata.resourceVersion is no number", kind, name));
  }
  return revision;
}

std::vector<core::Taint> parse_taints(const array& taints) {
  std::vector<core::Taint> result;
  for (const auto& entry : taints) {
    const auto* fields = entry.if_object();
    if (fields == nullptr) continue;
    result.push_back({std::string(find_text(*fields, {"key"})),
                      std::string(find_text(*fields, {"value"})),
                      std::string(find_text(*fields, {"effect"}))});
  }
  return result;
}

std::vector<core::Toleration> parse_tolerations(const object& pod_spec) {
  std::vector<core::Toleration> tolerations;
  for (const auto& entry : find_array(pod_spec, {"tolerations"})) {
    const auto* fields = entry.if_object();
    if (fields == nullptr) continue;
    tolerations.push_back(
        {std::string(find_text(*fields, {"key"})), find_text(*fields, {"operator"}) == "Exists",
         std::string(find_text(*fields, {"value"})), std::string(find_text(*fields, {"effect"}))});
  }
  return tolerations;
}

Result<core::KubeNode> parse_node(const object& thing) {
  const auto revision = check_identity(thing, "Node");
  if (!revision) return std::unexpected(revision.error());
  core::KubeNode node;
  node.name = find_text(thing, {"metadata", "name"});
  node.uid = find_text(thing, {"metadata", "uid"});
  node.revision = *revision;
  node.labels = find_labels(thing, {"metadata", "labels"});
  node.annotations = find_labels(thing, {"metadata", "annotations"});
  std::erase_if(node.annotations,
                [](const auto& entry) { return !entry.first.starts_with(kOurPrefix); });
  node.taints = parse_taints(find_array(thing, {"spec", "taints"}));
  node.unschedulable = find_bool(thing, {"spec", "unschedulable"});
  node.ready = parse_readiness(thing);
  node.network_unavailable = condition_status(thing, "NetworkUnavailable") == "True";
  node.devices = parse_devices(thing);
  node.owned_by = parse_owner(thing);
  node.boot_id = find_text(thing, {"status", "nodeInfo", "bootID"});
  node.system_uuid = find_text(thing, {"status", "nodeInfo", "systemUUID"});
  node.machine_id = find_text(thing, {"status", "nodeInfo", "machineID"});
  const auto allocatable = read_resources(find_object(thing, {"status", "allocatable"}));
  if (!allocatable) {
    return fail_while(fmt::format("Node {}: status.allocatable", node.name), allocatable.error());
  }
  node.allocatable = *allocatable;
  return node;
}

Result<Resources> parse_requests(const object& pod_spec) {
  Resources together{};
  Resources sidecars{};
  Resources starting{};
  for (const auto& entry : find_array(pod_spec, {"initContainers"})) {
    const auto* container = entry.if_object();
    if (container == nullptr) continue;
    auto asked = container_requests(*container);
    if (!asked) return asked;
    if (find_text(*container, {"restartPolicy"}) == "Always") {
      sidecars += *asked;
      starting = larger_of(starting, sidecars);
    } else {
      *asked += sidecars;
      starting = larger_of(starting, *asked);
    }
  }
  for (const auto& entry : find_array(pod_spec, {"containers"})) {
    const auto* container = entry.if_object();
    if (container == nullptr) continue;
    const auto asked = container_requests(*container);
    if (!asked) return asked;
    together += *asked;
  }
  together += sidecars;
  auto result = larger_of(together, starting);
  const auto overhead = read_resources(find_object(pod_spec, {"overhead"}));
  if (!overhead) return fail_while("overhead", overhead.error());
  result += *overhead;
  result.pods = 1;
  return result;
}

}  // namespace ecokube::kubernetes
